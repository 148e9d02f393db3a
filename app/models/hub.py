"""Models of the Hugging Face hub: downloaded whole, then loaded like any other folder.

`transformers` would ask the hub for each file, and offline it tries each six times, for 23 s.
`snapshot_download` asks once, and falls back at once on what was downloaded before.
"""

from pathlib import Path
from typing import Final

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from app.models.model_dir import ONNX, ModelDir
from app.models.pytorch import libraries

_TIMEOUT_S: Final = 10
_NEEDED: Final = ["*.json", "*.txt", "*.model", ONNX, "model*.safetensors"]
_OLDER: Final = ["pytorch_model*.bin*"]
_FOREIGN: Final = ["*/*"]  # other frameworks' copies lie in folders of their own


def download(stage: str, model: str, revision: str | None) -> ModelDir:
    """The folder of a hub id, at a branch, tag or commit.

    Raises:
        ModelError: the extra `hub` is not installed, or the hub does not give the model.
    """
    libraries(stage, model)
    model_dir = _snapshot(stage, model, revision, _NEEDED)
    return model_dir if model_dir.weights else _snapshot(stage, model, revision, _NEEDED + _OLDER)


def _snapshot(stage: str, model: str, revision: str | None, files: list[str]) -> ModelDir:
    try:
        path = snapshot_download(
            model,
            revision=revision,
            allow_patterns=files,
            ignore_patterns=_FOREIGN,
            etag_timeout=_TIMEOUT_S,
        )
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ModelDir(stage, model, Path()).error(_why(model, revision, error)) from error
    return ModelDir(stage, model, Path(path), Path(path).name)


def _why(model: str, revision: str | None, error: Exception) -> str:
    match error:
        case RevisionNotFoundError():
            return f"it has no revision {revision!r}"
        case RepositoryNotFoundError():
            return "the hub has no such model, or it is private and HF_TOKEN does not open it"
        case _:
            return (
                f"the hub cannot be reached ({type(error).__name__}), and the model was not "
                "downloaded before. On a machine with a network run "
                f"`hf download {model} --local-dir DIR`, then give that folder as the model; "
                "or fill the cache (HF_HOME) there and set HF_HUB_OFFLINE=1 here"
            )
