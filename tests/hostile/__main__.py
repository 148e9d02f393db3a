"""Attack `wiki-digest serve` and the image while a victim asks them: `python -m tests.hostile`.

It prints a row for each attack, and exits with 1 if a bound is broken: the victim gets at least
99 % of its requests answered, and 99 % of them within 2 s; afterwards memory has grown by 5 % at
most, and the full speed is back within 5 s. That is the lowest of those measured before the first
attack. Of it, the victim asks for a quarter at most: a fair part is the half.
"""

import argparse
import asyncio
import itertools
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench.peers.articles import write
from tests.hostile import targets
from tests.hostile.attacks import ATTACKS, PAGES
from tests.hostile.report import Row, table
from tests.hostile.targets import CACHED, TARGETS, Attackers, Target
from tests.hostile.victim import NEW_PER_S, Victim
from tests.support.work import reference_s

NEW, REMEMBERED, CHARACTERS = 2_400, 8, 1_500
PAGE_SIZES = (200_000, 400_000)
ATTACK_S = 20.0
"""Longer than the longest time that a client has for a header or a body."""
SPEED_S = 4.0
SPEEDS = 5
WARM = 4
"""So many times their number of entries fills the caches of all replicas."""
CROWD, CROWDS = 4_000, 3
"""Many clients at once take memory that replicas and HAProxy keep: a fresh server grows by that."""
GERMAN = 64
ARTICLE = """Die Stadt liegt an der Mündung des Flusses und wurde vor langer Zeit zum ersten Mal in
einer Urkunde genannt. Heute leben dort viele Menschen, die im Hafen arbeiten."""
"""So many articles that are not in English load the identifier of languages in all replicas."""
PART = 0.25
"""Of the full speed, new digests that the victim asks for at most."""
TASKS = 5
"""Reference tasks that are timed; the fastest counts."""
PATIENCE_S = 7.0
"""Seconds in which the speed is measured afterwards."""


class Plan(NamedTuple):
    """An attack, its sizes, and whether the target reads the hostile wiki."""

    attack: str
    sizes: Sequence[int]
    is_wiki: bool


PLANS = [
    *(Plan(name, attack.sizes, is_wiki=False) for name, attack in ATTACKS.items()),
    *(Plan(name, PAGE_SIZES, is_wiki=True) for name in PAGES),
]


class Trial:
    """Attacks on one target, one after another."""

    def __init__(self, target: Target, victim: Victim, seconds: float) -> None:
        self._target = target
        self._victim = victim
        self._seconds = seconds
        self._numbers = itertools.count(1)
        self._full = 0.0

    async def warm_up(self) -> None:
        """Serve a crowd, fill the caches of all replicas, and measure the full speed."""
        for _ in range(CROWDS):
            await self._victim.crowd(CROWD)
        asked = 0.0
        while asked < WARM * CACHED:
            asked += SPEED_S * await self._victim.speed(SPEED_S)
        self._full = min([await self._victim.speed(SPEED_S) for _ in range(SPEEDS)])

    async def row(self, attack: str, size: int) -> Row:
        """Measure before, during and after an attack."""
        speed = self._full
        new_per_s = min(NEW_PER_S, PART * speed)
        calm = await self._victim.endure(SPEED_S, new_per_s)
        task_s = min(reference_s() for _ in range(TASKS))
        before = self._target.memory()
        with Attackers(self._target, next(self._numbers), attack, size) as attackers:
            answers = await self._victim.endure(self._seconds, new_per_s)
            statuses = attackers.stop()
            back_s = await self._victim.seconds_to(speed, PATIENCE_S)
        after = self._target.memory()
        name = self._target.name
        return Row(
            name, attack, size, statuses, calm, answers, speed, before, after, back_s, task_s
        )


def write_all(folder: Path) -> list[str]:
    """Write the articles; returns their titles, of which the last ones are in German."""
    german = [f"Stadt {number}" for number in range(GERMAN)]
    for title in german:
        (folder / f"{title}.txt").write_text(ARTICLE, encoding="utf-8")
    return write(folder, NEW, CHARACTERS) + german


async def run(
    target: Target, plans: Sequence[Plan], titles: list[str], seconds: float
) -> list[Row]:
    """The rows of all plans, which are printed as they come."""
    english, german = titles[REMEMBERED:NEW], titles[NEW:]
    new = itertools.chain(german, itertools.cycle(english))
    address = f"http://{target.host}:{target.port}"
    rows = []
    async with Victim(address, target.victim, titles[:REMEMBERED], new) as victim:
        trial = Trial(target, victim, seconds)
        await trial.warm_up()
        for name, size in [(plan.attack, size) for plan in plans for size in plan.sizes]:
            row = await trial.row(name, size)
            print(f"| {' | '.join(row.cells())} |", flush=True)
            rows.append(row)
    return rows


def attack(
    name: str, plans: Sequence[Plan], folder: Path, titles: list[str], seconds: float
) -> list[Row]:
    """Start a target, and attack it by plans that need the same source."""
    with ExitStack() as stack:
        wiki = stack.enter_context(targets.wiki(folder)) if plans[0].is_wiki else None
        target = stack.enter_context(TARGETS[name](folder, wiki))
        return asyncio.run(run(target, plans, titles, seconds))


def main() -> None:
    """Attack all targets, print the table, and exit with 1 if a bound is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", choices=TARGETS, action="append", help="default: all")
    names = [plan.attack for plan in PLANS]
    parser.add_argument("--attack", choices=names, action="append", help="default: all")
    parser.add_argument("--seconds", type=float, default=ATTACK_S, help="of each attack")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # stops the servers, too
    chosen = [plan for plan in PLANS if plan.attack in (options.attack or names)]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the container's user reads it
        titles = write_all(Path(folder))
        for name in options.target or TARGETS:
            for is_wiki in (False, True):
                if plans := [plan for plan in chosen if plan.is_wiki is is_wiki]:
                    rows += attack(name, plans, Path(folder), titles, options.seconds)
    print(table(rows))
    faults = [fault for row in rows for fault in row.faults()]
    sys.exit("\n".join(faults) or None)  # an empty text is 1, too


if __name__ == "__main__":
    main()
