"""The `wikipedia` package, mended from outside.

Its last release (1.4.0) speaks plain http, waits for ever, tries once, remembers every search it
ever did, and has one wiki a process, in module globals. We leave its files alone and replace two
names in its module:

- `requests`: what it asks goes to the errand that this thread is on (see `asking`), so that each
  wiki brings its own address, time limits, further tries and checks, and no global is used;
- `BeautifulSoup`: with the parser named, since guessing one prints a warning.

Its `search` is called without the memory around it, and `page` never with `auto_suggest`, which
turns "Ada" into "Adam".
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

from bs4 import BeautifulSoup
from wikipedia import wikipedia as package
from wikipedia.exceptions import DisambiguationError, PageError, WikipediaException

from app.core.errors import PageAmbiguous, PageMissing, SourceFailed
from app.sources.mediawiki import RequestBudget

_DISAMBIGUATIONS = "Template:Disambiguation|Template:Disambig|Template:Dab"
_MISFITS = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    AssertionError,
    RecursionError,
    WikipediaException,
)
"""What the package raises, one place or another, on an answer that it did not expect."""
_SAYS_SO = re.compile(
    r"\A[^\n]*\b(?:may|can) (?:also )?refer to:[^\S\n]*$|\{\{\s*disambig",
    re.IGNORECASE | re.MULTILINE,
)
"""How a page that lists meanings begins, where nothing else tells it from an article."""
_OPTION = re.compile(r"^\*+[^\[\n]*\[\[:?([^]|#\n]+)", re.MULTILINE)
_OPTIONS = 50
_errand: ContextVar[RequestBudget] = ContextVar("errand")


class Page(NamedTuple):
    """An article as the wiki gives it; `text` has `== headings ==`."""

    title: str
    url: str
    text: str
    revision: str


@contextmanager
def asking(errand: RequestBudget) -> Iterator[None]:
    """Within, this errand asks what the package wants to know in this thread.

    Raises:
        SourceFailed: the answers were not what the package can read.
    """
    token = _errand.set(errand)
    try:
        yield
    except _MISFITS as error:
        raise SourceFailed(f"{errand.host} answered with what no MediaWiki answers") from error
    finally:
        _errand.reset(token)


def query(**params: str | int) -> dict[str, Any]:
    """What the wiki answers to a query of our own, within `asking`."""
    told = _errand.get().ask({"action": "query", "format": "json", **params})
    answer: dict[str, Any] = told["query"]
    return answer


def search(term: str, results: int) -> tuple[list[str], str | None]:
    """The titles that the wiki finds, best first, and the spelling that it suggests, if any."""
    titles, suggestion = package.search.__wrapped__(term, results=results, suggestion=True)
    return titles, suggestion


def page(title: str) -> Page:
    """The page of that title, or the one that it redirects to.

    Raises:
        PageMissing: there is none.
        PageAmbiguous: it is a disambiguation page.
        SourceFailed: the wiki gives no plain text.
    """
    try:
        found = package.page(title, auto_suggest=False)
    except PageError:
        raise PageMissing(title) from None
    except DisambiguationError as error:
        options = _options(error.title) or _named(error.options)
        raise PageAmbiguous(error.title, options) from None
    text = _text(found)
    if _SAYS_SO.search(text) and (options := _options(found.title)):
        raise PageAmbiguous(found.title, options)
    return Page(found.title, found.url, text, str(found.revision_id))


def _text(found: Any) -> str:
    try:
        return str(found.content)
    except KeyError:
        why = f"{_errand.get().host} gives no plain text of {found.title!r}"
        raise SourceFailed(f"{why}: does it lack TextExtracts?") from None


def _options(title: str) -> tuple[str, ...]:
    """The first link of each item in a page's lists (the package knows the links' texts only)."""
    pages = query(prop="revisions", rvprop="content", rvslots="main", titles=title)["pages"]
    (about,) = pages.values()
    return _named(_OPTION.findall(about["revisions"][0]["slots"]["main"]["*"]))


def _named(links: Iterable[str]) -> tuple[str, ...]:
    titles = (" ".join(link.replace("_", " ").split()) for link in links)
    return tuple(dict.fromkeys(title for title in titles if title))[:_OPTIONS]


class _Answer(NamedTuple):
    """The part of a `requests.Response` that the package uses."""

    told: dict[str, Any]

    def json(self) -> dict[str, Any]:
        return self.told


class _Requests:
    """The part of the module `requests` that the package uses."""

    def get(self, _url: str, *, params: dict[str, Any], headers: dict[str, str]) -> _Answer:
        del headers
        ask = _errand.get().ask
        if "ppprop" not in params:
            return _Answer(ask(params))
        also = {"prop": f"{params['prop']}|templates", "tltemplates": _DISAMBIGUATIONS}
        told = ask({**params, **also})
        _mend(told)
        return _Answer(told)


def _mend(told: dict[str, Any]) -> None:
    """Say about a page what the package would overlook.

    A title that cannot be one is a missing page (the package knows only `missing`), and so is one
    that leads to another wiki. A page with the template of ambiguous titles is one also where the
    wiki lacks the extension Disambiguator, which would say so among the `pageprops`.
    """
    query = told["query"]
    pages = query.setdefault("pages", {"-1": {"missing": ""}})
    for about in pages.values():
        if "invalid" in about:
            about["missing"] = ""
        if "templates" in about:
            about.setdefault("pageprops", {"disambiguation": ""})


package.requests = _Requests()
package.BeautifulSoup = partial(BeautifulSoup, features="html.parser")
