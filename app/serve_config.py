"""The Serve config of a `Config`: rendered for `serve deploy` and a RayService, and checked."""

from typing import Any

from ray.serve.schema import ServeDeploySchema

from app.config import Config, nearest, read
from app.deployments import Deployment, Deployments
from app.errors import ConfigError
from app.settings import Settings

IMPORT_PATH = "app.graph:build"
NAME = "wiki-digest"


def render(config: Config) -> dict[str, Any]:
    """The Serve config, every option spelled out."""
    settings = config.settings.model_dump(mode="json", exclude_none=True)
    fused = config.settings.placement == "fused"
    options = config.deployments.model_dump(mode="json", exclude_none=True)
    deployments = [
        {"name": name, **given} for name, given in options.items() if name == "Digest" or not fused
    ]
    return {
        "applications": [
            {
                "name": NAME,
                "route_prefix": "/",
                "import_path": IMPORT_PATH,
                "args": settings,
                "deployments": deployments,
            }
        ]
    }


def check(data: dict[str, Any]) -> None:
    """Refuse a Serve config that Serve would refuse, or of which it would drop a key.

    Raises:
        ConfigError: with one line for each thing that is wrong.
    """
    kept = read(ServeDeploySchema, data).model_dump(mode="json", exclude_unset=True)
    faults = [*_dropped(data, kept), *_ours(data)]
    if faults:
        raise ConfigError("\n".join(faults))


def _ours(data: dict[str, Any]) -> list[str]:
    """What is wrong with the args and deployments of our own application."""
    faults = []
    for index, application in enumerate(data.get("applications", [])):
        if application.get("import_path") == IMPORT_PATH:
            where = f"applications.{index}"
            faults += _faults(f"{where}.args", Settings, application.get("args", {}))
            for deployment in application.get("deployments", []):
                faults += _deployment(f"{where}.deployments", dict(deployment))
    return faults


def _deployment(where: str, given: dict[str, Any]) -> list[str]:
    name = str(given.pop("name", ""))
    field = Deployments.model_fields.get(name)
    if field is None:
        return [f"{where}: {name!r} unknown; {nearest(name, list(Deployments.model_fields))}"]
    assert isinstance(field.default, Deployment)
    return _faults(f"{where}.{name}", type(field.default), given)


def _faults(where: str, model: type[Any], data: Any) -> list[str]:
    try:
        read(model, data)
    except ConfigError as error:
        return [f"{where}.{line}" for line in str(error).splitlines()]
    return []


def _dropped(given: Any, kept: Any, where: str = "") -> list[str]:
    """The places of keys that are in `given` but not in `kept`."""
    if isinstance(given, list) and isinstance(kept, list):
        pairs = enumerate(zip(given, kept, strict=True))
        return [d for i, (g, k) in pairs for d in _dropped(g, k, f"{where}{i}.")]
    if not (isinstance(given, dict) and isinstance(kept, dict)):
        return []
    gone = [f"{where}{key}: unknown to Serve, which would drop it" for key in given.keys() - kept]
    both = given.keys() & kept.keys()
    return gone + [d for key in both for d in _dropped(given[key], kept[key], f"{where}{key}.")]
