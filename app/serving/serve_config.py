"""Renders a `Config` as a Serve config, for `serve deploy` or a RayService, and checks one."""

from typing import Any

from ray.serve.schema import ServeDeploySchema

from app.config.loader import Config, read
from app.core.errors import ConfigError

IMPORT_PATH = "app.graph:build"
NAME = "wiki-digest"


def render(config: Config) -> dict[str, Any]:
    """The Serve config with all options."""
    settings = config.settings.model_dump(mode="json", exclude_none=True)
    deployments = [
        {"name": name, **options.model_dump(mode="json", exclude_none=True)}
        for name, options in config.deployed.items()
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
    """Check a Serve config: its values, and that Serve knows each key.

    Raises:
        ConfigError: with one line for each error.
    """
    kept = _as_serve_reads(data)
    own = [
        _application_errors(f"applications.{at}", app)
        for at, app in enumerate(data["applications"])
    ]
    others = data | {"applications": [_without_checked(app) for app in data["applications"]]}
    faults = [*_dropped(others, kept), *(fault for faults in own for fault in faults)]
    if faults:
        raise ConfigError("\n".join(faults))


def _as_serve_reads(data: Any) -> Any:
    try:
        return read(ServeDeploySchema, data).model_dump(mode="json", exclude_unset=True)
    except ConfigError:
        raise
    except Exception as error:  # Serve's validators raise errors of any type
        raise ConfigError(f"applications: Serve cannot read this: {error}") from error


def _application_errors(where: str, application: dict[str, Any]) -> list[str]:
    """The errors in the args and deployments of a wiki-digest application."""
    if application.get("import_path") != IMPORT_PATH:
        return []
    options = [dict(deployment) for deployment in application.get("deployments", [])]
    names = [option.pop("name") for option in options]
    twice = sorted({name for name in names if names.count(name) > 1})
    deployments = dict(zip(names, options, strict=True))
    if twice:
        return [f"{where}.deployments: {', '.join(twice)} given more than once"]
    try:
        read(Config, {"settings": application.get("args", {}), "deployments": deployments})
    except ConfigError as error:
        return [_placed(where, line) for line in str(error).splitlines()]
    return []


def _placed(where: str, line: str) -> str:
    """Map the key of an error in a `Config` to its key in an application."""
    place, _, fault = line.partition(": ")
    parts = [where] if place == "the file" else [where, place.replace("settings", "args", 1)]
    return f"{'.'.join(parts)}: {fault}"


def _without_checked(application: dict[str, Any]) -> dict[str, Any]:
    """An application without the part that `_application_errors` checks."""
    own = application.get("import_path") == IMPORT_PATH
    return {k: v for k, v in application.items() if not (own and k == "deployments")}


def _dropped(given: Any, kept: Any, where: str = "") -> list[str]:
    """Errors for the keys that are in `given` but not in `kept`."""
    if isinstance(given, list) and isinstance(kept, list):
        pairs = enumerate(zip(given, kept, strict=True))
        return [d for i, (g, k) in pairs for d in _dropped(g, k, f"{where}{i}.")]
    if not (isinstance(given, dict) and isinstance(kept, dict)):
        return []
    gone = [
        f"{where}{key}: unknown to Serve, which would drop it" for key in given if key not in kept
    ]
    both = [key for key in given if key in kept]
    return gone + [d for key in both for d in _dropped(given[key], kept[key], f"{where}{key}.")]
