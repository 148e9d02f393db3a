"""What the stage `source` needs of a source of articles."""

from typing import Protocol

from app.core.values import Article


class ArticleFinder(Protocol):
    """Where articles are looked up; it may block."""

    def find(self, term: str) -> Article:
        """The article that answers a term."""

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin so; some to begin with, where `start` is empty."""

    def close(self) -> None:
        """Give back what it holds."""
