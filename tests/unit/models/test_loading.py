import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import ModelError
from app.models.loading import EMBEDDED_FOLDER, find
from app.settings import Model
from tests.support import needs

LOAD = """
import sys
from app import settings
from app.errors import ModelError
from app.models.device import Device
from app.stages.sentiment import Sentiment
try:
    print(Sentiment.load(settings.Sentiment(model=sys.argv[1]), Device()).about.revision)
except ModelError as error:
    print(error)
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def load(model: str, home: Path, **environment: str) -> str:
    """What a new process prints: huggingface_hub reads its environment when it is imported."""
    variables = {**os.environ, "HF_HOME": str(home), **environment}
    command = [sys.executable, "-W", "ignore", "-c", LOAD, model]
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    """No hub id is looked for where a folder of that name exists."""
    assert find("entities", Model(model=str(tmp_path))).path == tmp_path


def test_embedded_is_the_stages_folder_in_the_package() -> None:
    """Each stage has its own; where the wheel lacks it, the message says where it should be."""
    try:
        assert find("entities", Model()).path == EMBEDDED_FOLDER / "entities"
    except ModelError as error:
        assert str(EMBEDDED_FOLDER / "entities") in str(error)  # noqa: PT017  (not trained yet)


@pytest.mark.parametrize("name", ["./models/none", "/models/none", "~/none", ".\\none"])
def test_a_path_that_is_no_folder_is_not_looked_for_on_the_hub(name: str) -> None:
    """A volume that was not mounted must not become a download."""
    with pytest.raises(ModelError, match="does not exist"):
        find("sentiment", Model(model=name))


def test_a_file_is_no_model(tmp_path: Path) -> None:
    """The folder is asked for."""
    (tmp_path / "model.onnx").touch()
    with pytest.raises(ModelError, match="a folder is needed"):
        find("sentiment", Model(model=str(tmp_path / "model.onnx")))


def test_what_cannot_be_a_hub_id_is_said_to_be_none() -> None:
    """Before the hub is asked."""
    with pytest.raises(ModelError, match="neither a folder nor a hub id"):
        find("sentiment", Model(model="three/part/name"))


@pytest.mark.parametrize(
    "environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}]
)
def test_without_the_hub_the_message_says_what_to_do(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """And it comes at once, whether the hub is switched off or cannot be reached."""
    needs.module("transformers")
    said = load("some/model", tmp_path, **environment)
    for part in ("some/model", "hf download some/model --local-dir DIR", "HF_HUB_OFFLINE"):
        assert part in said


def test_what_was_downloaded_before_is_loaded_offline(
    tmp_path: Path, classifier_folder: Path
) -> None:
    """The revision is the hub's commit."""
    cached = tmp_path / "hub" / "models--some--model"
    shutil.copytree(classifier_folder, cached / "snapshots" / COMMIT)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    assert load("some/model", tmp_path, HF_HUB_OFFLINE="1").strip() == COMMIT
