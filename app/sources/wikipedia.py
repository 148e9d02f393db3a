"""Articles of Wikipedia, or of another MediaWiki, through the package `wikipedia`."""

import functools
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple
from urllib.parse import urljoin

from wikipedia import wikipedia as package
from wikipedia.exceptions import DisambiguationError, PageError

from app import settings
from app.answer import Article, Licence
from app.errors import NoArticle, SourceFailed
from app.sources.mediawiki import Conversation, MediaWiki, Reply
from app.text import shorten

_ASKING: ContextVar[Conversation] = ContextVar("_ASKING")
_SUGGESTIONS = 5
_OPTIONS_TRIED = 5
_OPTIONS_NAMED = 50
_NONSENSE = (KeyError, IndexError, TypeError, AttributeError, AssertionError)
_AMBIGUOUS = re.compile(
    r"\A[^\n]*\bmay (?:also )?refer to:?\s*$|\bTemplate:Disambig|\{\{\s*disambig",
    re.IGNORECASE | re.MULTILINE,
)
_OPTION = re.compile(r"^\*+[^\[\n]*\[\[:?([^]|#\n]+)", re.MULTILINE)


class _Answer(NamedTuple):
    """As much of a `requests.Response` as the package looks at."""

    reply: Reply

    def json(self) -> Reply:
        """The answer itself."""
        return self.reply


class _Requests:
    """Stands in the package where it has `requests`.

    The package asks without a timeout, at an address and under a name that are globals, and takes
    whatever comes for JSON. Here the find that is under way in this thread asks instead: it knows
    its wiki, its user agent and its time. The package's own globals are never read or changed.
    """

    @staticmethod
    def get(_: str, *, params: Mapping[str, Any], **__: Any) -> _Answer:
        """What the wiki answers."""
        return _Answer(_ASKING.get().ask(params))


package.requests = _Requests
# The package lets BeautifulSoup guess its parser, which warns.
package.BeautifulSoup = functools.partial(package.BeautifulSoup, features="html.parser")


class _Wiki(NamedTuple):
    """What a wiki says of itself."""

    name: str
    licence: Licence


class Wikipedia:
    """A MediaWiki with the TextExtracts extension, such as every Wikipedia; threads may share it.

    `sleep` waits between the tries of a request.
    """

    def __init__(
        self, wanted: settings.WikipediaSource, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._wanted = wanted
        self._server = MediaWiki(wanted, sleep)
        self._wiki: _Wiki | None = None

    def find(self, term: str) -> Article:
        """The page that the wiki's search puts first.

        Raises:
            NoArticle: the search finds nothing, or what it finds has no text.
            SourceFailed: the wiki does not answer, or not in time, or with nonsense.
        """
        asking = _ASKING.set(Conversation(self._server))
        try:
            return self._find(term)
        except _NONSENSE as error:  # the package reads answers without a look at what they are
            raise SourceFailed(self._unreadable(error)) from error
        finally:
            _ASKING.reset(asking)

    def _unreadable(self, error: Exception) -> str:
        if error.args == ("extract",):
            return f"{self._server.host} gives no plain text: it lacks the TextExtracts extension"
        return f"{self._server.host} answered in a form that cannot be read"

    def _find(self, term: str) -> Article:
        # `.fn` is the function below the package's cache, which never forgets.
        titles, meant = package.search.fn(term, results=1 + _SUGGESTIONS, suggestion=True)
        titles = titles or _search_texts(term)
        if not titles:
            raise NoArticle(f"no article matches {term!r}", _near(term, meant))
        try:
            return self._read(titles[0])
        except PageError:
            detail = f"“{titles[0]}” was found for {term!r}, but is not there any more"
            raise NoArticle(detail, tuple(titles[1:])) from None

    def _read(self, title: str) -> Article:
        """The article with that title, or the first that an ambiguous title may mean."""
        try:
            page = package.page(title, auto_suggest=False)
        except DisambiguationError as ambiguous:
            options = _options(ambiguous.title) or _named(ambiguous.options)
            return self._choose(ambiguous.title, options)
        # A wiki without the Disambiguator extension has no word for pages that list options.
        if _AMBIGUOUS.search(page.content) and (options := _options(page.title)):
            return self._choose(page.title, options)
        return self._article(page)

    def _choose(self, title: str, options: tuple[str, ...]) -> Article:
        pages = map(_plain_page, options[:_OPTIONS_TRIED])
        page = next((page for page in pages if page is not None), None)
        if page is None:
            detail = f"“{title}” may refer to several things, none of which has an article"
            raise NoArticle(detail, options)
        return self._article(page, options)

    def _article(self, page: Any, alternatives: tuple[str, ...] = ()) -> Article:
        wanted, wiki = self._wanted, self._about()
        text = shorten(page.content, wanted.max_characters, wanted.language)
        article = Article.from_raw(
            text,
            title=page.title,
            url=page.url,
            licence=wiki.licence,
            attribution=f"“{page.title}”, {wiki.name} contributors",
            language=wanted.language,
            revision=str(page.revision_id),
            alternatives=alternatives,
            complete=text == page.content,
        )
        if not article.text:
            raise NoArticle(f"“{page.title}” has no text", alternatives)
        return article

    def _about(self) -> _Wiki:
        """Asked once; by several threads at first, if they come at the same time."""
        if self._wiki is None:
            reply = _ASKING.get().ask({"meta": "siteinfo", "siprop": "general|rightsinfo"})
            rights, name = reply["query"]["rightsinfo"], reply["query"]["general"]["sitename"]
            self._wiki = _Wiki(name, _licence(rights, self._server.address))
        return self._wiki


def _licence(rights: Mapping[str, str], address: str) -> Licence:
    name, url = rights.get("text", "").strip(), rights.get("url", "").strip()
    return Licence(
        name=name or url or "not stated", url=urljoin(address, url) if url else "about:blank"
    )


def _titles(reply: Reply, of: str) -> tuple[str, ...]:
    return tuple(found["title"] for found in reply["query"][of])


def _search_texts(term: str) -> tuple[str, ...]:
    """The titles of pages that have the term in their texts; some wikis look there if told only."""
    limit = {"srlimit": 1 + _SUGGESTIONS, "srprop": "", "srinfo": ""}
    reply = _ASKING.get().ask({"list": "search", "srwhat": "text", "srsearch": term, **limit})
    return _titles(reply, "search")


def _near(term: str, meant: str | None) -> tuple[str, ...]:
    """What the wiki thinks was meant, and titles that begin like the term or its first word."""
    for start in dict.fromkeys((term, term.split()[0])):
        limit = {"pssearch": start, "pslimit": _SUGGESTIONS}
        titles = _titles(_ASKING.get().ask({"list": "prefixsearch", **limit}), "prefixsearch")
        if titles:
            break
    return tuple(dict.fromkeys((*((meant,) if meant else ()), *titles)))[:_SUGGESTIONS]


def _options(title: str) -> tuple[str, ...]:
    """The first link of each item of a page's lists."""
    wanted = {"prop": "revisions", "rvprop": "content", "rvslots": "main", "titles": title}
    (page,) = _ASKING.get().ask(wanted)["query"]["pages"].values()
    return _named(_OPTION.findall(page["revisions"][0]["slots"]["main"]["*"]))


def _named(options: Iterable[str]) -> tuple[str, ...]:
    titles = (" ".join(option.replace("_", " ").split()) for option in options)
    return tuple(dict.fromkeys(title for title in titles if title))[:_OPTIONS_NAMED]


def _plain_page(title: str) -> Any | None:
    """The page with that title; None where it is not there, or lists options itself."""
    try:
        page = package.page(title, auto_suggest=False)
        return page if page.content and not _AMBIGUOUS.search(page.content) else None
    except (PageError, DisambiguationError, *_NONSENSE):  # a link to another wiki reads as nonsense
        return None
