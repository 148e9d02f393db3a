"""Full-text search in memory: SQLite's FTS5, ranked by BM25."""

import math
import re
import sqlite3
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import NamedTuple

from app.sources.titles import fold

BEST = 5
"""The largest number of titles in one result."""
WORDS = 32
"""The search uses this many words of a term, and ignores the rest."""
_WORD = re.compile(r"[^\W_]+")
_WEIGHTS = (10, 5, 1)
"""BM25 weights of the columns title, names and text."""


class Document(NamedTuple):
    """An entry of the index; `names` are the titles that redirect to it."""

    title: str
    names: str
    text: str


def words(term: str) -> tuple[str, ...]:
    """The distinct words of a term, folded; punctuation and emoji are dropped."""
    return tuple(dict.fromkeys(_WORD.findall(fold(term))))[:WORDS]


class Index:
    """Full-text index of documents. Thread-safe.

    Threads share one connection, because an in-memory database belongs to its connection. A lock
    serialises them, because only some builds of SQLite do (`sqlite3.threadsafety` 3).
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._lock = Lock()
        self._titles: list[str] = []
        self._pages = sqlite3.connect(":memory:", check_same_thread=False)
        self._pages.execute(
            "CREATE VIRTUAL TABLE pages USING fts5(title, names, text, content='',"
            " tokenize='porter unicode61 remove_diacritics 2')"
        )
        for row, document in enumerate(documents):
            self._titles.append(document.title)
            values = (row, *map(fold, document))
            self._pages.execute(
                "INSERT INTO pages (rowid, title, names, text) VALUES (?, ?, ?, ?)", values
            )

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._pages.close()

    def with_all(self, terms: Sequence[str]) -> list[str]:
        """Titles of the documents that contain all of these words, best first."""
        return self._ranked(" AND ".join(map(_quoted, terms)))

    def with_any(self, terms: Sequence[str]) -> list[str]:
        """Titles of the documents that contain any of these words, best first."""
        return self._ranked(" OR ".join(map(_quoted, terms)))

    def share(self, terms: Sequence[str], title: str) -> float:
        """The weight of these words that the document contains, over their total weight: 0 to 1.

        The weight is an inverse document frequency: highest for a word that no document contains.
        """
        row = self._titles.index(title)
        weights = {word: self._weight(word) for word in terms}
        contained = sum(w for word, w in weights.items() if self._contains(row, word))
        return contained / sum(weights.values())

    def _weight(self, word: str) -> float:
        ((count,),) = self._rows("SELECT count(*) FROM pages WHERE pages MATCH ?", _quoted(word))
        return math.log((len(self._titles) + 1) / (count + 0.5))

    def _contains(self, row: int, word: str) -> bool:
        query = "SELECT 1 FROM pages WHERE pages MATCH ? AND rowid = ?"
        return bool(self._rows(query, _quoted(word), row))

    def _ranked(self, match: str) -> list[str]:
        query = "SELECT rowid FROM pages WHERE pages MATCH ?"
        order = " ORDER BY bm25(pages, ?, ?, ?), rowid LIMIT ?"
        rows = self._rows(query + order, match, *_WEIGHTS, BEST)
        return [self._titles[row] for (row,) in rows]

    def _rows(self, query: str, *values: str | int) -> list[tuple[int, ...]]:
        with self._lock:
            return self._pages.execute(query, values).fetchall()


def _quoted(word: str) -> str:
    """A word quoted, so that FTS5 does not parse it as syntax (`words` drops quotes)."""
    return f'"{word}"'
