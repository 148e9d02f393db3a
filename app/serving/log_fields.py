"""What is added to the records of Serve's log: trace, stage, outcome; and records of `app`.

Serve itself adds the request's id, in each replica that works for the request.
"""

import logging
import re
from http import HTTPStatus

from app.api.request_context import current
from app.core.tracing import trace_id
from app.metrics.table import CANCELLED, CLIENT_ERROR, INTERNAL

SERVE = logging.getLogger("ray.serve")
APP = logging.getLogger("app")
CUT = {"408", "499"}
"""The statuses with which Serve ends a request, whatever its answer was going to be."""
_ACCESS = re.compile(r"\S+ .*?(?P<status>\w+) (?P<ms>[\d.]+)ms")
"""Serve's line for each call: `GET /v1/digest 200 12.3ms`, or `CALL __call__ OK 3.4ms`."""


class LogFields(logging.Filter):
    """Adds fields to each record. Titles of articles tell what was asked for: only with `terms`."""

    def __init__(self, *, stage: str = "", terms: bool = False) -> None:
        super().__init__()
        self._stage = stage
        self._terms = terms

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields; every record passes."""
        fields = vars(record)
        if self._stage:
            fields.setdefault("stage", self._stage)
        if trace := trace_id():
            fields["trace_id"] = trace
        if fields.get("serve_access_log"):
            _describe(record)
        if not self._terms:
            fields.pop("article", None)
        return True


class ToServe(logging.Handler):
    """Passes records to Serve's log, whole: on stderr a traceback would become a record a line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, if Serve's level includes its own."""
        if SERVE.isEnabledFor(record.levelno):
            SERVE.handle(record)


def install(*, stage: str = "", terms: bool = False) -> None:
    """Add the fields to this replica's records, and `app`'s records to them."""
    SERVE.addFilter(LogFields(stage=stage, terms=terms))
    APP.addHandler(ToServe())
    APP.setLevel(logging.DEBUG)
    APP.propagate = False


def _describe(record: logging.LogRecord) -> None:
    """Add the outcome to an access line, and as fields what Serve has written into its message."""
    context = current()
    fields: dict[str, object] = context.fields() if context else {}
    if line := _ACCESS.fullmatch(record.getMessage()):
        status = line["status"]
        fields["seconds"] = round(float(line["ms"]) / 1000, 4)
        if status.isdecimal():
            fields["status"] = int(status)
        if status in CUT or "outcome" not in fields:
            fields["outcome"] = _outcome(status)
        record.msg = f"{record.msg} {fields['outcome']}"
    vars(record).update(fields)


def _outcome(status: str) -> str:
    """The outcome of a status: of HTTP, or a word of Serve's for a call."""
    if status in CUT:
        return CANCELLED
    if not status.isdecimal():
        return status.lower()
    code = int(status)
    failed = INTERNAL if code >= HTTPStatus.INTERNAL_SERVER_ERROR else CLIENT_ERROR
    return failed if code >= HTTPStatus.BAD_REQUEST else "ok"
