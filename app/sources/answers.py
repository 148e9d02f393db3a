"""The parts of MediaWiki's answers that are read, validated by pydantic."""

import re
from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

_WEB: Final = re.compile(r"https?://[^\s/?#<>]++[^\s<>]*+", re.IGNORECASE)


def web_address(url: str) -> str:
    """The address, if it is one of the web.

    Raises:
        ValueError: it has another scheme than http or https, or no host.
    """
    if not _WEB.fullmatch(url):
        raise ValueError(f"{url[:100]!r} is no address of the web")
    return url


Name = Annotated[str, Field(max_length=500)]
"""A title, or another name. MediaWiki's longest title has 255 bytes after its namespace."""
Line = Annotated[str, Field(max_length=2_000)]
"""A text on a line of an answer."""
Address = Annotated[Line, AfterValidator(web_address)]


class Hit(TypedDict):
    """An entry of a list of titles; `ns` is its namespace, 0 for articles."""

    ns: int
    title: Name


class General(TypedDict):
    """The part of `siprop=general` that is read."""

    sitename: Name
    lang: NotRequired[Name]


class Rights(TypedDict, total=False):
    """The licence that a wiki states; its address may be relative."""

    text: Line
    url: Line


Namespace = TypedDict("Namespace", {"id": int, "canonical": NotRequired[str], "*": str})
"""A namespace, or an alias of one; the namespace of articles has id 0 and no name."""
Content = TypedDict("Content", {"*": str})


class Interwiki(TypedDict):
    """A prefix that leads to another wiki."""

    prefix: str


class Revision(TypedDict, total=False):
    """A version of a page, or its wikitext."""

    revid: Annotated[int, Field(ge=0, lt=2**63)]
    slots: dict[str, Content]


class PageInfo(TypedDict, total=False):
    """A page: what `prop` asks for, or the mark of a page that does not exist."""

    ns: int
    title: Name
    fullurl: Address
    invalid: object
    missing: object
    links: list[Hit]
    templates: list[Hit]
    pageprops: object
    revisions: list[Revision]
    extract: str


class Redirect(TypedDict):
    """A redirect that the wiki has followed."""

    to: Name


class SearchInfo(TypedDict, total=False):
    """What a search says beside its hits."""

    suggestion: Name


class Query(TypedDict, total=False):
    """The members of `query` that are read; each answer has some of them."""

    general: General
    rightsinfo: Rights
    namespaces: dict[str, Namespace]
    namespacealiases: list[Namespace]
    interwikimap: list[Interwiki]
    search: list[Hit]
    searchinfo: SearchInfo
    prefixsearch: list[Hit]
    random: list[Hit]
    redirects: list[Redirect]
    pages: dict[str, PageInfo]


class Parse(TypedDict):
    """The answer to `action=parse`: the HTML of a page."""

    text: Content
