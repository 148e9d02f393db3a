"""The wheel of a release, in a venv with nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALL_S = 600


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a venv with the wheel."""
    venv = tmp_path_factory.mktemp("wheel") / "venv"
    said(sys.executable, "-m", "venv", venv)
    wheel = ROOT / os.environ["WHEEL"]
    said(venv / "bin" / "pip", "install", "--quiet", wheel, "-c", ROOT / "requirements.lock")
    return venv / "bin"


def said(*command: str | Path) -> str:
    """The stdout of a command, outside this repository."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=Path(sys.prefix),
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_says_what_it_does(scripts: Path) -> None:
    assert "serve" in said(scripts / "wiki-digest", "--help")


def test_the_program_of_the_wheel_is_this_version(scripts: Path) -> None:
    version = "from importlib.metadata import version; print(version('wiki-digest'))"
    installed = said(scripts / "python", "-c", version).strip()
    assert f"wiki_digest-{installed}-" in os.environ["WHEEL"]


def test_the_wheel_has_its_models_and_articles(scripts: Path) -> None:
    assert "Kyoto" in said(scripts / "wiki-digest", "ask", "kyoto")


def test_its_packages_agree(scripts: Path) -> None:
    assert "No broken requirements" in said(scripts / "pip", "check")
