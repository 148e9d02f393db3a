from typing import Any

import pytest
from wikipedia import wikipedia as package

from app.config.settings import WikipediaSettings
from app.core.errors import PageAmbiguous, PageMissing, SourceFailed
from app.sources import wikipedia_package
from app.sources.mediawiki import REQUESTS, Api
from app.sources.wikipedia_package import Page, using_budget
from tests.support.faulty_wiki import NOTHING, Fault, FaultyWiki, answer_with
from tests.support.tiny_wiki import TinyWiki

TERM = "Ada Lovelace"
CIRCLE = answer_with({"pages": {"1": {}}, "redirects": [{"from": TERM, "to": TERM}]})


def api(server: FaultyWiki) -> Api:
    values = {"kind": "wikipedia", "api_url": server.url}
    return Api(server.url, WikipediaSettings.model_validate(values))


def page(title: str, wiki: TinyWiki | None = None, *faults: Fault) -> Page:
    with FaultyWiki(wiki or TinyWiki(), *faults) as server, using_budget(api(server).budget()):
        return wikipedia_package.page(title)


def search(term: str, *faults: Fault) -> tuple[list[str], str | None]:
    with FaultyWiki(TinyWiki(), *faults) as server, using_budget(api(server).budget()):
        return wikipedia_package.search(term, 5)


def test_a_page_has_its_title_address_text_and_revision() -> None:
    text = "Mercury is a planet."
    expected = Page("Mercury (planet)", "https://tiny.test/wiki/Mercury_(planet)", text, "105")
    assert page("Mercury (planet)") == expected


def test_a_search_returns_titles_or_a_spelling() -> None:
    with FaultyWiki(TinyWiki(spelling="ada")) as server, using_budget(api(server).budget()):
        assert wikipedia_package.search("lovelace", 1) == (["Ada Lovelace"], None)
        assert wikipedia_package.search("adda", 1) == ([], "ada")


@pytest.mark.parametrize(
    "fault",
    [
        NOTHING,
        answer_with([]),
        answer_with({"search": [{}]}),
        answer_with({"search": None}),
    ],
    ids=lambda fault: fault.body.decode(),
)
def test_an_answer_of_another_shape_is_a_failure_of_the_source(fault: Fault) -> None:
    with pytest.raises(SourceFailed) as caught:
        search(TERM, fault)
    assert caught.value.detail == "127.0.0.1 did not answer like a MediaWiki"


@pytest.mark.parametrize(
    "query",
    [None, [], {"pages": None}, {"pages": []}, {"pages": {"1": None}}, {"pages": {"1": {}}}],
    ids=str,
)
def test_a_page_of_another_shape_is_a_failure_of_the_source(query: Any) -> None:
    with pytest.raises(SourceFailed, match="did not answer like a MediaWiki"):
        page(TERM, None, answer_with(query))


def test_circular_redirects_end_at_the_limit_of_requests() -> None:
    with FaultyWiki(TinyWiki(), *[CIRCLE] * 50) as server:
        with (
            pytest.raises(SourceFailed, match=r"^127\.0\.0\.1 redirects in circles$"),
            using_budget(api(server).budget()),
        ):
            wikipedia_package.page(TERM)
        assert len(server.requests) == REQUESTS == 24


def test_a_wiki_without_plain_text_is_named() -> None:
    with pytest.raises(SourceFailed) as caught:
        page(TERM, TinyWiki(extracts=False))
    expected = "no plain text of 'Ada Lovelace': is its extension TextExtracts missing?"
    assert caught.value.detail == f"127.0.0.1 returned {expected}"


@pytest.mark.parametrize("title", ["Nowhere", "wikt:tea"])
def test_an_absent_title_and_a_title_of_another_wiki_are_missing(title: str) -> None:
    with pytest.raises(PageMissing):
        page(title)


def test_an_invalid_title_is_missing() -> None:
    fault = answer_with({"pages": {"-1": {"title": "[[", "invalid": ""}}})
    with pytest.raises(PageMissing):
        page("[[", None, fault)


@pytest.mark.parametrize("disambiguator", [True, False])
def test_a_page_that_lists_meanings_is_ambiguous(*, disambiguator: bool) -> None:
    with pytest.raises(PageAmbiguous) as caught:
        page("Mercury", TinyWiki(disambiguator=disambiguator))
    assert caught.value.options == ("Hg", "Mercury (planet)")


@pytest.mark.parametrize("disambiguator", [True, False])
def test_a_page_with_a_disambiguation_template_is_ambiguous(*, disambiguator: bool) -> None:
    text = "Several things:\n* [[Ada Lovelace]]\n{{disambiguation}}"
    wiki = TinyWiki({"Ada": text}, disambiguator=disambiguator)
    with pytest.raises(PageAmbiguous) as caught:
        page("Ada", wiki)
    assert caught.value.options == ("Ada Lovelace",)


@pytest.mark.parametrize("text", ["A letter.\n\nThis may refer to:\nmany", "It may refer to:\nno"])
def test_an_article_that_contains_may_refer_to_is_not_ambiguous(text: str) -> None:
    assert page("A", TinyWiki({"A": text})).text == text


def test_the_cache_of_the_package_stays_empty() -> None:
    with FaultyWiki(TinyWiki()) as server, using_budget(api(server).budget()):
        wikipedia_package.search(TERM, 1)
        wikipedia_package.search(TERM, 1)
    assert package.search._cache == {}  # noqa: SLF001 - it would grow without a bound
    assert server.lists("search") == 2


def test_requests_after_the_context_have_no_budget() -> None:
    page(TERM)
    with pytest.raises(LookupError):
        wikipedia_package.page(TERM)
