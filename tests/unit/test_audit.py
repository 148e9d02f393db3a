import pytest

from tools.audit import FOUND, NO_DATA, Outcome, Package, Report, Vulnerability, outcome

CLEAN = Package(name="clean", version="1")
UNKNOWN = Package(name="unknown", skip_reason="Dependency not found")
FIXED = Vulnerability(id="V-1", fix_versions=["1.1", "2.0"])
OPEN = Vulnerability(id="V-2")
BAD = Package(name="bad", version="1", vulns=[FIXED, OPEN])


@pytest.mark.parametrize("report", [None, Report(dependencies=[UNKNOWN, UNKNOWN])])
def test_an_audit_without_data_says_so_and_fails(report: Report | None) -> None:
    """Where a mirror has no data, `pip-audit` skips each package and succeeds."""
    assert outcome(report) == Outcome(
        ["not audited: the data on vulnerabilities cannot be reached"], NO_DATA
    )


def test_packages_without_known_vulnerabilities_succeed() -> None:
    assert outcome(Report(dependencies=[CLEAN])) == Outcome(
        ["1 packages audited, 0 vulnerabilities"], 0
    )


def test_each_vulnerability_is_told_with_the_versions_that_fix_it() -> None:
    lines, code = outcome(Report(dependencies=[CLEAN, BAD]))
    assert lines == [
        "bad 1: V-1 (fixed in 1.1, 2.0)",
        "bad 1: V-2 (no fix)",
        "2 packages audited, 2 vulnerabilities",
    ]
    assert code == FOUND


def test_an_audit_with_gaps_fails() -> None:
    lines, code = outcome(Report(dependencies=[CLEAN, UNKNOWN]))
    assert lines[0] == "no data on: unknown"
    assert code == NO_DATA
