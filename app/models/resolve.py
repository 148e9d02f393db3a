"""Resolves the model name in the settings to a folder."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.config.settings import EMBEDDED, ModelSettings
from app.core.errors import ModelError
from app.models.model_dir import ModelDir

EMBEDDED_FOLDER: Final = Path(__file__).parent / "embedded"
_PATH_LIKE: Final = re.compile(r"[./~\\]|[A-Za-z]:[\\/]")
_HUB_ID: Final = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)


def find(stage: str, model: ModelSettings) -> ModelDir:
    """The folder of a stage's model; a hub id is downloaded unless it is cached.

    Raises:
        ModelError: the folder does not exist, or the download failed.
    """
    return replace(_found(stage, model), stated=model.languages)


def _found(stage: str, model: ModelSettings) -> ModelDir:
    name = model.model
    if name == EMBEDDED:
        return _local(stage, name, EMBEDDED_FOLDER / stage)
    path = Path(name).expanduser()
    if path.exists() or _PATH_LIKE.match(name):
        return _local(stage, name, path)
    if not _HUB_ID.fullmatch(name):
        raise ModelError(f"{stage}: model {name!r} is neither a folder nor a hub id (ORG/NAME)")
    from app.models.hub import download  # noqa: PLC0415  (needs the extra `hub`)

    return download(stage, name, model.revision)


def _local(stage: str, name: str, path: Path) -> ModelDir:
    if path.is_dir():
        return ModelDir(stage, name, path)
    problem = "is a file; a folder is needed" if path.exists() else "does not exist"
    raise ModelError(f"{stage}: model {name!r}: the folder {path} {problem}")
