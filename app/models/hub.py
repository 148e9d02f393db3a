"""Downloads models of the Hugging Face hub, to be loaded like local folders.

`transformers` would send a request for each file, and offline it tries each six times, for 23 s.
`snapshot_download` sends one request, and falls back to its cache at once.
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

from app.models.card import CARD
from app.models.model_dir import ONNX, ModelDir
from app.models.pytorch import libraries

_TIMEOUT_S: Final = 10
_FILES: Final = [CARD, "*.json", "*.txt", "*.model", ONNX, "model*.safetensors"]
_OLD_WEIGHTS: Final = ["pytorch_model*.bin*"]
_SUBFOLDERS: Final = ["*/*"]  # subfolders have the copies for other frameworks


def download(stage: str, model: str, revision: str | None) -> ModelDir:
    """The folder of a hub id at a revision: a branch, tag or commit.

    Raises:
        ModelError: the extra `hub` is not installed, or the download failed.
    """
    libraries(stage, model)
    model_dir = _snapshot(stage, model, revision, _FILES)
    return (
        model_dir if model_dir.weights else _snapshot(stage, model, revision, _FILES + _OLD_WEIGHTS)
    )


def _snapshot(stage: str, model: str, revision: str | None, files: list[str]) -> ModelDir:
    try:
        path = snapshot_download(
            model,
            revision=revision,
            allow_patterns=files,
            ignore_patterns=_SUBFOLDERS,
            etag_timeout=_TIMEOUT_S,
        )
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ModelDir(stage, model, Path()).error(_problem(model, revision, error)) from error
    return ModelDir(stage, model, Path(path), Path(path).name)


def _problem(model: str, revision: str | None, error: Exception) -> str:
    match error:
        case RevisionNotFoundError():
            return f"it has no revision {revision!r}"
        case RepositoryNotFoundError():
            return "the hub has no such model, or it is private and HF_TOKEN gives no access"
        case _:
            pinned = f" --revision {revision}" if revision else ""
            return (
                f"the hub cannot be reached ({type(error).__name__}), and the model is not in the "
                "cache. On a machine with network access run "
                f"`hf download {model}{pinned} --local-dir DIR`, and set that folder as the model; "
                "or fill the cache (HF_HOME) there, and set HF_HUB_OFFLINE=1 here"
            )
