"""Without the extra `hub`: neither torch nor transformers can be imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.models.folder import ONNX
from app.models.loading import EMBEDDED_FOLDER

BLOCKED = """
import sys


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocker())
from app import settings
from app.errors import ModelError
from app.models.device import Device
from app.stages.entities import Entities
from app.stages.sentiment import Sentiment
from app.stages.summarizer import Summarizer
from tests.support.fakes import article

articles = [article(text="Ada Lovelace met Charles Babbage in London. It was a fine day.")]
"""
STAGES = """
for stage in (
    Sentiment.load(settings.Sentiment(model=sys.argv[1]), Device()),
    Entities.load(settings.Entities(model=sys.argv[2]), Device()),
    Summarizer.load(settings.Summarizer(), Device()),
):
    print(stage.about.backend, len(stage.run(articles)))
"""
HUB = """
try:
    Sentiment.load(settings.Sentiment(model="some/model"), Device())
except ModelError as error:
    print(error)
"""


def run(code: str, *arguments: str) -> str:
    """What a process without the two libraries prints."""
    command = [sys.executable, "-c", BLOCKED + code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_onnx_folders_and_the_extractive_summarizer_run(onnx_folder: Path) -> None:
    """All that the embedded preset needs."""
    said = run(STAGES, str(onnx_folder / "texts"), str(onnx_folder / "tokens"))
    assert said.splitlines() == ["onnx 1", "onnx 1", "extractive 1"]


@pytest.mark.skipif(
    not (EMBEDDED_FOLDER / "sentiment" / ONNX).exists(), reason="the models are not trained yet"
)
def test_the_embedded_models_run() -> None:
    """The default settings, in the smallest installation."""
    said = run(STAGES, "embedded", "embedded")
    assert said.splitlines() == ["onnx 1", "onnx 1", "extractive 1"]


def test_a_hub_id_names_the_command_that_installs_the_rest() -> None:
    """Before anything is downloaded."""
    assert "pip install 'wiki-digest[hub]'" in run(HUB)
