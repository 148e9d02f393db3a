from dataclasses import dataclass
from typing import Any

import pytest

from app.config.settings import WikipediaSettings
from app.core.errors import SourceFailed
from app.sources.answers import web_address
from app.sources.wikipedia import Wikipedia
from tests.support.faulty_wiki import FaultyWiki
from tests.support.tiny_wiki import TEXTS, TinyWiki

UNREADABLE = "the wiki's answer cannot be read"
NAMES: list[object] = [5, 1.5, True, None, [], ["A"], {}, {"A": "B"}, "x" * 501, "\ud800"]
ADDRESSES: list[object] = [
    *(
        "javascript:alert(1)",
        "JavaScript://x.test/%0aalert(1)",
        "data:text/html,x",
        "ftp://x.test/A",
    ),
    *("file:///etc/passwd", "urn:x", "mailto:a@x.test", "https:///x", 5, None, []),
    *("http://x.test/a b", "http://x.test/<b>", f"http://x.test/{'a' * 2_000}"),
]
DEEP: list[Any] = []
for _ in range(500):
    DEEP = [DEEP]
SHAPES: dict[str, tuple[object, ...]] = {
    "query": ([], 5, None, "x", DEEP),
    "general": ([], {}, 5, None),
    "rightsinfo": ([], 5, None, {"text": 5}),
    "namespaces": ([], 5, {"1": 5}, {"1": {"id": "1", "*": "A"}}),
    "search": ({}, 5, None, [5], [{"ns": 0}], [{"title": "A"}]),
    "pages": ([], 5, None, {"1": 5}, {"1": []}, {}),
    "ns": ("0", None, [], 0.5),
    "extract": (5, [], {}, ["A"], DEEP),
    "revisions": ([], {}, 5, [5], [{}], [{"revid": "1"}]),
    "revid": ("1", None, [], -1, 2**63, 1.5),
    "lang": (5,),
    "prefix": (5,),
}


def replaced(answer: Any, key: str, value: object) -> Any:
    """An answer in which every member of this name has another value."""
    if isinstance(answer, list):
        return [replaced(one, key, value) for one in answer]
    if not isinstance(answer, dict):
        return answer
    return {k: value if k == key else replaced(v, key, value) for k, v in answer.items()}


@dataclass
class OddWiki(TinyWiki):
    """A wiki with a wrong value in the place of every member of one name."""

    key: str = ""
    value: object = None

    def answer(self, params: dict[str, str]) -> dict[str, Any]:
        odd: dict[str, Any] = replaced(super().answer(params), self.key, self.value)
        return odd


def failure(term: str, wiki: TinyWiki) -> str:
    """The message of the failure to find an article."""
    with FaultyWiki(wiki) as server, pytest.raises(SourceFailed) as caught:
        finder(server).find(term)
    return caught.value.detail


def finder(server: FaultyWiki) -> Wikipedia:
    values = {"kind": "wikipedia", "api_url": server.url}
    return Wikipedia(WikipediaSettings.model_validate(values))


@pytest.mark.parametrize("key", ["title", "sitename"])
@pytest.mark.parametrize("value", NAMES, ids=lambda value: repr(value)[:20])
def test_a_name_that_is_no_short_text_cannot_be_read(key: str, value: object) -> None:
    assert failure("Ada Lovelace", OddWiki(key=key, value=value)).startswith(UNREADABLE)


@pytest.mark.parametrize("value", ADDRESSES, ids=lambda value: repr(value)[:30])
def test_an_address_of_a_licence_that_is_not_of_the_web_cannot_be_read(value: object) -> None:
    assert failure("Ada Lovelace", OddWiki(key="url", value=value)).startswith(UNREADABLE)


@pytest.mark.parametrize(
    "value",
    [*ADDRESSES, "http:", "http://", "//x.test/A", "/A", "A", "", "http://x.test/\n"],
    ids=lambda value: repr(value)[:30],
)
def test_an_address_of_a_page_that_is_not_of_the_web_cannot_be_read(value: object) -> None:
    assert failure("Ada Lovelace", OddWiki(key="fullurl", value=value)).startswith(UNREADABLE)


@pytest.mark.parametrize(
    "address", ["http://x.test", "HTTPS://x.test:80/wiki/A?b=c#d", "http://é/"]
)
def test_an_address_of_the_web_is_returned(address: str) -> None:
    assert web_address(address) == address


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key, values in SHAPES.items() for value in values],
    ids=lambda value: repr(value)[:40],
)
def test_an_answer_of_another_shape_cannot_be_read(key: str, value: object) -> None:
    wiki = OddWiki(key=key, value=value, lang="en")
    assert failure("Ada Lovelace", wiki).startswith(UNREADABLE)


@pytest.mark.parametrize("value", [5, None, [], {}, {"*": 5}, DEEP], ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize("key", ["text", "parse"])
def test_html_of_another_shape_cannot_be_read(key: str, value: object) -> None:
    wiki = OddWiki(key=key, value=value, extracts=False, rights={})
    assert failure("Ada Lovelace", wiki).startswith(UNREADABLE)


@pytest.mark.parametrize("value", [5, None, [], {}, {"main": 5}, {"main": {}}], ids=repr)
def test_wikitext_of_another_shape_cannot_be_read(value: object) -> None:
    assert failure("Mercury", OddWiki(key="slots", value=value)).startswith(UNREADABLE)


@pytest.mark.parametrize("value", NAMES, ids=lambda value: repr(value)[:20])
def test_a_spelling_that_is_no_short_text_cannot_be_read(value: object) -> None:
    wiki = OddWiki(spelling="ada", key="suggestion", value=value)
    assert failure("adda", wiki).startswith(UNREADABLE)


@pytest.mark.parametrize("start", ["", "A"])
@pytest.mark.parametrize("value", NAMES, ids=lambda value: repr(value)[:20])
def test_a_suggested_title_that_is_no_short_text_cannot_be_read(value: object, start: str) -> None:
    wiki = OddWiki(texts=TEXTS, key="title", value=value)
    with FaultyWiki(wiki) as server, pytest.raises(SourceFailed, match=UNREADABLE):
        finder(server).suggest(start)
