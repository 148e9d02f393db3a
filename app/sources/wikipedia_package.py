"""The `wikipedia` package, adapted by replacing two names in its module.

Its last release (1.4.0) uses plain http, has no timeout, never retries, caches every search for
ever, and keeps one wiki per process in module globals. The package's files stay unchanged; these
two names are replaced:

- `requests`: requests use the budget of the current context (see `using_budget`). Each wiki thus
  has its own address, time limits, retries and validation, and no global is used.
- `BeautifulSoup`: with the parser named, because guessing one prints a warning.

Its `search` is called without its cache, and `page` never with `auto_suggest`, which turns "Ada"
into "Adam".
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import NamedTuple, NotRequired, Protocol, TypedDict, cast

from bs4 import BeautifulSoup
from wikipedia import wikipedia as package
from wikipedia.exceptions import DisambiguationError, PageError, WikipediaException

from app.core.errors import PageAmbiguous, PageMissing, SourceFailed
from app.sources.mediawiki import Answer, Params, RequestBudget

_DISAMBIGUATIONS = "Template:Disambiguation|Template:Disambig|Template:Dab"
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
_REFERS_TO = re.compile(
    r"\A[^\n]*\b(?:may|can) (?:also )?refer to:[^\S\n]*$|\{\{\s*disambig",
    re.IGNORECASE | re.MULTILINE,
)
"""The beginning of a disambiguation page, for wikis that do not mark such pages."""
_OPTION = re.compile(r"^\*+[^\[\n]*\[\[:?([^]|#\n]+)", re.MULTILINE)
_OPTIONS = 50
_budget: ContextVar[RequestBudget] = ContextVar("budget")


class Page(NamedTuple):
    """An article of the wiki; `text` has `== headings ==`."""

    title: str
    url: str
    text: str
    revision: str


class Hit(TypedDict):
    """An entry of a list of titles; `ns` is its namespace, 0 for articles."""

    ns: int
    title: str


class General(TypedDict):
    """The part of `siprop=general` that is read."""

    sitename: str
    lang: NotRequired[str]


_Content = TypedDict("_Content", {"*": str})


class _Revision(TypedDict):
    slots: dict[str, _Content]


class _PageInfo(TypedDict, total=False):
    invalid: str
    missing: str
    templates: list[Hit]
    pageprops: dict[str, str]
    revisions: list[_Revision]


class Query(TypedDict):
    """The members of `query` that are read; each answer has some of them."""

    general: General
    rightsinfo: dict[str, str]
    search: list[Hit]
    prefixsearch: list[Hit]
    random: list[Hit]
    pages: dict[str, _PageInfo]


class _PackagePage(Protocol):
    """The part of the package's `WikipediaPage` that is read."""

    title: str
    url: str

    @property
    def content(self) -> str: ...
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
        raise SourceFailed(f"{budget.host} did not answer like a MediaWiki") from error
    finally:
        _budget.reset(token)


def query(**params: str | int) -> Query:
    """The wiki's answer to `action=query`, unvalidated; needs `using_budget`."""
    return _query(_budget.get().get({"action": "query", "format": "json", **params}))


def _query(answer: Answer) -> Query:
    return cast("Query", answer["query"])  # an unexpected shape fails where it is read


def search(term: str, results: int) -> tuple[list[str], str | None]:
    """The titles that the wiki's search finds, best first, and its spelling suggestion."""
    titles, suggestion = package.search.__wrapped__(term, results=results, suggestion=True)
    return titles, suggestion


def page(title: str) -> Page:
    """The page with this title, or the page that it redirects to.

    Raises:
        PageMissing: no page has this title.
        PageAmbiguous: it is a disambiguation page.
        SourceFailed: the wiki returns no plain text.
    """
    try:
        found: _PackagePage = package.page(title, auto_suggest=False)
    except PageError:
        raise PageMissing(title) from None
    except DisambiguationError as error:
        options = _options(error.title) or _unique_titles(error.options)
        raise PageAmbiguous(error.title, options) from None
    text = _text(found)
    if _REFERS_TO.search(text) and (options := _options(found.title)):
        raise PageAmbiguous(found.title, options)
    return Page(found.title, found.url, text, str(found.revision_id))


def _text(found: _PackagePage) -> str:
    try:
        return str(found.content)
    except KeyError:
        problem = f"{_budget.get().host} returned no plain text of {found.title!r}"
        raise SourceFailed(f"{problem}: is its extension TextExtracts missing?") from None


def _options(title: str) -> tuple[str, ...]:
    """The first link of each list item of a page (the package returns only the links' texts)."""
    pages = query(prop="revisions", rvprop="content", rvslots="main", titles=title)["pages"]
    (info,) = pages.values()
    return _unique_titles(_OPTION.findall(info["revisions"][0]["slots"]["main"]["*"]))


def _unique_titles(links: Iterable[str]) -> tuple[str, ...]:
    titles = (" ".join(link.replace("_", " ").split()) for link in links)
    return tuple(dict.fromkeys(title for title in titles if title))[:_OPTIONS]


class _Response(NamedTuple):
    """The part of a `requests.Response` that the package uses."""

    answer: Answer

    def json(self) -> Answer:
        return self.answer


class _Requests:
    """The part of the module `requests` that the package uses."""

    def get(self, _url: str, *, params: Params, headers: dict[str, str]) -> _Response:
        del headers
        budget = _budget.get()
        if "ppprop" not in params:
            return _Response(budget.get(params))
        extra = {"prop": f"{params['prop']}|templates", "tltemplates": _DISAMBIGUATIONS}
        answer = budget.get({**params, **extra})
        _mark_missing_and_ambiguous(_query(answer))
        return _Response(answer)


def _mark_missing_and_ambiguous(query: Query) -> None:
    """Add the marks of missing and ambiguous pages that the package recognises.

    Missing (the package recognises only `missing`): an invalid title, and a title in another wiki.
    Ambiguous: a page with a disambiguation template. Wikis with the extension Disambiguator list
    it in `pageprops`; others do not.
    """
    for info in query.setdefault("pages", {"-1": {"missing": ""}}).values():
        if "invalid" in info:
            info["missing"] = ""
        if "templates" in info:
            info.setdefault("pageprops", {"disambiguation": ""})


package.requests = _Requests()
package.BeautifulSoup = partial(BeautifulSoup, features="html.parser")
