"""Articles of Wikipedia, or of another MediaWiki that has the TextExtracts extension."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from app.config import settings
from app.core.errors import NoArticle, PageAmbiguous, PageMissing
from app.core.text import split_lead, tidy
from app.core.values import Article, Licence
from app.sources import wikipedia_package
from app.sources.licences import NOT_STATED
from app.sources.mediawiki import Api
from app.sources.titles import SUGGESTIONS, fold
from app.sources.truncate import truncate
from app.sources.wikipedia_package import Page

_OPTIONS_TRIED = 5


class _About(NamedTuple):
    """What a wiki says of itself."""

    name: str
    licence: Licence


class Wikipedia:
    """Finds the page that the wiki's own search puts first; threads may share it.

    One find may take `mediawiki.PATIENCE` times `timeout_s`, further tries and waits included.
    `pause` waits between two tries of a request.
    """

    def __init__(
        self, wanted: settings.WikipediaSettings, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._wanted = wanted
        self.address = str(wanted.api_url or f"https://{wanted.language}.wikipedia.org/w/api.php")
        self._api = Api(self.address, wanted, pause)
        self._known: _About | None = None

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    def find(self, term: str) -> Article:
        """The article that answers `term`; of an ambiguous title's options the first that is one.

        Raises:
            NoArticle: there is none; it suggests titles that come near.
            SourceFailed: the wiki does not answer, or not in time, or not as a MediaWiki does.
        """
        with wikipedia_package.asking(self._api.errand()):
            titles, meant = wikipedia_package.search(term, 1 + SUGGESTIONS)
            titles = titles or _search_texts(term)
            if not titles:
                raise NoArticle(f"no article matches {term[:100]!r}", _near(term, meant))
            return self._read(term, titles[0], titles[1:])

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin so; any titles, where there is no `start`.

        Raises:
            SourceFailed: the wiki does not answer, or not in time, or not as a MediaWiki does.
        """
        with wikipedia_package.asking(self._api.errand()):
            return _beginning(start) if start else _any_titles()

    def _read(self, term: str, title: str, others: Sequence[str]) -> Article:
        try:
            page = wikipedia_package.page(title)
        except PageMissing:
            detail = f"{title!r} was found, but is not there any more"
            raise NoArticle(detail, tuple(others)) from None
        except PageAmbiguous as ambiguous:
            # Whoever gave more than the title may have meant what else was found.
            preferred = () if fold(title) == fold(term) else others
            return self._article(_chosen(ambiguous, preferred), ambiguous.options)
        return self._article(page)

    def _article(self, page: Page, alternatives: tuple[str, ...] = ()) -> Article:
        about, language = self._about(), self._wanted.language
        lead, whole = split_lead(page.text)
        text = truncate(whole, self._wanted.max_characters, language)
        article = Article(
            lead=truncate(lead, self._wanted.max_characters, language),
            text=text,
            title=page.title,
            url=page.url,
            licence=about.licence,
            attribution=f"“{page.title}”, {about.name} contributors",
            language=language,
            revision=page.revision,
            alternatives=alternatives,
            complete=len(text) == len(whole),
        )
        if not article.text:
            raise NoArticle(f"the page {page.title!r} has no text", alternatives)
        return article

    def _about(self) -> _About:
        """Asked once; by several threads, if they are the first at the same time."""
        if self._known is None:
            told = wikipedia_package.query(meta="siteinfo", siprop="general|rightsinfo")
            licence = _licence(told["rightsinfo"], self.address)
            self._known = _About(told["general"]["sitename"], licence)
        return self._known


def _licence(rights: Mapping[str, str], base: str) -> Licence:
    name, url = (rights.get(key, "").strip() for key in ("text", "url"))
    if not name and not url:
        return NOT_STATED
    return Licence(name=name or url, url=urljoin(base, url) if url else NOT_STATED.url)


def _chosen(ambiguous: PageAmbiguous, preferred: Iterable[str]) -> Page:
    """The first option that is an article, a preferred one if there is one."""
    better = [title for title in preferred if title in ambiguous.options]
    for option in list(dict.fromkeys((*better, *ambiguous.options)))[:_OPTIONS_TRIED]:
        try:
            page = wikipedia_package.page(option)
        except (PageMissing, PageAmbiguous):
            continue
        if tidy(page.text):
            return page
    detail = f"{ambiguous.title!r} may refer to several things, and no article was found for them"
    raise NoArticle(detail, ambiguous.options)


def _search_texts(term: str) -> list[str]:
    """Titles of pages that have the term in their text: some wikis look there only if told to."""
    limit = 1 + SUGGESTIONS
    told = wikipedia_package.query(
        list="search", srwhat="text", srsearch=term, srlimit=limit, srprop=""
    )
    return [found["title"] for found in told["search"]]


def _near(term: str, meant: str | None) -> tuple[str, ...]:
    """What the wiki thinks was meant, and titles that begin like the term or its first word."""
    titles = [meant] if meant else []
    for start in dict.fromkeys((term, *term.split()[:1])):
        titles += _beginning(start)
    return tuple(dict.fromkeys(titles))[:SUGGESTIONS]


def _beginning(start: str) -> tuple[str, ...]:
    """Titles that begin so; with capitals too, for wikis whose search takes case to matter."""
    for form in dict.fromkeys((start, start.title())):
        told = wikipedia_package.query(list="prefixsearch", pssearch=form, pslimit=SUGGESTIONS)
        if titles := tuple(found["title"] for found in told["prefixsearch"] if found["ns"] == 0):
            return titles
    return ()


def _any_titles() -> tuple[str, ...]:
    told = wikipedia_package.query(list="random", rnnamespace=0, rnlimit=SUGGESTIONS)
    return tuple(found["title"] for found in told["random"])
