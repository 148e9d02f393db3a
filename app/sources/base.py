"""The interface between the stage `source` and a source of articles."""

from typing import Protocol

from app.core.values import Article


class ArticleFinder(Protocol):
    """Finds articles by search term. Its methods may block."""

    def find(self, term: str) -> Article:
        """The article that matches a term."""

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin with `start`; a sample of titles if `start` is empty."""

    def close(self) -> None:
        """Release connections and memory."""
