"""The interface between the stage `source` and a source of articles."""

from typing import Protocol

from app.core.values import Article

SUGGESTIONS_AT_ONCE = 2
"""Concurrent calls of `suggest` in one replica, which do not wait for those of `find`."""


class ArticleFinder(Protocol):
    """Looks up articles. Its methods block; they are called from several threads."""

    def find(self, term: str) -> Article:
        """The article that matches a term best.

        Raises:
            NoArticle: no article matches.
            SourceFailed: the source failed or timed out.
        """

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin with `start`; a sample of titles if it is empty."""

    def close(self) -> None:
        """Release connections and memory."""
