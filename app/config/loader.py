"""Loads settings from a file or a mapping, and explains errors in them."""

import difflib
from pathlib import Path
from typing import Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError, model_validator
from pydantic_core import ErrorDetails

from app.config.deployments import DeploymentOptions, Deployments
from app.config.settings import Settings, expand_shorthand
from app.config.strict import StrictSettings
from app.core.errors import ConfigError

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]


class Config(StrictSettings):
    """A settings file: `settings` for the start of replicas, `deployments` for run time."""

    settings: Settings = Settings()
    """read by a replica when it starts"""
    deployments: Deployments = Deployments()
    """changed by Serve at run time"""

    @property
    def deployed(self) -> dict[str, DeploymentOptions]:
        """The options of the deployments in this placement, by name."""
        names = Deployments.model_fields if self.settings.placement == "distributed" else ["Digest"]
        return {name: getattr(self.deployments, name) for name in names}

    @classmethod
    def completed(cls, given: dict[str, object]) -> dict[str, object]:
        """Read null as an empty group: YAML does so when all its lines are commented out."""
        return {key: {} if value is None else value for key, value in given.items()}

    @model_validator(mode="after")
    def _refuse_unused(self) -> Self:
        unused = sorted(self.deployments.model_fields_set - self.deployed.keys())
        if unused:
            raise ValueError(f"placement: fused has no deployment {', '.join(unused)}")
        return self


def read(model: type[M], data: object) -> M:
    """Validate `data` as a `model`.

    Raises:
        ConfigError: with one line for each error.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = (_explain(model, problem) for problem in error.errors(include_url=False))
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None


def load(path: Path) -> object:
    """The content of a YAML or JSON file.

    Raises:
        ConfigError: the file cannot be read, or is not YAML.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {_one_line(error)}") from None
    return {} if data is None else data


def assign(data: object, assignment: str, root: str = "") -> dict[str, object]:
    """`data` with one assignment `a.b.c=value`; the value is read as YAML.

    A key that is not a field of `Config` is put below `root`.

    Raises:
        ConfigError: the key or the `=` is missing, or the key goes through a value.
    """
    path, equals, value = assignment.partition("=")
    if not (equals and path):
        raise ConfigError(f"{assignment!r}: write it as key=value, such as sentiment.threshold=0.5")
    keys = path.split(".")
    if root and keys[0] not in Config.model_fields:
        keys.insert(0, root)
    try:
        return _put(data, keys, yaml.safe_load(value))
    except (yaml.YAMLError, TypeError) as error:
        raise ConfigError(f"{assignment!r}: {_one_line(error)}") from None


def nearest(word: str, words: list[str]) -> str:
    """A hint with the most similar word of `words`."""
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    known = f"known: {', '.join(sorted(words))}" if words else "nothing is known here"
    return f'did you mean "{near[0]}"?' if near else known


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _put(
    data: object, keys: list[str], value: object, above: str = "the file"
) -> dict[str, object]:
    if not isinstance(data, dict):
        raise TypeError(f"{above!r} is a value, not a group of settings")
    first, *rest = keys
    if rest:
        inner = expand_shorthand(first, data.get(first, {}))
        return data | {first: _put(inner, rest, value, first)}
    return data | {first: value}


def _explain(model: type[BaseModel], problem: ErrorDetails) -> str:
    location = problem["loc"]
    where = ".".join(_shown(model, location)) or "the file"
    if problem["type"] == "extra_forbidden":
        known = sorted({name for m in _models(model, location[:-1]) for name in m.model_fields})
        return f"{where}: unknown; {nearest(str(location[-1]), known)}"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _shown(model: type[BaseModel], location: Location) -> list[str]:
    """The keys of a location. Pydantic also inserts the variant of a union, which is left out."""
    parts = enumerate(location)
    return [str(part) for at, part in parts if not _is_variant(_models(model, location[:at]), part)]


def _models(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    """The models at `location` below `model`; several in a union."""
    models = [model]
    for part in location:
        if _is_variant(models, part):
            models = [m for m in models if _kind(m) == part]
        elif isinstance(part, str):
            fields = (m.model_fields.get(part) for m in models)
            models = [inner for field in fields if field for inner in models_in(field.annotation)]
    return models


def _is_variant(models: list[type[BaseModel]], part: str | int) -> bool:
    return len(models) > 1 and part in [_kind(m) for m in models]


def _kind(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    return next(iter(get_args(field.annotation)), None) if field else None


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The models in an annotation, unions unwrapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for argument in get_args(annotation) for m in models_in(argument)]
