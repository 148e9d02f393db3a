"""A short form of `make hostile`: others are served while clients or pages attack a server."""

import sys
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from app.sources.corpus import FOLDER
from devtools.server import Server
from tests.hostile.targets import Attackers, Local, wiki
from tests.hostile.victim import Victim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HAProxy is for Linux only")

SECONDS = 6
PATIENCE_S = 500
"""How soon it is answered depends on the machine: `make hostile` says."""
NO_CACHE = ("digest.cache_size=0", "source.cache_size=0", f"digest.deadline_s={PATIENCE_S}")
TITLES = [path.stem for path in sorted(Path(FOLDER).glob("*.txt"))]


async def assert_served(server: Server, attack: str, size: int) -> None:
    """A victim is served during an attack."""
    target, terms = Local(server), (TITLES[:1], cycle(TITLES))
    async with Victim(server.address, target.victim, *terms, PATIENCE_S) as victim:
        with Attackers(target, 1, attack, size) as attackers:
            answers = await victim.endure(SECONDS)
            attackers.stop()
    statuses = Counter(answer.status for answer in answers)
    assert statuses.keys() == {"200"}, (attack, statuses)


async def test_others_are_served_during_floods_of_one_client() -> None:
    with Server(*NO_CACHE) as server:
        for attack in ("100-term POSTs", "GETs of new terms"):
            await assert_served(server, attack, 300)


async def test_others_are_served_while_one_client_asks_for_pages_of_a_hostile_wiki() -> None:
    with wiki(FOLDER) as url, Server(*NO_CACHE, "source=wikipedia", f"source.api_url={url}") as s:
        for page in ("silence", "asterisks"):
            await assert_served(s, page, 200_000)
