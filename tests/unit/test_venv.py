import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
case $1 in
  -c) echo {version} ;;
  *) echo "{name} $*" ;;
esac
"""
UV = """#!/bin/sh
echo "uv $*"
"""
BROKEN = """#!/bin/sh
exit 127
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with the programs of the script, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "sed", "grep"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def program(path: Path, name: str, script: str) -> None:
    (path / name).write_text(script)
    (path / name).chmod(0o755)


def python(path: Path, name: str, version: str) -> None:
    """A Python that says what it is asked to do."""
    program(path, name, PYTHON.format(name=name, version=version))


def venv(path: Path, *named: str, folder: str = "there") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tools" / "venv", folder, *named],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


def test_the_first_python_of_a_supported_version_is_taken(path: Path) -> None:
    python(path, "python3", "3.11")
    for minor in (14, 13, 10):
        python(path, f"python3.{minor}", f"3.{minor}")
    assert venv(path).stdout == "python3.13 -m venv --clear there\n"


def test_python3_is_the_last_choice(path: Path) -> None:
    python(path, "python3", "3.14")
    assert venv(path).stdout == "python3 -m venv --clear there\n"


def test_a_broken_python_is_skipped(path: Path) -> None:
    """Pyenv leaves such scripts."""
    program(path, "python3.11", BROKEN)
    python(path, "python3.12", "3.12")
    assert venv(path).stdout == "python3.12 -m venv --clear there\n"


def test_uv_chooses_a_python_in_the_range(path: Path) -> None:
    program(path, "uv", UV)
    python(path, "python3.11", "3.11")
    expected = "uv venv --quiet --clear --seed --python >=3.11,<3.15 there\n"
    assert venv(path).stdout == expected


def test_an_explicit_python_is_used(path: Path) -> None:
    program(path, "uv", UV)
    python(path, "python3.11", "3.11")
    python(path, "mine", "3.13")
    assert venv(path, "mine").stdout == "mine -m venv --clear there\n"


@pytest.mark.parametrize("version", ["3.10", "3.15"])
def test_without_a_supported_python_one_sentence_says_what_to_do(path: Path, version: str) -> None:
    python(path, "python3", version)
    done = venv(path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "wiki-digest needs one of Python 3.11 3.12 3.13 3.14:"
        " install one, or uv, which installs one; or set its path: make PYTHON=/its/path\n"
    )


def test_a_working_venv_is_kept(path: Path, tmp_path: Path) -> None:
    made = tmp_path / "made" / "bin"
    made.mkdir(parents=True)
    python(made, "python", "3.11")
    done = venv(path, folder=str(made.parent))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
