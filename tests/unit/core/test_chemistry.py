import pytest

from app.core.chemistry import chemical
from tests.support.work import grows_linearly


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("NH3", "NH₃"),
        ("PO4^3-", "PO₄³⁻"),
        ("Mg2+", "Mg²⁺"),
        ("NH4+", "NH₄⁺"),
        ("OH-", "OH⁻"),
        ("^235_92U", "²³⁵₉₂U"),
        ("Ca(OH)2", "Ca(OH)₂"),
        ("[Fe(CN)6]^4-", "[Fe(CN)₆]⁴⁻"),
        ("2Na + Cl2 -> 2NaCl", "2Na + Cl₂  →  2NaCl"),
        ("N2 + 3H2 <=>[Fe] 2NH3", "N₂ + 3H₂  ⇌  2NH₃"),
        ("CH3-CH3", "CH₃-CH₃"),
        ("CO2 ^", "CO₂ ↑"),
    ],
)
def test_counts_are_lowered_and_charges_raised(source: str, expected: str) -> None:
    assert chemical(source) == expected


@pytest.mark.parametrize("unit", ["->[", "+", "-", "1", "^", "H2", "<", "^1"])
def test_every_source_is_read_in_linear_time(unit: str) -> None:
    assert grows_linearly(unit, chemical, size=100)
