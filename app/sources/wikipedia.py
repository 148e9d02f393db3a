"""Articles of Wikipedia, or of another MediaWiki."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from app.config.settings import WikipediaSettings
from app.core.errors import NoArticle, PageAmbiguous, PageMissing
from app.core.languages import language_of
from app.core.text import split_lead, tidy
from app.core.tracing import OFF, Tracer
from app.core.values import Article, Licence
from app.metrics.kinds import SILENT, Recorder
from app.sources import disambiguation, licences, terms, wikipedia_package
from app.sources.answers import Query
from app.sources.mediawiki import Api
from app.sources.reading import READING
from app.sources.terms import Prefixes
from app.sources.titles import SUGGESTIONS, fold
from app.sources.truncate import truncate
from app.sources.wikipedia_package import Listing, Page

_OPTIONS_TRIED = 5
_MARKUP = 4
"""So many times `max_characters` are read of a page's text: formulas and tables become shorter."""


class _SiteInfo(NamedTuple):
    """A wiki's name and language, the licence of its texts, and how its titles are read."""

    name: str
    language: str
    licence: Licence
    prefixes: Prefixes
    listing: Listing


class Wikipedia:
    """Finds the article with a title, or else the first of the wiki's own search. Thread-safe.

    A search takes at most `mediawiki.BUDGET_FACTOR` times `timeout_s`, including retries and the
    waits between them, for which it calls `pause`.
    """

    def __init__(
        self,
        settings: WikipediaSettings,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        recorder: Recorder = SILENT,
        tracer: Tracer = OFF,
    ) -> None:
        self._settings = settings
        self._api = Api(settings, pause, clock, recorder, tracer)
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
            name = self._name(term)
            if title := _title_like(name):
                return self._read(name, title, ())
            titles, spelling = _search(terms.search_words(name))
            if not titles:
                raise NoArticle(
                    f"no article matches {term[:100]!r}", _similar_titles(name, spelling)
                )
            return self._read(name, titles[0], titles[1:])

    def suggest(self, start: str) -> tuple[str, ...]:
        """Titles that begin with `start`; random titles if `start` is empty.

        Raises:
            SourceFailed: the wiki sent no valid answer in time.
        """
        with wikipedia_package.using_budget(self._api.budget()):
            return _titles_with_prefix(start) if start else _random_titles()

    def _name(self, term: str) -> str:
        """The name of an article that the term may be."""
        prefixes = self._site_info().prefixes
        name = terms.without_own(terms.bare(term), prefixes)
        rest = terms.outside(name, prefixes)
        if rest is not None:
            detail = f"{term[:100]!r} names a page that is no article of the wiki"
            raise NoArticle(detail, _similar_titles(rest, None))
        return name

    def _read(self, term: str, title: str, others: Sequence[str]) -> Article:
        try:
            page = self._page(title)
        except PageMissing:
            detail = f"the wiki's search found {title!r}, but the page does not exist"
            raise NoArticle(detail, tuple(others)) from None
        except PageAmbiguous as ambiguous:
            # A term other than the title may refer to the other results.
            preferred = () if fold(title) == fold(term) else others
            found = _first_article(ambiguous, preferred, self._page)
            return self._article(found, ambiguous.options)
        return self._article(page)

    def _page(self, title: str) -> Page:
        most = _MARKUP * self._settings.max_characters
        return wikipedia_package.page(title, self._site_info().listing, most)

    def _article(self, page: Page, alternatives: tuple[str, ...] = ()) -> Article:
        site, most = self._site_info(), self._settings.max_characters
        with READING:
            lead, full_text = split_lead(page.text)
            language = language_of(full_text, site.language)
            text, lead = (truncate(one, most, language) for one in (full_text, lead))
        article = Article(
            lead=lead,
            text=text,
            title=page.title,
            url=page.url,
            licence=site.licence,
            attribution=f"“{page.title}”, {site.name} contributors",
            language=language,
            revision=page.revision,
            alternatives=alternatives,
            complete=page.complete and len(text) == len(full_text),
        )
        if not article.text:
            raise NoArticle(f"the page {page.title!r} has no text", alternatives)
        return article

    def _site_info(self) -> _SiteInfo:
        """Requested once and kept; concurrent first calls may each request it."""
        if self._site is None:
            answer = wikipedia_package.query(
                meta="siteinfo",
                siprop="general|rightsinfo|namespaces|namespacealiases|interwikimap",
                prop="links",
                titles="MediaWiki:Disambiguationspage",
                plnamespace=10,
                pllimit="max",
            )
            general = answer["general"]
            language = general.get("lang", self._settings.language)
            prefixes = Prefixes.of(_prefixes(answer), [language])
            self._site = _SiteInfo(
                general["sitename"],
                language,
                licences.stated(answer["rightsinfo"], self._api.address),
                prefixes,
                _listing(answer, prefixes),
            )
        return self._site


def _prefixes(answer: Query) -> Iterator[str]:
    """The names of the wiki's namespaces, and its prefixes of other wikis."""
    for namespace in answer.get("namespaces", {}).values():
        yield from (namespace["*"], namespace.get("canonical", ""))
    yield from (alias["*"] for alias in answer.get("namespacealiases", ()))
    yield from (interwiki["prefix"] for interwiki in answer.get("interwikimap", ()))


def _listing(answer: Query, prefixes: Prefixes) -> Listing:
    """Old wikis name their templates in MediaWiki:Disambiguationspage."""
    pages = answer.get("pages", {}).values()
    named = {fold(link["title"]) for info in pages for link in info.get("links", ())}

    def is_template(title: str) -> bool:
        return fold(title) in named or disambiguation.is_template(title)

    def is_reserved(prefix: str) -> bool:
        return fold(prefix) in prefixes.outside or disambiguation.is_reserved(prefix)

    return Listing(is_template, is_reserved)


def _first_article(
    ambiguous: PageAmbiguous, preferred: Iterable[str], load: Callable[[str], Page]
) -> Page:
    """The first option with text; preferred options come first."""
    first = [title for title in preferred if title in ambiguous.options]
    for option in list(dict.fromkeys((*first, *ambiguous.options)))[:_OPTIONS_TRIED]:
        try:
            page = load(option)
        except (PageMissing, PageAmbiguous):
            continue
        if tidy(page.text):
            return page
    detail = f"{ambiguous.title!r} is ambiguous, and no article was found for its meanings"
    raise NoArticle(detail, ambiguous.options)


def _title_like(name: str) -> str | None:
    """The title of the article with this name; the wiki may know it by other capitals."""
    if not terms.is_title(name):
        return None
    hits = wikipedia_package.query(list="search", srwhat="nearmatch", srsearch=name, srprop="")
    return next((hit["title"] for hit in hits["search"] if hit["ns"] == 0), None)


def _search(words: str) -> tuple[list[str], str | None]:
    """Titles of articles, best first, and a spelling suggestion.

    Some wikis search texts only with `srwhat=text`.
    """
    if not words:
        return [], None
    limit = 1 + SUGGESTIONS
    titles, spelling = wikipedia_package.search(words, limit)
    if titles:
        return titles, spelling
    answer = wikipedia_package.query(
        list="search", srwhat="text", srsearch=words, srlimit=limit, srprop="", srnamespace=0
    )
    return [hit["title"] for hit in answer["search"] if hit["ns"] == 0], spelling


def _similar_titles(term: str, spelling: str | None) -> tuple[str, ...]:
    """The wiki's spelling suggestion, and titles that begin like the term.

    They begin with the term, its first word, or what follows its colon.
    """
    titles = [spelling] if spelling else []
    starts = (term, *term.split()[:1], term.partition(":")[2].strip())
    for start in dict.fromkeys(filter(None, starts)):
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
