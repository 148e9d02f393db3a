"""The bodies of answers, packed by gzip or not, as JSON; how much they may hold is known before."""

import json
import re
import zlib
from itertools import islice
from typing import Final

from app.core.errors import Unreadable

LARGEST: Final = 8 * 2**20
"""The largest body in bytes. MediaWiki's own default limit is 8 MiB."""
PACKED: Final = 100
"""A body beyond the first MiB is at most so many times as long as its packed form. Pages reach 10;
a bomb reaches 1,000."""
GZIP: Final = "gzip"
"""The only encoding that is asked for."""
PARTS: Final = 100_000
"""Strings, arrays, objects and commas of an answer at most, as `json.loads` holds the GIL. Answers
have some hundred."""
_PART = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{,]', re.DOTALL)
_WINDOW = 16 + zlib.MAX_WBITS


def unpacked(sent: bytes, encoding: str) -> bytes:
    """The body of an answer.

    Raises:
        Unreadable: it is too long, or its compression is broken.
    """
    body, most = sent, LARGEST
    if encoding.lower() == GZIP:
        most = min(LARGEST, 2**20 + PACKED * len(sent))
        body = _ungzipped(sent, most + 1)
    if len(body) > LARGEST:
        raise Unreadable(f"more than {LARGEST // 2**20} MiB")
    if len(body) > most:
        raise Unreadable(f"{PACKED} times what it sent, or more")
    return body


def _ungzipped(sent: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(_WINDOW).decompress(sent, most)
    except zlib.error:
        raise Unreadable("broken compression") from None


def json_object(body: bytes) -> dict[str, object]:
    """The JSON of a body.

    Raises:
        Unreadable: it is no JSON object, or has more than `PARTS`.
    """
    start = body[:1_000].lstrip()
    if not start:
        raise Unreadable("an empty page")
    if start.startswith(b"<"):
        raise Unreadable("HTML instead of JSON: is it an api.php?")
    try:
        read = _json(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Unreadable("broken JSON") from None
    if not isinstance(read, dict):
        raise Unreadable("JSON that is not an object")
    return read


def _json(text: str) -> object:
    if any(islice(_PART.finditer(text), PARTS, None)):
        raise Unreadable(f"JSON of more than {PARTS:,} parts")
    return json.loads(text)
