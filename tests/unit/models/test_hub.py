import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

from app.core.errors import ModelError
from app.models import hub
from app.models.model_dir import ONNX
from tests.support import needs
from tests.support.broken_hub import BrokenHub

LOAD = """
import sys
from app.config import settings
from app.core.errors import ModelError
from app.models.device import Device
from app.stages.sentiment import SentimentStage
try:
    chosen = settings.SentimentSettings(model=sys.argv[1])
    print(SentimentStage.load(chosen, Device()).info.revision)
except ModelError as error:
    print(error)
"""
MIB = 1 << 20
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _hub_extra() -> None:
    """The hub is used with torch and transformers only."""
    needs.module("torch")
    needs.module("transformers")


def load(model: str, home: Path, **environment: str) -> str:
    """What a new process says of a model."""
    return ran(LOAD, model, home, **environment)


def ran(code: str, model: str, home: Path, **environment: str) -> str:
    """The output of a new process: huggingface_hub reads its environment at import."""
    variables = {**os.environ, "HF_HOME": str(home), **environment}
    command = [sys.executable, "-W", "ignore", "-c", code, model]
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, check=True, timeout=300
    ).stdout


@pytest.mark.parametrize(
    "environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}]
)
def test_the_error_without_the_hub_names_the_commands_for_offline_use(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    printed = load("some/model", tmp_path, **environment)
    for part in ("some/model", "hf download some/model --local-dir DIR", "HF_HUB_OFFLINE"):
        assert part in printed


def test_a_cached_model_is_loaded_offline(tmp_path: Path, classifier_folder: Path) -> None:
    cached = tmp_path / "hub" / "models--some--model"
    shutil.copytree(classifier_folder, cached / "snapshots" / COMMIT)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    assert load("some/model", tmp_path, HF_HUB_OFFLINE="1").strip() == COMMIT


def test_a_download_that_broke_is_resumed_and_files_that_are_there_are_kept(
    tmp_path: Path,
) -> None:
    """As by a second try of the Job that fills a volume. The client writes pieces of 10 MiB."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(24 * MIB))
    code = (
        "import sys; from app.models.hub import download; download('sentiment', sys.argv[1], None)"
    )
    with BrokenHub(folder, "model.safetensors") as mirror:
        for _ in range(2):
            ran(code, mirror.MODEL, tmp_path, HF_ENDPOINT=mirror.address)
    assert mirror.ranges == ["", f"bytes={10 * MIB}-"]


class FakeHub:
    """Stands in for `snapshot_download`: a folder with the files that match the patterns."""

    def __init__(self, folder: Path, *files: str) -> None:
        self.folder = folder
        self.files = files
        self.patterns: list[list[str]] = []

    def __call__(self, _: str, *, allow_patterns: list[str], **__: object) -> str:
        self.patterns.append(allow_patterns)
        for name in self.files:
            if any(Path(name).match(pattern) for pattern in allow_patterns):
                (self.folder / name).touch()
        return str(self.folder)


@pytest.mark.parametrize("weights", [ONNX, "model.safetensors", "model-00001-of-2.safetensors"])
def test_old_weights_are_not_downloaded_if_there_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: str
) -> None:
    fake = FakeHub(tmp_path, "config.json", weights, "pytorch_model.bin", "tf_model.h5")
    monkeypatch.setattr(hub, "snapshot_download", fake)
    hub.download("sentiment", "some/model", None)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", weights}
    assert len(fake.patterns) == 1


def test_old_weights_are_downloaded_if_there_are_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeHub(tmp_path, "config.json", "pytorch_model.bin")
    monkeypatch.setattr(hub, "snapshot_download", fake)
    model_dir = hub.download("sentiment", "some/model", None)
    assert model_dir.weights == [tmp_path / "pytorch_model.bin"]
    assert model_dir.commit == tmp_path.name


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RevisionNotFoundError, "it has no revision 'v9'"),
        (RepositoryNotFoundError, "the hub has no such model"),
        (OSError, "the hub cannot be reached"),
    ],
)
def test_a_failed_download_is_a_model_error_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], expected: str
) -> None:
    def failing(*_: object, **__: object) -> str:
        raise error.__new__(error)

    monkeypatch.setattr(hub, "snapshot_download", failing)
    with pytest.raises(ModelError, match=f"sentiment: model 'some/model': {expected}"):
        hub.download("sentiment", "some/model", "v9")


def test_the_model_card_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It states the model's languages."""
    fake = FakeHub(tmp_path, "config.json", "model.safetensors", "README.md")
    monkeypatch.setattr(hub, "snapshot_download", fake)
    hub.download("sentiment", "some/model", None)
    assert (tmp_path / "README.md").is_file()
