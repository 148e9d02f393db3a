"""Reads what a release has done: from a load's lines, or from Prometheus."""

import math
import sys
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from app.core.errors import ShellError
from app.shell.objectives import Measured, of_lines, of_prometheus
from app.shell.status_client import get

STDIN = "-"


class _Sample(BaseModel):
    value: tuple[float, str]


class _Vector(BaseModel):
    result: tuple[_Sample, ...]


class _Answer(BaseModel):
    """Prometheus' answer to an instant query."""

    status: Literal["success"]
    data: _Vector


def measured(source: str, window: str, selector: str) -> Measured:
    """What a file, stdin (`-`) or a Prometheus says.

    Raises:
        ShellError: it cannot be read, or is something else.
    """
    if source.startswith(("http://", "https://")):
        return of_prometheus(partial(_ask, source.rstrip("/")), window, selector)
    if source == STDIN:
        return of_lines(sys.stdin)
    try:
        return of_lines(Path(source).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ShellError(f"{source} cannot be read: {reason}") from None


def _ask(address: str, query: str) -> float | None:
    """The value of a query; None if it has none."""
    answer = get(f"{address}/api/v1/query", _Answer, params={"query": query})
    values = [float(sample.value[1]) for sample in answer.data.result]
    return values[0] if values and not math.isnan(values[0]) else None
