"""A row for each attack: what became of it, of the victim and of the server; and its faults."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.hostile.victim import Answer

ANSWERED = 0.99
"""The part of its requests that a victim gets answered at least."""
P99_S = 2.0
"""Seconds in which 99 % come."""
MEMORY = 0.05
"""The part by which memory may have grown afterwards."""
BACK_S = 5.0
"""Seconds until the full speed is back at most."""
MIB = 2**20
COLUMNS = (
    *("target", "attack", "size", "attackers got", "sent", "answered"),
    *("p99 ms before", "p50 ms", "p99 ms", "slowest ms"),
    *("MiB before", "after", "full speed after", "task ms"),
)


class Row(NamedTuple):
    """The result of one attack; memory is in bytes.

    `calm` are the answers that the victim got before it, `speed` the digests in a second, and
    `task_s` the seconds of the reference task.
    """

    target: str
    attack: str
    size: int
    attackers: Mapping[str, int]
    calm: Sequence[Answer]
    answers: Sequence[Answer]
    speed: float
    before: int
    after: int
    back_s: float
    task_s: float

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `COLUMNS`."""
        parts = (quantile(self.answers, part) for part in (0.5, 0.99, 1))
        times = (quantile(self.calm, 0.99), *parts)
        return (
            *(self.target, self.attack, f"{self.size:,}", _counted(self.attackers)),
            *(f"{len(self.answers):,}", f"{_answered(self.answers):.1%}{self._others()}"),
            *(f"{seconds * 1000:,.0f}" for seconds in times),
            *(f"{memory / MIB:,.0f}" for memory in (self.before, self.after)),
            f"{self.back_s:.1f} s of {self.speed:.0f}/s",
            f"{self.task_s * 1000:.0f}",
        )

    def faults(self) -> Iterator[str]:
        """The bounds that are broken."""
        where = f"{self.target}, {self.attack}, {self.size:,}:"
        for kind, answers in self._kinds():
            if answers and _answered(answers) < ANSWERED:
                yield f"{where} {_answered(answers):.1%} of {kind} answered{self._others()}"
        if (p99 := quantile(self.answers, 0.99)) > P99_S:
            yield f"{where} p99 {p99:.2f} s"
        if self.after > self.before * (1 + MEMORY):
            yield f"{where} memory grew by {self.after / self.before - 1:.1%}"
        if self.back_s > BACK_S:
            yield f"{where} full speed after {self.back_s:.1f} s"

    def _kinds(self) -> Iterator[tuple[str, list[Answer]]]:
        """The victim's requests for cached digests, and for others."""
        yield "hits", [answer for answer in self.answers if not answer.is_new]
        yield "misses", [answer for answer in self.answers if answer.is_new]

    def _others(self) -> str:
        others = Counter(answer.status for answer in self.answers if answer.status != "200")
        return f" ({_counted(others)})" if others else ""


def _answered(answers: Sequence[Answer]) -> float:
    return sum(answer.status == "200" for answer in answers) / len(answers)


def quantile(answers: Sequence[Answer], part: float) -> float:
    """The seconds within which this part of the answers came."""
    ordered = sorted(answer.seconds for answer in answers)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def table(rows: Sequence[Row]) -> str:
    """All rows, as a table in Markdown."""
    cells = [COLUMNS, ("---",) * len(COLUMNS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _counted(statuses: Mapping[str, int]) -> str:
    return ", ".join(f"{status} x {count:,}" for status, count in sorted(statuses.items())) or "-"
