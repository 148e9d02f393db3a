"""Reading settings from a file or a mapping, and saying what is wrong with them."""

import difflib
from pathlib import Path
from typing import Any, Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError, model_validator

from app.config.deployments import DeploymentOptions, Deployments
from app.config.settings import Settings, expand_shorthand
from app.config.strict import StrictSettings
from app.core.errors import ConfigError

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]


class Config(StrictSettings):
    """A settings file: what replicas are born with, and what Serve can change live."""

    settings: Settings = Settings()
    """what a replica is born with"""
    deployments: Deployments = Deployments()
    """what Serve can change live"""

    @property
    def deployed(self) -> dict[str, DeploymentOptions]:
        """The options of the deployments that there are, by name."""
        names = Deployments.model_fields if self.settings.placement == "distributed" else ["Digest"]
        return {name: getattr(self.deployments, name) for name in names}

    @model_validator(mode="before")
    @classmethod
    def _empty_groups(cls, data: Any) -> Any:
        """A group whose lines are all commented out is null to YAML."""
        if not isinstance(data, dict):
            return data
        return {key: {} if value is None else value for key, value in data.items()}

    @model_validator(mode="after")
    def _refuse_unused(self) -> Self:
        unused = sorted(self.deployments.model_fields_set - self.deployed.keys())
        if unused:
            raise ValueError(f"placement: fused has no deployment {', '.join(unused)}")
        return self


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
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {_one_line(error)}") from None
    return {} if data is None else data


def assign(data: Any, assignment: str, root: str = "") -> dict[str, Any]:
    """`data` with one `a.b.c=value` put in; the value is read as YAML.

    A key that is no field of `Config` stands below `root`.

    Raises:
        ConfigError: there is no `=`, or no key before it, or a key leads through a plain value.
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
    """A hint that names the word of `words` that is most like `word`."""
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    known = f"known: {', '.join(sorted(words))}" if words else "nothing is known here"
    return f'did you mean "{near[0]}"?' if near else known


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _put(data: Any, keys: list[str], value: Any, above: str = "the file") -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TypeError(f"{above!r} is a value, not a group of settings")
    first, *rest = keys
    if rest:
        inner = expand_shorthand(first, data.get(first, {}))
        return data | {first: _put(inner, rest, value, first)}
    return data | {first: value}


def _explain(model: type[BaseModel], problem: Any) -> str:
    location = problem["loc"]
    where = ".".join(_shown(model, location)) or "the file"
    if problem["type"] == "extra_forbidden":
        known = sorted({name for m in _models(model, location[:-1]) for name in m.model_fields})
        return f"{where}: unknown; {nearest(str(location[-1]), known)}"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _shown(model: type[BaseModel], location: Location) -> list[str]:
    """The parts of a location that stand in the file: pydantic names a union's variant besides."""
    parts = enumerate(location)
    return [str(part) for at, part in parts if not _is_variant(_models(model, location[:at]), part)]


def _models(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    """The models, several in a union, that may stand at `location` below `model`."""
    models = [model]
    for part in location:
        if _is_variant(models, part):
            models = [m for m in models if _kind(m) == part]
        elif isinstance(part, str):
            fields = (m.model_fields.get(part) for m in models)
            models = [inner for field in fields if field for inner in _inside(field.annotation)]
    return models


def _is_variant(models: list[type[BaseModel]], part: str | int) -> bool:
    return len(models) > 1 and part in [_kind(m) for m in models]


def _kind(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    return next(iter(get_args(field.annotation)), None) if field else None


def _inside(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation names, unions and options unwrapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for argument in get_args(annotation) for m in _inside(argument)]
