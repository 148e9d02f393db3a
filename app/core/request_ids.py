"""Ids of requests and traces, as they come in headers."""

import re
import uuid
from collections.abc import Sequence

HEADER = "x-request-id"
VALID = "[A-Za-z0-9._:+/=@-]{1,128}"
"""A request's id that is accepted: it is written to logs, headers and URIs as it is."""
_VALID = re.compile(VALID)
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\b.*")


def chosen(given: Sequence[str]) -> str:
    """The id that a client gave, if it is one and valid; else a new one."""
    return given[0] if len(given) == 1 and _VALID.fullmatch(given[0]) else str(uuid.uuid4())


def trace_in(traceparent: str) -> str:
    """The trace's id in a header of W3C Trace Context; empty if there is none."""
    found = _TRACEPARENT.fullmatch(traceparent)
    return found[1] if found else ""


def urn(request_id: str) -> str:
    """The URI of a request."""
    return f"urn:wiki-digest:request:{request_id}"
