"""The bodies of answers, packed by gzip or not; how long they may be is known before."""

import zlib
from typing import Final

from app.core.errors import Unreadable

LARGEST: Final = 8 * 2**20
"""The largest body in bytes. MediaWiki's own default limit is 8 MiB."""
PACKED: Final = 100
"""A body beyond the first MiB is at most so many times as long as its packed form. Pages reach 10;
a bomb reaches 1,000."""
GZIP: Final = "gzip"
"""The only encoding that is asked for."""
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
