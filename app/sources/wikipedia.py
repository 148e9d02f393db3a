"""Articles of Wikipedia, or of another MediaWiki with the extension TextExtracts."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from app.config.settings import WikipediaSettings
from app.core.errors import NoArticle, PageAmbiguous, PageMissing
from app.core.languages import language_of
from app.core.text import split_lead, tidy
from app.core.values import Article, Licence
from app.sources import wikipedia_package
from app.sources.licences import NOT_STATED
from app.sources.mediawiki import Api
from app.sources.titles import SUGGESTIONS, fold
from app.sources.truncate import truncate
from app.sources.wikipedia_package import Page

_OPTIONS_TRIED = 5


class _SiteInfo(NamedTuple):
    """A wiki's name and language, and the licence of its texts."""

    name: str
    language: str
    licence: Licence


class Wikipedia:
    """Finds the page that ranks first in the wiki's own search. Thread-safe.

    A search takes at most `mediawiki.BUDGET_FACTOR` times `timeout_s`, including retries and the
    waits between them, for which it calls `pause`.
    """

    def __init__(
        self,
        settings: WikipediaSettings,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        default = f"https://{settings.language}.wikipedia.org/w/api.php"
        self.address = str(settings.api_url or default)
        self._api = Api(self.address, settings, pause, clock)
        self._site: _SiteInfo | None = None

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def find(self, term: str) -> Article:
        """The article that matches `term`; an ambiguous title yields its first option with text.

        Raises:
            NoArticle: nothing matches; it suggests similar titles.
            SourceFailed: the wiki sent no valid answer in time.
        """
        with wikipedia_package.using_budget(self._api.budget()):
            titles, spelling = wikipedia_package.search(term, 1 + SUGGESTIONS)
            titles = titles or _search_texts(term)
            if not titles:
                raise NoArticle(
                    f"no article matches {term[:100]!r}", _similar_titles(term, spelling)
                )
            return self._read(term, titles[0], titles[1:])

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin with `start`; random titles if `start` is empty.

        Raises:
            SourceFailed: the wiki sent no valid answer in time.
        """
        with wikipedia_package.using_budget(self._api.budget()):
            return _titles_with_prefix(start) if start else _random_titles()

    def _read(self, term: str, title: str, others: Sequence[str]) -> Article:
        try:
            page = wikipedia_package.page(title)
        except PageMissing:
            detail = f"the wiki's search found {title!r}, but the page does not exist"
            raise NoArticle(detail, tuple(others)) from None
        except PageAmbiguous as ambiguous:
            # A term other than the title may refer to the other results.
            preferred = () if fold(title) == fold(term) else others
            return self._article(_first_article(ambiguous, preferred), ambiguous.options)
        return self._article(page)

    def _article(self, page: Page, alternatives: tuple[str, ...] = ()) -> Article:
        site = self._site_info()
        lead, full_text = split_lead(page.text)
        language = language_of(full_text, site.language)
        text = truncate(full_text, self._settings.max_characters, language)
        article = Article(
            lead=truncate(lead, self._settings.max_characters, language),
            text=text,
            title=page.title,
            url=page.url,
            licence=site.licence,
            attribution=f"“{page.title}”, {site.name} contributors",
            language=language,
            revision=page.revision,
            alternatives=alternatives,
            complete=len(text) == len(full_text),
        )
        if not article.text:
            raise NoArticle(f"the page {page.title!r} has no text", alternatives)
        return article

    def _site_info(self) -> _SiteInfo:
        """Requested once and kept; concurrent first calls may each request it."""
        if self._site is None:
            answer = wikipedia_package.query(meta="siteinfo", siprop="general|rightsinfo")
            licence = _licence(answer["rightsinfo"], self.address)
            general = answer["general"]
            language = general.get("lang", self._settings.language)
            self._site = _SiteInfo(general["sitename"], language, licence)
        return self._site


def _licence(rights: Mapping[str, str], base: str) -> Licence:
    name, url = (rights.get(key, "").strip() for key in ("text", "url"))
    if not name and not url:
        return NOT_STATED
    return Licence(name=name or url, url=urljoin(base, url) if url else NOT_STATED.url)


def _first_article(ambiguous: PageAmbiguous, preferred: Iterable[str]) -> Page:
    """The first option with text; preferred options come first."""
    first = [title for title in preferred if title in ambiguous.options]
    for option in list(dict.fromkeys((*first, *ambiguous.options)))[:_OPTIONS_TRIED]:
        try:
            page = wikipedia_package.page(option)
        except (PageMissing, PageAmbiguous):
            continue
        if tidy(page.text):
            return page
    detail = f"{ambiguous.title!r} is ambiguous, and no article was found for its meanings"
    raise NoArticle(detail, ambiguous.options)


def _search_texts(term: str) -> list[str]:
    """Titles of pages whose text has the term. Some wikis search texts only with `srwhat=text`."""
    limit = 1 + SUGGESTIONS
    answer = wikipedia_package.query(
        list="search", srwhat="text", srsearch=term, srlimit=limit, srprop=""
    )
    return [hit["title"] for hit in answer["search"]]


def _similar_titles(term: str, spelling: str | None) -> tuple[str, ...]:
    """The wiki's spelling suggestion, and titles that begin with the term or its first word."""
    titles = [spelling] if spelling else []
    for start in dict.fromkeys((term, *term.split()[:1])):
        titles += _titles_with_prefix(start)
    return tuple(dict.fromkeys(titles))[:SUGGESTIONS]


def _titles_with_prefix(start: str) -> tuple[str, ...]:
    """Titles that begin with `start`, or else in title case: some wikis match case."""
    for form in dict.fromkeys((start, start.title())):
        answer = wikipedia_package.query(list="prefixsearch", pssearch=form, pslimit=SUGGESTIONS)
        if titles := tuple(hit["title"] for hit in answer["prefixsearch"] if hit["ns"] == 0):
            return titles
    return ()


def _random_titles() -> tuple[str, ...]:
    answer = wikipedia_package.query(list="random", rnnamespace=0, rnlimit=SUGGESTIONS)
    return tuple(hit["title"] for hit in answer["random"])
