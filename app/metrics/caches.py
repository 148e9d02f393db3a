"""Lookups and entries of caches as metrics."""

from collections.abc import Callable
from typing import Protocol

from app.metrics.kinds import Recorder
from app.metrics.table import ENTRIES, LOOKUPS


class Counted(Protocol):
    """A cache that counts its lookups."""

    hits: int
    misses: int

    @property
    def held(self) -> int:
        """The entries that it holds."""


def watch(recorder: Recorder, **caches: Counted) -> None:
    """Let a recorder read the lookups and the entries of these caches, by their names."""
    for name, cache in caches.items():
        recorder.watch(LOOKUPS, _hits(cache), name, "hit")
        recorder.watch(LOOKUPS, _misses(cache), name, "miss")
        recorder.watch(ENTRIES, _held(cache), name)


def _hits(cache: Counted) -> Callable[[], float]:
    return lambda: cache.hits


def _misses(cache: Counted) -> Callable[[], float]:
    return lambda: cache.misses


def _held(cache: Counted) -> Callable[[], float]:
    return lambda: cache.held
