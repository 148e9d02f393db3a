"""Articles in a folder: one text file each, found by title, by redirect, or by full-text search."""

import difflib
import hashlib
import re
import sqlite3
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from app import settings
from app.answer import Article, Licence
from app.errors import ConfigError, NoArticle

FOLDER = Path(__file__).parent.parent / "corpus"
"""The articles that come with the project."""
_CC0 = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")
_UNKNOWN = Licence(name="not stated", url="about:blank")
_REDIRECT = re.compile(r"^#REDIRECT \[\[([^]|#]+)", re.IGNORECASE)
_LINK = re.compile(r"^\* ?\[\[([^]|#]+)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_SUGGESTIONS = 5


def fold(title: str) -> str:
    """A title as people type it: no case, no accents, single spaces."""
    spread = unicodedata.normalize("NFKD", title.replace("_", " "))
    bare = "".join(c for c in spread if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


class Corpus:
    """A folder of `Title.txt` files in an SQLite FTS5 index, ranked by BM25.

    Raises:
        ConfigError: the folder is not there, or holds no articles.
    """

    def __init__(self, wanted: settings.CorpusSource) -> None:
        folder = wanted.folder or FOLDER
        pages = _pages(folder)
        self._licence = _licence(folder)
        self._redirects = {t: m[1] for t, text in pages.items() if (m := _REDIRECT.match(text))}
        self._options = {t: _LINK.findall(x) for t, x in pages.items() if _is_ambiguous(x)}
        self._texts = {
            t: x for t, x in pages.items() if t not in self._redirects and t not in self._options
        }
        if not self._texts:
            raise ConfigError(f"source.folder: {folder} holds no articles (*.txt)")
        self._titles = {fold(title): title for title in pages}
        self._index = _index(self._texts)

    def find(self, term: str) -> Article:
        """The article named so, or else the one that matches best.

        Raises:
            NoArticle: none does; it suggests titles that come near.
        """
        title = self._titles.get(fold(term)) or self._best(term)
        title = self._redirects.get(title, title)
        options = tuple(self._options.get(title, ()))
        chosen = next((o for o in options if o in self._texts), title)
        if chosen not in self._texts:
            raise NoArticle(f"{title!r} names no article of its own", options)
        return self._article(chosen, options)

    def _best(self, term: str) -> str:
        """The title that ranks first: with all words of the term, or more than half of them."""
        words = list(dict.fromkeys(_WORD.findall(fold(term))))
        every = self._search(words, " AND ")
        if every:
            return every[0]
        some = self._search(words, " OR ")
        if some and self._shared(words, some[0]) * 2 > len(words):
            return some[0]
        raise NoArticle(f"no article matches {term!r}", self._near(term, some))

    def _search(self, words: list[str], operator: str) -> list[str]:
        """Titles, best first; a word of the title counts ten times one of the text."""
        if not words:
            return []
        query = operator.join(f'"{word}"' for word in words)  # quoted: FTS5's syntax is not ours
        rows = self._index.execute(
            "SELECT title FROM pages WHERE pages MATCH ?"
            " ORDER BY bm25(pages, 10, 1), title LIMIT ?",
            (query, _SUGGESTIONS),
        )
        return [title for (title,) in rows]

    def _shared(self, words: list[str], title: str) -> int:
        """How many of the words the article has."""
        return sum(title in self._search([word, *_WORD.findall(title)], " AND ") for word in words)

    def _near(self, term: str, found: Iterable[str]) -> tuple[str, ...]:
        alike = difflib.get_close_matches(fold(term), self._titles, n=_SUGGESTIONS, cutoff=0.6)
        return tuple(dict.fromkeys([*(self._titles[t] for t in alike), *found]))[:_SUGGESTIONS]

    def _article(self, title: str, alternatives: tuple[str, ...]) -> Article:
        text = self._texts[title]
        return Article.from_raw(
            text,
            title=title,
            url=f"urn:wiki-digest:corpus:{quote(title)}",
            licence=self._licence,
            attribution=f"“{title}”, wiki-digest's corpus",
            revision=hashlib.sha256(text.encode()).hexdigest()[:12],
            alternatives=alternatives,
        )


def _pages(folder: Path) -> dict[str, str]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".txt")
        return {path.stem: path.read_text(encoding="utf-8") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"source.folder: {folder} cannot be read: {error}") from None


def _licence(folder: Path) -> Licence:
    notice = folder / "LICENSE"
    stated = notice.read_text(encoding="utf-8") if notice.is_file() else ""
    return _CC0 if "CC0 1.0" in stated else _UNKNOWN


def _is_ambiguous(text: str) -> bool:
    return "{{disambiguation" in text.lower()


def _index(texts: dict[str, str]) -> sqlite3.Connection:
    """An index in memory. Threads may share it: SQLite is built to take turns (threadsafety 3)."""
    assert sqlite3.threadsafety == 3  # noqa: PLR2004 - DB-API's word for "connections may be shared"
    index = sqlite3.connect(":memory:", check_same_thread=False)
    tokens = "porter unicode61 remove_diacritics 2"
    index.execute(f"CREATE VIRTUAL TABLE pages USING fts5(title, text, tokenize='{tokens}')")
    index.executemany("INSERT INTO pages VALUES (?, ?)", texts.items())
    return index
