"""Full-text search in memory: SQLite's FTS5, ranked by BM25."""

import math
import re
import sqlite3
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import NamedTuple

from app.sources.titles import fold

BEST = 5
"""Titles in one answer at most."""
WORDS = 32
"""Words of a term that are searched for; the rest of a longer term is not."""
_WORD = re.compile(r"[^\W_]+")
_WEIGHTS = (10, 5, 1)
"""What a word counts in a title, in another name of the article, and in its text."""


class Document(NamedTuple):
    """What is searched in; `names` are other titles that lead here."""

    title: str
    names: str
    text: str


def words(term: str) -> tuple[str, ...]:
    """The different words of a term, folded; punctuation and emoji are none."""
    return tuple(dict.fromkeys(_WORD.findall(fold(term))))[:WORDS]


class Index:
    """Documents, found by their words.

    Threads share the one connection, since a database in memory belongs to its connection; they
    take turns by a lock, since only some builds of SQLite (`sqlite3.threadsafety` 3) see to that.
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
        """Give the memory back."""
        with self._lock:
            self._pages.close()

    def with_all(self, wanted: Sequence[str]) -> list[str]:
        """Titles of documents that have every one of these words, best first."""
        return self._ranked(" AND ".join(map(_quoted, wanted)))

    def with_any(self, wanted: Sequence[str]) -> list[str]:
        """Titles of documents that have one of these words, best first."""
        return self._ranked(" OR ".join(map(_quoted, wanted)))

    def share(self, wanted: Sequence[str], title: str) -> float:
        """How much of what these words say a document has, from 0 to 1.

        A rare word says more than a common one, and one that stands nowhere says most.
        """
        row = self._titles.index(title)
        weights = {word: self._weight(word) for word in wanted}
        has = sum(weight for word, weight in weights.items() if self._has(row, word))
        return has / sum(weights.values())

    def _weight(self, word: str) -> float:
        ((count,),) = self._rows("SELECT count(*) FROM pages WHERE pages MATCH ?", _quoted(word))
        return math.log((len(self._titles) + 1) / (count + 0.5))

    def _has(self, row: int, word: str) -> bool:
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
    """A word as FTS5 takes it for a word, never for syntax (`words` lets no quote pass)."""
    return f'"{word}"'
