"""Reading settings from a file or a mapping, and saying what is wrong with them."""

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from app.deployments import Deployments
from app.errors import ConfigError
from app.settings import Part, Settings

M = TypeVar("M", bound=BaseModel)


class Config(Part):
    """A settings file: what replicas are born with, and what Serve can change live."""

    settings: Settings = Settings()
    """what a replica is born with"""
    deployments: Deployments = Deployments()
    """what Serve can change live"""


def read(model: type[M], data: Any) -> M:
    """`data` as a `model`.

    Raises:
        ConfigError: with one line for each thing that is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = (_explain(model, problem) for problem in error.errors(include_url=False))
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None


def load(path: Path) -> Any:
    """The content of a YAML or JSON file.

    Raises:
        ConfigError: the file is not there, or is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from None


def assign(data: dict[str, Any], assignment: str) -> dict[str, Any]:
    """`data` with one `a.b.c=value` put in; the value is read as YAML.

    Raises:
        ConfigError: there is no `=`, or no key before it, or a key leads through a plain value.
    """
    path, equals, value = assignment.partition("=")
    if not (equals and path):
        raise ConfigError(f"{assignment!r}: write it as key=value, such as sentiment.threshold=0.5")
    try:
        return _put(data, path.split("."), yaml.safe_load(value))
    except (yaml.YAMLError, TypeError) as error:
        raise ConfigError(f"{assignment!r}: {error}") from None


def nearest(word: str, words: list[str]) -> str:
    """A hint that names the word of `words` that is most like `word`."""
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    known = f"known: {', '.join(sorted(words))}" if words else "nothing is known here"
    return f'did you mean "{near[0]}"?' if near else known


def _put(data: dict[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    first, *rest = keys
    if not rest:
        return data | {first: value}
    inner = data.get(first, {})
    if not isinstance(inner, dict):
        raise TypeError(f"{first!r} is a value, not a group of settings")
    return data | {first: _put(inner, rest, value)}


def _explain(model: type[BaseModel], problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    known = _fields(model, location[:-1])
    where = ".".join(part for part in location if not _is_tag(part)) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown; {nearest(location[-1], known)}"
    return f"{where}: {problem['msg']}"


def _is_tag(part: str) -> bool:
    """Whether pydantic put this into the location to name the variant of a union."""
    return part in {"corpus", "wikipedia"}


def _fields(model: type[BaseModel], location: list[str]) -> list[str]:
    """The names of the fields of the model that stands at `location` below `model`."""
    models = [model]
    for part in location:
        if not _is_tag(part):
            models = [m for parent in models for m in _models(parent, part)]
    return sorted({name for m in models for name in m.model_fields})


def _models(parent: type[BaseModel], field: str) -> list[type[BaseModel]]:
    info = parent.model_fields.get(field)
    return _inside(info.annotation) if info else []


def _inside(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation names, unions and options unwrapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for argument in get_args(annotation) for m in _inside(argument)]
