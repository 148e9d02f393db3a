"""The parts of MediaWiki's answers that are read. They are not validated."""

from typing import NotRequired, TypedDict


class Hit(TypedDict):
    """An entry of a list of titles; `ns` is its namespace, 0 for articles."""

    ns: int
    title: str


class General(TypedDict):
    """The part of `siprop=general` that is read."""

    sitename: str
    lang: NotRequired[str]


Namespace = TypedDict("Namespace", {"id": int, "canonical": NotRequired[str], "*": str})
"""A namespace, or an alias of one; the namespace of articles has id 0 and no name."""
Content = TypedDict("Content", {"*": str})


class Interwiki(TypedDict):
    """A prefix that leads to another wiki."""

    prefix: str


class Revision(TypedDict):
    """A version of a page, with its wikitext."""

    slots: dict[str, Content]


class PageInfo(TypedDict, total=False):
    """A page: what `prop` asks for, or the mark of a page that does not exist."""

    ns: int
    title: str
    invalid: str
    missing: str
    links: list[Hit]
    templates: list[Hit]
    pageprops: dict[str, str]
    revisions: list[Revision]
    extract: str


class Redirect(TypedDict):
    """A redirect that the wiki has followed."""

    to: str


class Query(TypedDict):
    """The members of `query` that are read; each answer has some of them."""

    general: General
    rightsinfo: dict[str, str]
    namespaces: NotRequired[dict[str, Namespace]]
    namespacealiases: NotRequired[list[Namespace]]
    interwikimap: NotRequired[list[Interwiki]]
    search: list[Hit]
    prefixsearch: list[Hit]
    random: list[Hit]
    redirects: list[Redirect]
    pages: dict[str, PageInfo]
