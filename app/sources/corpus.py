"""A folder of articles, one text file each: found by title, redirect or full-text search."""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import regex

from app.config.settings import CorpusSettings
from app.core.errors import ConfigError, NoArticle
from app.core.languages import language_of
from app.core.text import is_ended
from app.core.values import Article, Heading, Licence
from app.sources import disambiguation, terms
from app.sources.licences import CC0, NOT_STATED
from app.sources.search_index import Document, Index, words
from app.sources.titles import SUGGESTIONS, fold

FOLDER = Path(__file__).parent / "articles"
"""The bundled articles."""
MATCH_SHARE = 0.5
"""An article that lacks words of the term matches above this share (see `Index.share`)."""
SUGGEST_SHARE = 0.2
"""An article is suggested above this share."""
_REDIRECT = re.compile(r"\s*+#REDIRECT\s*+:?\s*+\[\[([^]|#]++)", re.IGNORECASE)
_REDIRECTS_FOLLOWED = 5
_BROKEN = regex.compile(
    r"(?<=[\p{L}\p{M}\p{N},)'\"\u2019\u201d-])[ \t]*+\n(?=[\p{Ll}--\p{Georgian}])", regex.V1
)


class Corpus:
    """A folder of `Title.txt` files; blank files are ignored.

    Raises:
        ConfigError: the folder does not exist or has no articles, or a file is unreadable.
    """

    def __init__(self, settings: CorpusSettings) -> None:
        folder = settings.folder or FOLDER
        pages = {title: _unredirected(title, text) for title, text in _read(folder).items()}
        self._licence = _licence(folder)
        self._redirects = {t: m[1].strip() for t, x in pages.items() if (m := _REDIRECT.match(x))}
        self._options = {t: o for t, x in pages.items() if (o := _options(x))}
        self._texts = {
            t: x
            for t, x in pages.items()
            if x.strip() and t not in self._redirects and t not in self._options
        }
        if not self._texts:
            raise ConfigError(f"source.folder: {folder} has no articles (Title.txt)")
        self._folded: dict[str, str] = {}
        for title in (*self._texts, *self._options, *self._redirects):
            self._folded.setdefault(fold(title), title)
        self._joined = {_joined(folded): t for folded, t in self._folded.items()}
        self._index = Index(self._documents())

    def close(self) -> None:
        """Free the index."""
        self._index.close()

    def find(self, term: str) -> Article:
        """The article with this title, or else the best full-text match.

        An ambiguous title yields its first option that exists, or else the best match.

        Raises:
            NoArticle: nothing matches; it suggests similar titles.
        """
        name = terms.bare(term)
        title = self._named(term) or self._named(name) or self._best(name)
        options = self._options.get(title, ())
        if title in self._options:
            existing = (named for option in options if (named := self._named(option)))
            title = next((t for t in existing if t in self._texts), None) or self._best(name)
        return self._article(title, options)

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles with a word that begins with `start`; titles that begin with it come first.

        If `start` is empty, a sample of titles from A to Z.
        """
        folded = fold(start)
        if not folded:
            titles = sorted(self._texts)
            return tuple(titles[:: -(-len(titles) // SUGGESTIONS)])
        begins = re.compile(rf"(?<!\w){re.escape(folded)}")
        found: dict[str, str] = {}  # one title an article, its own before redirects
        for name, title in self._folded.items():
            if begins.search(name) and (article := self._named(title)):
                found.setdefault(article, title)
        ranked = sorted(found.values(), key=lambda title: not fold(title).startswith(folded))
        return tuple(ranked[:SUGGESTIONS])

    def _named(self, title: str) -> str | None:
        """The article or ambiguous title with this name, after redirects."""
        found = self._spelt(title)
        for _ in range(_REDIRECTS_FOLLOWED):
            if found not in self._redirects:
                return found
            found = self._spelt(self._redirects[found])
        return None

    def _spelt(self, title: str) -> str | None:
        """The title with this exact spelling, or else one that differs in case, accents, spaces."""
        exact = _title(title)
        known = exact in self._texts or exact in self._options or exact in self._redirects
        folded = fold(title)
        return exact if known else self._folded.get(folded) or self._joined.get(_joined(folded))

    def _best(self, term: str) -> str:
        """The best match that contains all words of the term, or else enough of their weight."""
        terms = words(term)
        if not terms:
            raise NoArticle(f"{term[:100]!r} contains no word to search for")
        if found := self._index.with_all(terms):
            return found[0]
        some = self._index.with_any(terms)
        if some and self._index.share(terms, some[0]) > MATCH_SHARE:
            return some[0]
        close = (title for title in some if self._index.share(terms, title) > SUGGEST_SHARE)
        raise NoArticle(f"no article matches {term[:100]!r}", self._similar(term, close))

    def _similar(self, term: str, found: Iterable[str]) -> tuple[str, ...]:
        """Titles that begin with the term, are spelt like it, or are in `found`."""
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
            language=language_of(text),
            revision=hashlib.sha256(text.encode()).hexdigest()[:12],
            alternatives=alternatives,
        )
        article = Article.from_raw(_unwrapped(text), heading)
        if not article.text:
            raise NoArticle(f"the page {title!r} has no text", alternatives)
        return article


def _joined(name: str) -> str:
    return name.replace(" ", "")


def _unwrapped(text: str) -> str:
    """A text without line breaks inside sentences, as in files with lines of one length."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(_BROKEN.sub(" ", one) if is_ended(one) else one for one in paragraphs)


def _unredirected(title: str, text: str) -> str:
    """The text of a page that redirects to itself, without the redirect."""
    target = _REDIRECT.match(text)
    circular = target is not None and _title(target[1]) == title
    return text.lstrip().partition("\n")[2] if circular else text


def _options(text: str) -> tuple[str, ...]:
    """The options of a page that lists the meanings of its title; none for an article."""
    if not (disambiguation.has_template(text) or disambiguation.has_lead(text)):
        return ()
    return disambiguation.options(text, disambiguation.is_reserved)


def _title(name: str) -> str:
    """A title in MediaWiki's form: spaces instead of `_`, and composed accents (NFC)."""
    return unicodedata.normalize("NFC", " ".join(name.replace("_", " ").split()))


def _read(folder: Path) -> dict[str, str]:
    """The texts by title."""
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
