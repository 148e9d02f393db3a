import pytest

from app.stages.abbreviations import abbreviations
from tests.support.marked import marked


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("The [World Health Organization|ORG] ([WHO|ORG])", {"who": "world health organization"}),
        ("The [WHO|ORG] ([World Health Organization|ORG])", {"who": "world health organization"}),
        (
            "[Federal Bureau of Investigation|ORG] ([FBI|ORG])",
            {"fbi": "federal bureau of investigation"},
        ),
        ("[Department of Defense|ORG] ([DoD|ORG])", {}),
        ("[Ada Lovelace] ([London|LOC])", {}),
        ("[Geneva|LOC] ([WHO|ORG])", {}),
        ("[World Health Organization|ORG], ([WHO|ORG])", {}),
        ("[World Health Organization|ORG] ([WHO|ORG], 1948)", {}),
    ],
)
def test_an_abbreviation_in_brackets_stands_for_the_name_with_its_initials(
    text: str, meanings: dict[str, str]
) -> None:
    assert abbreviations(*marked(text)) == meanings


def test_an_abbreviation_of_two_names_stands_for_neither() -> None:
    text = "[Ada Byron Club|ORG] ([ABC|ORG]), [Alpha Beta Co|ORG] ([ABC|ORG])"
    assert abbreviations(*marked(text)) == {}
