"""The `wikipedia` package, adapted by replacing one name in its module.

Its last release (1.4.0) uses plain http, has no timeout, never retries, caches every search for
ever, and keeps one wiki per process in module globals. The package's files stay unchanged; its
`requests` is replaced:

- Requests use the budget of the current context (see `using_budget`). Each wiki thus has its own
  address, time limits, retries and validation, and no global is used.
- Answers are completed where the package expects more than a wiki says, or misreads it.

Its `search` is called without its cache, and `page` never with `auto_suggest`, which turns "Ada"
into "Adam". It never comes to parse HTML.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, Protocol, cast

from pydantic import TypeAdapter
from wikipedia import wikipedia as package
from wikipedia.exceptions import PageError, WikipediaException

from app.core.errors import PageAmbiguous, PageMissing, SourceFailed
from app.sources import disambiguation
from app.sources.answers import PageInfo, Parse, Query
from app.sources.html_text import LONGEST, plain_text
from app.sources.mediawiki import UNREADABLE, Answer, Params, RequestBudget
from app.sources.reading import READING, READING_HTML

_UNEXPECTED_ANSWER = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    AssertionError,
    RecursionError,
    WikipediaException,
)
"""Exceptions that reading an answer of another shape raises, in the package or here."""
_QUERY: TypeAdapter[Query] = TypeAdapter(Query)
_PARSE: TypeAdapter[Parse] = TypeAdapter(Parse)
_budget: ContextVar[RequestBudget] = ContextVar("budget")
_listing: ContextVar["Listing"] = ContextVar("listing")


class Page(NamedTuple):
    """An article of the wiki; `text` has `== headings ==`. `complete`: it is the whole text."""

    title: str
    url: str
    text: str
    revision: str
    complete: bool = True


class _Text(NamedTuple):
    """The text of a page, and whether it is the whole text."""

    text: str
    complete: bool


class Listing(NamedTuple):
    """What tells this wiki's lists of meanings, and the articles that they link to."""

    is_template: Callable[[str], bool]
    is_reserved: Callable[[str], bool]


ANY_WIKI = Listing(disambiguation.is_template, disambiguation.is_reserved)


class _PackagePage(Protocol):
    """The part of the package's `WikipediaPage` that is read."""

    title: str
    url: str

    @property
    def content(self) -> _Text: ...
    @property
    def revision_id(self) -> int: ...


@contextmanager
def using_budget(budget: RequestBudget) -> Iterator[None]:
    """Within the context, requests of this thread use the budget, also those of the package.

    Raises:
        SourceFailed: an answer has an unexpected shape.
    """
    token = _budget.set(budget)
    try:
        yield
    except _UNEXPECTED_ANSWER as error:
        detail = f"{UNREADABLE}: {budget.host} did not answer like a MediaWiki"
        raise SourceFailed(detail) from error
    finally:
        _budget.reset(token)


def query(**params: str | int) -> Query:
    """The wiki's answer to `action=query`; needs `using_budget`."""
    return _query(_budget.get().get({"action": "query", "format": "json", **params}))


def _query(answer: Answer) -> Query:
    _QUERY.validate_python(answer["query"], strict=True)
    return cast("Query", answer["query"])  # with what the package reads beside it


def search(words: str, results: int) -> tuple[list[str], str | None]:
    """The titles that the wiki's search finds, best first, and its spelling suggestion."""
    titles, suggestion = package.search.__wrapped__(words, results=results, suggestion=True)
    return titles, suggestion


def page(title: str, listing: Listing = ANY_WIKI, most: int = LONGEST) -> Page:
    """The page with this title, or the page that it redirects to; at most `most` characters of it.

    Raises:
        PageMissing: no article has this title.
        PageAmbiguous: it is a disambiguation page.
    """
    loading = _listing.set(listing)
    try:
        found: _PackagePage = package.page(title, auto_suggest=False)
    except PageError:
        raise PageMissing(title) from None
    finally:
        _listing.reset(loading)
    text, complete = found.content
    if disambiguation.has_lead(text) and (options := _options(found.title, listing)):
        raise PageAmbiguous(found.title, options)
    complete &= len(text) <= most
    return Page(found.title, found.url, text[:most], str(found.revision_id), complete)


def _options(title: str, listing: Listing) -> tuple[str, ...]:
    pages = query(prop="revisions", rvprop="content", rvslots="main", titles=title)["pages"]
    (info,) = pages.values()
    wikitext = info["revisions"][0]["slots"]["main"]["*"]
    with READING:
        return disambiguation.options(wikitext, listing.is_reserved)


def _linked(title: str) -> tuple[str, ...]:
    """The articles that a page links to, also from its templates; in the order of their titles."""
    limit = disambiguation.OPTIONS
    pages = query(prop="links", plnamespace=0, pllimit=limit, titles=title)["pages"]
    return tuple(link["title"] for info in pages.values() for link in info.get("links", ()))


class _Response(NamedTuple):
    """The part of a `requests.Response` that the package uses."""

    answer: Answer

    def json(self) -> Answer:
        return self.answer


class _Requests:
    """The part of the module `requests` that the package uses."""

    def get(self, _url: str, *, params: Params, headers: dict[str, str]) -> _Response:
        del headers
        if "ppprop" in params:
            return _Response(_load(params))
        if params.get("list") == "search":
            return _Response(_search(params))
        answer = _budget.get().get(params)
        if "explaintext" in params:
            _add_texts(_query(answer))
        return _Response(answer)


def _search(params: Params) -> Answer:
    """Only articles: a search may find pages of other namespaces."""
    answer = _budget.get().get({**params, "srnamespace": 0})
    query = _query(answer)
    query["search"] = [hit for hit in query["search"] if hit["ns"] == 0]
    return answer


def _load(params: Params) -> Answer:
    """What the package wants to know of a page first.

    The package follows redirects by itself, also those in circles, and knows only one of the marks
    of a page that is no article.
    """
    extra: Params = {"prop": f"{params['prop']}|templates", "tlnamespace": 10, "tllimit": "max"}
    answer = _budget.get().get({**params, **extra})
    query = _query(answer)
    if "pages" not in query and "redirects" in query:  # it ends in a circle
        page = {**params, "titles": query["redirects"][-1]["to"]}
        del page["redirects"]
        answer = _budget.get().get({**page, **extra})
        query = _query(answer)
    for followed in ("redirects", "normalized"):
        cast("dict[str, object]", query).pop(followed, None)
    for info in query.setdefault("pages", {"-1": {"missing": ""}}).values():
        if "invalid" in info or info.get("ns", 0) != 0:
            info["missing"] = ""
        if "missing" not in info:
            _raise_if_ambiguous(info, _listing.get())
    return answer


def _raise_if_ambiguous(info: PageInfo, listing: Listing) -> None:
    """Wikis with the extension Disambiguator mark the page; in others its template tells."""
    marked = info.pop("pageprops", None) is not None
    names = (template["title"] for template in info.get("templates", ()))
    if marked or any(map(listing.is_template, names)):
        options = _options(info["title"], listing)
        if marked or options:
            raise PageAmbiguous(info["title"], options or _linked(info["title"]))


def _add_texts(query: Query) -> None:
    """The text of each page: of its HTML, if the wiki lacks the extension TextExtracts."""
    for info in query["pages"].values():
        if "missing" not in info:
            extract = info.get("extract")
            markup = _html(info["title"]) if extract is None else ""
            text = _plain_text(markup) if extract is None else extract
            # The package passes on whatever it finds.
            info["extract"] = cast("str", _Text(text, len(markup) <= LONGEST))


def _plain_text(markup: str) -> str:
    with READING_HTML:
        return plain_text(markup)


def _html(title: str) -> str:
    budget = _budget.get()
    options: Params = {
        "prop": "text",
        "disablelimitreport": 1,
        "disableeditsection": 1,
        "disabletoc": 1,
    }
    answer = budget.get({"action": "parse", "format": "json", "page": title, **options})
    return _PARSE.validate_python(answer["parse"], strict=True)["text"]["*"]


package.requests = _Requests()
