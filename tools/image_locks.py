"""Writes the locks of the image, with hashes: `python -m tools.image_locks FOLDER [--check]`.

They repeat the versions of `requirements.lock`, which has no hashes: pip would then refuse the
checkout itself, and a torch of any other index than PyPI's. In the image torch is installed last,
by its version, and with it what only its CUDA builds need.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.lock import PROJECT, with_uv

LOCK = PROJECT.with_name("requirements.lock")
APP = "app"
LOCKS: dict[str, tuple[str, ...]] = {
    "base": (APP, "k8s", "tracing"),
    "hub": (APP, "k8s", "tracing", "hub"),
    "build": ("build",),
    "sbom": ("sbom",),
}
"""The locks, each with its extras; `app` stands for the dependencies without an extra."""
PYTHON = "3.11"
_UNHASHED = re.compile(r"torch|triton|(nvidia|cuda)-.+")
Pins = dict[str, frozenset[str]]


def requirements(*extras: str) -> list[str]:
    """The direct dependencies of these extras."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    given = {APP: project["dependencies"], **project["optional-dependencies"]}
    return [line for extra in extras for line in given[extra]]


def hashes(text: str) -> Pins:
    """The hashes of each `name==version` in a lock."""
    entries = re.split(r"\n(?=\S)", text.replace("\\\n", ""))
    found = ((entry.split()[0], re.findall(r"--hash=(\S+)", entry)) for entry in entries)
    return {pin: frozenset(values) for pin, values in found}


def unhashed(lock: str) -> list[str]:
    """The names in `requirements.lock` that the index of torch decides about."""
    names = (line.partition("==")[0] for line in lock.splitlines())
    return [name for name in names if _UNHASHED.fullmatch(name)]


def compiled(extras: tuple[str, ...]) -> str:
    """A lock for these extras, at the versions of `requirements.lock`.

    Raises:
        ValueError: uv cannot resolve them.
    """
    left_out = unhashed(LOCK.read_text("utf-8"))
    command = [
        *("uv", "pip", "compile", "--quiet", "--no-annotate", "--no-header", "--generate-hashes"),
        *("--universal", "--python-version", PYTHON, "--constraint", str(LOCK)),
        *(word for name in left_out for word in ("--no-emit-package", name)),
    ]
    with TemporaryDirectory() as folder:
        given = Path(folder) / "requirements.in"
        given.write_text("\n".join(requirements(*extras)), "utf-8")
        done = subprocess.run(
            [*command, str(given)], env=with_uv(), capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return done.stdout


def faults(held: Pins, now: Pins) -> Iterator[str]:
    """What differs from a lock that is written now. A release may have got more files since."""
    for pin in sorted(held.keys() ^ now.keys()):
        yield f"{pin}: only in {'the lock' if pin in held else 'requirements.lock'}"
    for pin in sorted(held.keys() & now.keys()):
        if not held[pin] or held[pin] - now[pin]:
            yield f"{pin}: its hashes are not those of the index"


def main(folder: Path, *, check: bool) -> None:
    """Write all locks, or print what is out of date and exit with 1."""
    failed = False
    for name, extras in LOCKS.items():
        file, text = folder / f"{name}.lock", compiled(extras)
        if not check:
            file.write_text(text, "utf-8")
            continue
        found = list(faults(hashes(file.read_text("utf-8")), hashes(text)))
        print(file, "; ".join(found) or "ok")
        failed |= bool(found)
    sys.exit(failed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), check="--check" in sys.argv)
