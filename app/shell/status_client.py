"""Reads JSON from a server, or from Prometheus, and says in a sentence why that fails."""

from http import HTTPStatus
from typing import TypeVar

import requests
from pydantic import BaseModel, ValidationError

from app.api.about import Status
from app.core.errors import ShellError
from app.shell.ask_client import authorization, key_refused

TIMEOUT_S = 10.0
"""Timeout of an answer, in seconds."""
M = TypeVar("M", bound=BaseModel)


def status_of(server: str, key: str | None = None) -> Status:
    """The status of a server.

    Raises:
        ShellError: it cannot be reached, refuses the key, or has no status.
    """
    return get(f"{server.rstrip('/')}/v1/status", Status, headers=authorization(key))


def get(
    url: str,
    model: type[M],
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> M:
    """What an address answers with.

    Raises:
        ShellError: it cannot be reached, or its answer is another.
    """
    try:
        response = requests.get(url, params, headers=headers, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        raise ShellError(f"{url} cannot be reached: {type(error).__name__}") from None
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        raise key_refused(url)
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        raise ShellError(
            f"{url} answered with HTTP status {response.status_code}, and not as expected"
        ) from None
