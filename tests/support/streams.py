"""Streams of digests that have begun, and wait for their tone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import quote, urlsplit

from app.api.admission import TERMS_AT_ONCE

ASK_S = 60
SLOW = ("sentiment.batch.batch_wait_timeout_s=10", "sentiment.batch.max_batch_size=64")
"""Settings of a server whose gate waits."""
TERMS = ("ada lovelace", "kyoto", "black death", "photosynthesis", "alan turing")


@contextmanager
def under_way(address: str, number: int) -> Iterator[list[Iterator[str]]]:
    """The rest of the lines of so many streams."""
    with ExitStack() as held, ThreadPoolExecutor(number) as pool:
        streams: list[Iterator[str]] = []
        # All at the same time: the first is not answered before the last has begun.
        for connection, response in pool.map(partial(_asked, address), range(number)):
            held.enter_context(closing(connection))
            # While HAProxy reloads, it says `Connection: close`: then the response owns the socket.
            held.enter_context(response)
            lines = (line.decode().rstrip() for line in response)
            assert next(line for line in lines if line) == "event: stage"
            streams.append(lines)
        yield streams


def _asked(address: str, at: int) -> tuple[HTTPConnection, HTTPResponse]:
    """A stream of this number; so few have the same address that all run at the same time."""
    found = urlsplit(address)
    source = (f"127.0.0.{1 + at // (TERMS_AT_ONCE // 2)}", 0)
    connection = HTTPConnection(found.hostname or "", found.port, ASK_S, source)
    connection.request("GET", f"/v1/digest/stream?term={quote(TERMS[at % len(TERMS)])}")
    return connection, connection.getresponse()
