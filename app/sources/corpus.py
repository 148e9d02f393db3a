"""Articles in a folder: one text file each, found by title, by redirect, or by full-text search."""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from app.config import settings
from app.core.errors import ConfigError, NoArticle
from app.core.values import Article, Heading, Licence
from app.sources.licences import CC0, NOT_STATED
from app.sources.search_index import Document, Index, words
from app.sources.titles import SUGGESTIONS, fold

FOLDER = Path(__file__).parent / "articles"
"""The articles that come with the project."""
ENOUGH = 0.5
"""An article that lacks words of the term must have more than this share of what they say."""
NEAR = 0.2
"""One that has more than this share is suggested."""
_REDIRECT = re.compile(r"\s*#REDIRECT\s*:?\s*\[\[([^]|#]+)", re.IGNORECASE)
_AMBIGUOUS = re.compile(r"\{\{\s*disambig", re.IGNORECASE)
_OPTION = re.compile(r"^\*+[^\[\n]*\[\[([^]|#\n]+)", re.MULTILINE)
_HOPS = 5


class Corpus:
    """A folder of `Title.txt` files; those without text are no articles.

    Raises:
        ConfigError: the folder is not there, or holds no articles.
    """

    def __init__(self, wanted: settings.CorpusSettings) -> None:
        folder = wanted.folder or FOLDER
        pages = _read(folder)
        self._licence = _licence(folder)
        self._redirects = {t: m[1].strip() for t, x in pages.items() if (m := _REDIRECT.match(x))}
        self._options = {
            t: tuple(o.strip() for o in _OPTION.findall(x))
            for t, x in pages.items()
            if _AMBIGUOUS.search(x)
        }
        self._texts = {
            t: x for t, x in pages.items() if t not in self._redirects and t not in self._options
        }
        if not self._texts:
            raise ConfigError(f"source.folder: {folder} holds no articles (Title.txt)")
        self._folded: dict[str, str] = {}
        for title in (*self._texts, *self._options, *self._redirects):
            self._folded.setdefault(fold(title), title)
        self._index = Index(self._documents())

    def close(self) -> None:
        """Give the index's memory back."""
        self._index.close()

    def find(self, term: str) -> Article:
        """The article named so, or else the one that matches best.

        Of an ambiguous title's options the first that exists is taken, or else the best match.

        Raises:
            NoArticle: none does; it suggests titles that come near.
        """
        title = self._named(term) or self._best(term)
        options = self._options.get(title, ())
        if title in self._options:
            existing = (named for option in options if (named := self._named(option)))
            title = next((t for t in existing if t in self._texts), None) or self._best(term)
        return self._article(title, options)

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles in which a word begins so, those that begin so themselves before others.

        Without a `start`: titles from A to Z.
        """
        folded = fold(start)
        if not folded:
            titles = sorted(self._texts)
            return tuple(titles[:: -(-len(titles) // SUGGESTIONS)])
        begins = re.compile(rf"(?<!\w){re.escape(folded)}")
        found: dict[str, str] = {}  # one name for each article, its own rather than another
        for name, title in self._folded.items():
            if begins.search(name) and (article := self._named(title)):
                found.setdefault(article, title)
        ranked = sorted(found.values(), key=lambda title: not fold(title).startswith(folded))
        return tuple(ranked[:SUGGESTIONS])

    def _named(self, title: str) -> str | None:
        """The article or ambiguous title that goes by a name, through redirects."""
        found = self._spelt(title)
        for _ in range(_HOPS):
            if found not in self._redirects:
                return found
            found = self._spelt(self._redirects[found])
        return None

    def _spelt(self, title: str) -> str | None:
        """The title that is spelt just so, or else one that differs in case and accents only."""
        exact = _title(title)
        known = exact in self._texts or exact in self._options or exact in self._redirects
        return exact if known else self._folded.get(fold(title))

    def _best(self, term: str) -> str:
        """The title that ranks first: with all words of the term, or with those that say most."""
        wanted = words(term)
        if not wanted:
            raise NoArticle(f"{term[:100]!r} holds no word to search for")
        if found := self._index.with_all(wanted):
            return found[0]
        some = self._index.with_any(wanted)
        if some and self._index.share(wanted, some[0]) > ENOUGH:
            return some[0]
        close = (title for title in some if self._index.share(wanted, title) > NEAR)
        raise NoArticle(f"no article matches {term[:100]!r}", self._near(term, close))

    def _near(self, term: str, found: Iterable[str]) -> tuple[str, ...]:
        """Titles that begin like the term, look like it, or were found to be near."""
        start = fold(term)
        longer = [folded for folded in self._folded if folded.startswith(start)]
        alike = difflib.get_close_matches(start, self._folded, n=SUGGESTIONS)
        named = (self._folded[folded] for folded in (*longer, *alike))
        return tuple(dict.fromkeys((*named, *found)))[:SUGGESTIONS]

    def _documents(self) -> Iterable[Document]:
        names: dict[str, list[str]] = {}
        for name in self._redirects:
            names.setdefault(self._named(name) or "", []).append(name)
        for title, text in self._texts.items():
            yield Document(title, "\n".join(names.get(title, ())), text)

    def _article(self, title: str, alternatives: tuple[str, ...]) -> Article:
        text = self._texts[title]
        heading = Heading(
            title=title,
            url=f"urn:wiki-digest:corpus:{quote(title, safe='')}",
            licence=self._licence,
            attribution=f"“{title}”, wiki-digest's corpus",
            revision=hashlib.sha256(text.encode()).hexdigest()[:12],
            alternatives=alternatives,
        )
        return Article.from_raw(text, heading)


def _title(name: str) -> str:
    """A title as MediaWiki writes it: `_` is a space, and there is one way to write an accent."""
    return unicodedata.normalize("NFC", " ".join(name.replace("_", " ").split()))


def _read(folder: Path) -> dict[str, str]:
    """The folder's texts by title."""
    if not folder.is_dir():
        raise ConfigError(f"source.folder: {folder} is not a folder")
    paths = (p for p in folder.glob("*.txt") if p.is_file() and not p.name.startswith("."))
    texts = {_title(path.stem): _text(path) for path in sorted(paths)}
    return {title: text for title, text in texts.items() if text.strip()}


def _text(path: Path) -> str:
    try:
        path.name.encode()
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"source.folder: {str(path)!a} cannot be read: {error}") from None


def _licence(folder: Path) -> Licence:
    notice = folder / "LICENSE"
    stated = _text(notice) if notice.is_file() else ""
    return CC0 if "CC0 1.0" in stated else NOT_STATED
