"""Counts the tokens that a thread gives to models."""

from threading import local
from typing import NamedTuple


class Tokens(NamedTuple):
    """Tokens of texts, special ones included, and the padding beside them."""

    read: int = 0
    padding: int = 0


class TokenCount(local):
    """The tokens of the calling thread since it took them last."""

    def __init__(self) -> None:
        self._count = Tokens()

    def add(self, read: int, padding: int) -> None:
        """Count a pass through a model."""
        self._count = Tokens(self._count.read + read, self._count.padding + padding)

    def take(self) -> Tokens:
        """The count, which begins again at 0."""
        count, self._count = self._count, Tokens()
        return count
