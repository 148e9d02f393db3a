"""What hostile clients send; run in a process of its own, from one address, until stdin ends.

    python -m tests.hostile.attacks NAME SIZE HOST PORT [SOURCE]

It prints "begun" once every client has connected, and at the end the statuses of all responses as
JSON. It needs the standard library only, so it runs in any container with Python.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

CONNECT_S = 15.0
AGAIN_S = 2.0
"""Seconds after which a client whose connection was closed comes again."""
DRIP_S = 1.0
LARGEST_BODY = 131_072
TERMS = 100
PAGES_AT_ONCE = 32
"""Clients that ask for hostile pages at the same time."""

Script = Callable[[int, int], AsyncIterator[bytes]]
"""What a client sends, piece by piece, by its number and the number of its connection."""


def _get(path: str, end: str = "Connection: close\r\n\r\n") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{end}".encode()


def _post(length: int, client: int = 0) -> bytes:
    """The header of a POST; each client also says that it is forwarded for another one."""
    lines = (
        "POST /v1/digests HTTP/1.1",
        "Host: a",
        "Content-Type: application/json",
        f"X-Forwarded-For: 10.1.{client >> 8}.{client & 255}",
        "Connection: close",
        f"Content-Length: {length}",
    )
    return "\r\n".join([*lines, "", ""]).encode()


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _dripping(first: bytes) -> AsyncIterator[bytes]:
    """A byte a second after this, for ever."""
    yield first
    while True:
        await asyncio.sleep(DRIP_S)
        yield b"a"


async def _endless(first: bytes, unit: bytes) -> AsyncIterator[bytes]:
    """A header without an end."""
    yield first
    for _ in range(64):
        yield unit * (16_384 // len(unit))


def _half_header(_client: int, _again: int) -> AsyncIterator[bytes]:
    return _pieces(_get("/v1/digest?term=a", "X-Half: "))


def _dripped_header(_client: int, _again: int) -> AsyncIterator[bytes]:
    return _dripping(_get("/v1/digest?term=a", "X-Half: "))


def _dripped_body(client: int, _again: int) -> AsyncIterator[bytes]:
    return _dripping(_post(LARGEST_BODY, client))


def _no_body(client: int, _again: int) -> AsyncIterator[bytes]:
    return _pieces(_post(LARGEST_BODY, client))


def _part_of_a_body(client: int, _again: int) -> AsyncIterator[bytes]:
    """More than a proxy buffers, so that it reaches the replica."""
    return _pieces(_post(LARGEST_BODY, client), b'{"terms": ["' + b"a" * 40_000)


def _many_terms(client: int, again: int) -> AsyncIterator[bytes]:
    terms = [f"attack {client} {again} {n}" for n in range(TERMS)]
    body = json.dumps({"terms": terms}).encode()
    return _pieces(_post(len(body), client), body)


def _remembered_terms(client: int, _again: int) -> AsyncIterator[bytes]:
    """Their digest is in the cache after the first time: half a megabyte of answers."""
    body = json.dumps({"terms": ["ada lovelace"] * TERMS}).encode()
    return _pieces(_post(len(body), client), body)


def _remembered_terms_and_one(client: int, again: int) -> AsyncIterator[bytes]:
    """Without an article, so that each POST asks the source once."""
    body = json.dumps({"terms": ["ada lovelace"] * (TERMS - 1) + [f"q{client}x{again}"]}).encode()
    return _pieces(_post(len(body), client), body)


def _remembered_stream(_client: int, _again: int) -> AsyncIterator[bytes]:
    return _pieces(_get("/v1/digest/stream?term=ada+lovelace"))


def _one_term(client: int, again: int) -> AsyncIterator[bytes]:
    return _pieces(_get(f"/v1/digest?term=attack+{client}+{again}"))


def _idle(client: int, _again: int) -> AsyncIterator[bytes]:
    """Every second one keeps its connection after a request."""
    return _pieces(_get("/-/healthz", "\r\n") if client % 2 else b"")


def _giant_header(client: int, _again: int) -> AsyncIterator[bytes]:
    """One long field, or many short ones."""
    first = _get("/v1/digest?term=a", "X-Giant: ")
    return _endless(first, b"a" if client % 2 else b"a\r\nX-A: ")


def _unknown_keys(client: int, again: int) -> AsyncIterator[bytes]:
    pairs: list[str] = []
    size = 2
    while size < LARGEST_BODY - 20:
        pairs.append(f'"{again:x}k{len(pairs):x}":1')
        size += len(pairs[-1]) + 1
    body = "{" + ",".join(pairs) + "}"
    return _pieces(_post(len(body), client), body.encode())


class Attack(NamedTuple):
    """A kind of client: what it sends, and how many attack at the same time.

    `again_s` is the wait after a connection has ended.
    """

    script: Script
    sizes: tuple[int, int]
    again_s: float = AGAIN_S


ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "half a header": Attack(_half_header, (4_200, 8_400)),
        "dripped header": Attack(_dripped_header, (1_100, 2_200)),
        "idle": Attack(_idle, (4_200, 8_400)),
        "dripped body": Attack(_dripped_body, (1_100, 2_200)),
        "no body": Attack(_no_body, (1_100, 2_200)),
        "part of a body": Attack(_part_of_a_body, (1_100, 2_200)),
        "100-term POSTs": Attack(_many_terms, (300, 600), 1),
        "100 remembered terms": Attack(_remembered_terms, (300, 600), 1),
        "99 remembered terms and one": Attack(_remembered_terms_and_one, (300, 600), 1),
        "remembered streams": Attack(_remembered_stream, (300, 600), 1),
        "GETs of new terms": Attack(_one_term, (300, 600), 1),
        "giant header": Attack(_giant_header, (100, 200), 0.5),
        "131 kB of unknown keys": Attack(_unknown_keys, (16, 32), 0),
    }
)
PAGES = (
    "asterisks",
    "unclosed tags",
    "entities",
    "many values",
    "gzip bomb",
    "lies",
    "redirects",
    "silence",
)
"""The hostile pages of tests.hostile.wiki."""


def _page(kind: str, size: int) -> Attack:
    """Clients that each ask for another page of this kind, of this size in characters."""

    def script(client: int, again: int) -> AsyncIterator[bytes]:
        return _pieces(_get(f"/v1/digest?term={kind.replace(' ', '+')}+{size}+{client}+{again}"))

    return Attack(script, (PAGES_AT_ONCE, PAGES_AT_ONCE), 0.1)


class Attacker:
    """Clients that connect from `source` to one address, and come again when they are refused."""

    def __init__(self, attack: Attack, host: str, port: int, source: str | None) -> None:
        self._attack = attack
        self._at = (host, port)
        self._source = (source, 0) if source else None
        self._begun = asyncio.Semaphore(0)
        self.statuses: Counter[str] = Counter()

    async def run(self, clients: int) -> None:
        """Attack until stdin ends."""
        attacking = asyncio.gather(*(self._client(n) for n in range(clients)))
        for _ in range(clients):
            await self._begun.acquire()
        print("begun", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        attacking.cancel()

    async def _client(self, number: int) -> None:
        again = 0
        while True:
            self.statuses[await self._connection(number, again)] += 1
            again += 1
            await asyncio.sleep(self._attack.again_s)

    async def _connection(self, number: int, again: int) -> str:
        """The status of the response; else how the connection ended."""
        try:
            async with asyncio.timeout(CONNECT_S):
                opened = await asyncio.open_connection(*self._at, local_addr=self._source)
        except (OSError, TimeoutError) as error:
            return type(error).__name__
        finally:
            if not again:
                self._begun.release()
        reader, writer = opened
        sending = asyncio.create_task(_send(writer, self._attack.script(number, again)))
        try:
            return await _status(reader)
        finally:
            sending.cancel()
            writer.transport.abort()


async def _send(writer: asyncio.StreamWriter, pieces: AsyncIterator[bytes]) -> None:
    with suppress(OSError):
        async for piece in pieces:
            writer.write(piece)
            await writer.drain()


async def _status(reader: asyncio.StreamReader) -> str:
    """The status of a response, which is read until the connection ends."""
    try:
        line = await reader.readline()
        while await reader.read(65_536):
            pass
    except OSError:
        line = b""
    words = line.split(maxsplit=2)
    return words[1].decode() if len(words) > 1 else "closed"


def main(name: str, size: str, host: str, port: str, source: str | None = None) -> None:
    """Attack, and print the statuses."""
    attack = _page(name, int(size)) if name in PAGES else ATTACKS[name]
    attacker = Attacker(attack, host, int(port), source)
    clients = PAGES_AT_ONCE if name in PAGES else int(size)

    async def run() -> None:
        await attacker.run(clients)
        print(json.dumps(attacker.statuses), flush=True)
        os._exit(0)  # thousands of tasks need not end

    asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
