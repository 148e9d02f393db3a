"""What replicas have answered, by the metrics of their pods."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Self

from app.metrics.table import FAILED, KEPT, REQUEST_SECONDS, REQUESTS
from app.shell.objectives import GETS

_SAMPLE = re.compile(r"^(\w+)\{(.*)\} (\S+)", re.MULTILINE)
_LABEL = re.compile(r'\b(\w+)="([^"]*)"')


class Tally(NamedTuple):
    """Requests, those that failed by our fault, computed answers, those of them within the time.

    They are counted as by `objectives`, but for cached answers, which have no time: however many
    they are, they say nothing about a version that is slow.
    """

    requests: float = 0
    failed: float = 0
    timed: float = 0
    within: float = 0

    @property
    def slow(self) -> float:
        """Answers that took longer."""
        return self.timed - self.within

    def plus(self, other: Self) -> Self:
        """Both together."""
        return self._replace(**{name: getattr(self, name) + value for name, value in _named(other)})

    def since(self, earlier: Self) -> Self:
        """What was added since then."""
        return self._replace(
            **{name: getattr(self, name) - value for name, value in _named(earlier)}
        )


def bound_s(seconds: float) -> float:
    """The lowest bound of the histogram that is not below, in seconds; it may be infinite."""
    return min((one for one in REQUEST_SECONDS.buckets if one >= seconds), default=float("inf"))


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    found = Tally()
    for one in tallies:
        found = found.plus(one)
    return found


def by_replica(text: str, seconds: float) -> dict[str, Tally]:
    """The tally of each replica in a page of metrics; `seconds` is a bound of the histogram."""
    found: dict[str, Counter[str]] = {}
    for name, labels, value in _samples(text):
        counts = found.setdefault(labels.get("replica", ""), Counter())
        counts.update(dict.fromkeys(_counted(name, labels, seconds), value))
    return {replica: Tally(**counts) for replica, counts in found.items()}


def _counted(name: str, labels: Mapping[str, str], seconds: float) -> Iterator[str]:
    """The fields of a tally to which a sample belongs."""
    is_get = labels.get("route") in GETS
    if name == REQUESTS.exported:
        yield from ("requests",) * (labels["outcome"] in KEPT + FAILED)
        yield from ("failed",) * (labels["outcome"] in FAILED)
    elif name == f"{REQUEST_SECONDS.exported}_count" and is_get:
        yield "timed"
    elif name == f"{REQUEST_SECONDS.exported}_bucket" and is_get:
        yield from ("within",) * (float(labels["le"]) == seconds)


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for name, labels, value in _SAMPLE.findall(text):
        if name.startswith((REQUESTS.exported, REQUEST_SECONDS.exported)):
            yield name, dict(_LABEL.findall(labels)), float(value)


def _named(tally: Tally) -> Iterable[tuple[str, float]]:
    return zip(Tally._fields, tally, strict=True)
