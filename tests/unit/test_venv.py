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
    """A path with what a shell script needs, and no Python."""
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


def test_python3_is_taken_where_it_is_all_there_is(path: Path) -> None:
    python(path, "python3", "3.14")
    assert venv(path).stdout == "python3 -m venv --clear there\n"


def test_a_python_that_does_not_start_is_passed_over(path: Path) -> None:
    """As pyenv leaves some."""
    program(path, "python3.11", BROKEN)
    python(path, "python3.12", "3.12")
    assert venv(path).stdout == "python3.12 -m venv --clear there\n"


def test_uv_is_asked_for_one_in_the_range(path: Path) -> None:
    """It may have to download it."""
    program(path, "uv", UV)
    python(path, "python3.11", "3.11")
    expected = "uv venv --quiet --clear --seed --python >=3.11,<3.15 there\n"
    assert venv(path).stdout == expected


def test_a_python_that_is_named_is_taken(path: Path) -> None:
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
        " install one, or uv, which brings one; or name it: make PYTHON=/its/path\n"
    )


def test_a_venv_that_works_is_left_as_it_is(path: Path, tmp_path: Path) -> None:
    made = tmp_path / "made" / "bin"
    made.mkdir(parents=True)
    python(made, "python", "3.11")
    done = venv(path, folder=str(made.parent))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
