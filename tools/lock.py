"""Checks that the lock resolves for each Python and platform: `python -m tools.lock FILE`."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
PLATFORMS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin")
MACOS = "14.0"
"""The oldest macOS with wheels of onnxruntime."""
SOURCES = ("rouge-score", "wikipedia")
"""Pure Python packages that have no wheels."""
Case = tuple[str, str]


def with_uv() -> dict[str, str]:
    """The environment, with the programs of this Python's own venv first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"PATH": path}


def pythons() -> list[str]:
    """The supported versions of Python, from the classifiers."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    named = (re.fullmatch(r".* Python :: (3\.\d+)", line) for line in project["classifiers"])
    return [found[1] for found in named if found]


def pins(lines: Iterable[str]) -> set[str]:
    """Each `name==version`, without its environment marker."""
    return {line.partition(";")[0].strip() for line in lines} - {""}


def resolve(lock: Path, python: str, platform: str) -> set[str]:
    """The pins of an installation with all extras.

    Raises:
        ValueError: a package has no wheel, or the lock has a conflict.
    """
    command = [
        *("uv", "pip", "compile", "--quiet", "--no-annotate", "--no-header"),
        *("--python-version", python, "--python-platform", platform),
        *("--constraint", str(lock), "--only-binary", ":all:"),
        *(word for name in SOURCES for word in ("--no-binary", name)),
        "--all-extras",
        str(PROJECT),
    ]
    environment = with_uv() | {"MACOSX_DEPLOYMENT_TARGET": MACOS}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return pins(done.stdout.splitlines())


def fault(lock: Path, case: Case) -> str:
    """The error of the lock for one Python and platform; empty if there is none."""
    try:
        loose = resolve(lock, *case) - pins(lock.read_text("utf-8").splitlines())
    except ValueError as error:
        return str(error)
    return f"not in the lock: {', '.join(sorted(loose))}" if loose else ""


def faults(lock: Path) -> Iterator[tuple[Case, str]]:
    """Each case with its error, four at a time."""
    cases = list(product(pythons(), PLATFORMS))
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield from zip(cases, pool.map(lambda case: fault(lock, case), cases), strict=True)


def main(lock: Path) -> None:
    """Print the result of each case; exit code 1 if one failed."""
    failed = False
    for (python, platform), found in faults(lock):
        print(python, platform, found or "ok", flush=True)
        failed |= bool(found)
    sys.exit(failed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
