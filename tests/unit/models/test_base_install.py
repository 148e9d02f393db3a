"""Tests without the extra `hub`: torch and transformers cannot be imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.models.model_dir import ONNX
from app.models.resolve import EMBEDDED_FOLDER

BLOCKED = """
import sys


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocker())
from app.config import settings
from app.core.errors import ModelError
from app.models.device import Device
from app.stages.entities import EntitiesStage
from app.stages.sentiment import SentimentStage
from app.stages.summarizer import SummarizerStage
from tests.support.fakes import article

articles = [article(text="Ada Lovelace met Charles Babbage in London. It was a fine day.")]
"""
STAGES = """
for stage in (
    SentimentStage.load(settings.SentimentSettings(model=sys.argv[1]), Device()),
    EntitiesStage.load(settings.EntitiesSettings(model=sys.argv[2]), Device()),
    SummarizerStage.load(settings.SummarizerSettings(), Device()),
):
    print(stage.info.backend, len(stage.run(articles)))
"""
HUB = """
try:
    SentimentStage.load(settings.SentimentSettings(model="some/model"), Device())
except ModelError as error:
    print(error)
"""


def run(code: str, *arguments: str) -> str:
    """The output of a process that cannot import torch or transformers."""
    command = [sys.executable, "-c", BLOCKED + code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_onnx_folders_and_the_extractive_summarizer_run(onnx_folder: Path) -> None:
    printed = run(STAGES, str(onnx_folder / "texts"), str(onnx_folder / "tokens"))
    assert printed.splitlines() == ["onnx 1", "onnx 1", "extractive 1"]


@pytest.mark.skipif(
    not (EMBEDDED_FOLDER / "sentiment" / ONNX).exists(), reason="there are no embedded models"
)
def test_the_embedded_models_run() -> None:
    printed = run(STAGES, "embedded", "embedded")
    assert printed.splitlines() == ["onnx 1", "onnx 1", "extractive 1"]


def test_a_hub_id_is_an_error_with_the_command_to_install_torch() -> None:
    assert "pip install 'wiki-digest[hub]'" in run(HUB)
