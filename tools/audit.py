"""Looks for known vulnerabilities in the packages of a lock: `python -m tools.audit FILE`.

Exit code 1 if there is one, 2 if the data on a package cannot be reached: `pip-audit` itself
succeeds where the package index has no such data, as many mirrors.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pydantic import BaseModel

from tools.lock import with_uv

FOUND = 1
NO_DATA = 2


class Vulnerability(BaseModel):
    """A known vulnerability, and the versions without it."""

    id: str
    fix_versions: list[str] = []


class Package(BaseModel):
    """A package of the lock; without data there is a reason, and no version."""

    name: str
    version: str = ""
    skip_reason: str = ""
    vulns: list[Vulnerability] = []


class Report(BaseModel):
    """What `pip-audit` writes as JSON."""

    dependencies: list[Package]


class Outcome(NamedTuple):
    """Lines for people, and the exit code."""

    lines: list[str]
    code: int


def audited(lock: Path) -> Report | None:
    """The report on a lock; None if no data can be reached."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [
            *("uv", "tool", "run", "--quiet", "--constraints", str(lock), "pip-audit"),
            *("--requirement", str(lock), "--no-deps", "--disable-pip"),
            *("--progress-spinner", "off", "--format", "json", "--output", str(file)),
        ]
        done = subprocess.run(command, env=with_uv(), capture_output=True, text=True, check=False)
        if file.exists():
            return Report.model_validate_json(file.read_bytes())
    print(*done.stderr.strip().splitlines()[-1:], file=sys.stderr)
    return None


def outcome(report: Report | None) -> Outcome:
    """What to print on a report, and the exit code."""
    packages = report.dependencies if report else []
    skipped = [package.name for package in packages if package.skip_reason]
    found = [line for package in packages for line in _vulnerabilities(package)]
    if len(skipped) == len(packages):
        return Outcome(["not audited: the data on vulnerabilities cannot be reached"], NO_DATA)
    audits = f"{len(packages) - len(skipped)} packages audited, {len(found)} vulnerabilities"
    gaps = [f"no data on: {', '.join(skipped)}"] if skipped else []
    return Outcome([*found, *gaps, audits], FOUND if found else NO_DATA if skipped else 0)


def _vulnerabilities(package: Package) -> Iterator[str]:
    for one in package.vulns:
        fixed = f"fixed in {', '.join(one.fix_versions)}" if one.fix_versions else "no fix"
        yield f"{package.name} {package.version}: {one.id} ({fixed})"


def main(lock: Path) -> None:
    """Print the outcome of an audit, and exit with its code."""
    lines, code = outcome(audited(lock))
    print(*lines, sep="\n")
    sys.exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
