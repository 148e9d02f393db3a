import json
from typing import Any

import pytest
from wikipedia import wikipedia as package

from app.config.settings import WikipediaSettings
from app.core.errors import PageAmbiguous, PageMissing, SourceFailed
from app.sources import wikipedia_package
from app.sources.html_text import DEEPEST, LONGEST
from app.sources.mediawiki import Api
from app.sources.wikipedia_package import Page, using_budget
from tests.support.faulty_wiki import NOTHING, Fault, FaultyWiki, answer_with
from tests.support.tiny_wiki import TinyWiki

TERM = "Ada Lovelace"


def api(server: FaultyWiki) -> Api:
    values = {"kind": "wikipedia", "api_url": server.url}
    return Api(WikipediaSettings.model_validate(values))


def page(title: str, wiki: TinyWiki | None = None, *faults: Fault | None) -> Page:
    with FaultyWiki(wiki or TinyWiki(), *faults) as server, using_budget(api(server).budget()):
        return wikipedia_package.page(title)


def search(term: str, *faults: Fault) -> tuple[list[str], str | None]:
    with FaultyWiki(TinyWiki(), *faults) as server, using_budget(api(server).budget()):
        return wikipedia_package.search(term, 5)


def test_a_page_has_its_title_address_text_and_revision() -> None:
    text = "Mercury is a planet."
    expected = Page("Mercury (planet)", "https://tiny.test/wiki/Mercury_(planet)", text, "105")
    assert page("Mercury (planet)") == expected


def test_a_search_returns_articles_only() -> None:
    wiki = TinyWiki({"Template:Main": "main", "Main": "main"})
    with FaultyWiki(wiki) as server, using_budget(api(server).budget()):
        assert wikipedia_package.search("main", 5) == (["Main"], None)
    assert server.requests[0].params["srnamespace"] == "0"


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
    why = "the wiki's answer cannot be read: 127.0.0.1 did not answer like a MediaWiki"
    assert caught.value.detail == why


@pytest.mark.parametrize(
    "query",
    [None, [], {"pages": None}, {"pages": []}, {"pages": {"1": None}}, {"pages": {"1": {}}}],
    ids=str,
)
def test_a_page_of_another_shape_is_a_failure_of_the_source(query: Any) -> None:
    with pytest.raises(SourceFailed, match="did not answer like a MediaWiki"):
        page(TERM, None, answer_with(query))


@pytest.mark.parametrize("target", ["A", "A#Life", "B"])
def test_a_page_that_redirects_to_itself_is_the_page(target: str) -> None:
    texts = {"A": f"#REDIRECT [[{target}]]\nA letter.", "B": "#REDIRECT [[A]]"}
    with FaultyWiki(TinyWiki(texts)) as server, using_budget(api(server).budget()):
        assert wikipedia_package.page("A").text == "A letter."
        assert len(server.requests) == 3


def test_redirects_that_end_in_a_circle_lead_to_a_page_of_it() -> None:
    texts = {"A": "#REDIRECT [[B]]", "B": "#REDIRECT [[C]]", "C": "#REDIRECT [[C]]\nA letter."}
    found = page("A", TinyWiki(texts))
    assert (found.title, found.text) == ("C", "A letter.")


def test_redirects_to_redirects_and_sections_are_followed() -> None:
    texts = {"A": "#REDIRECT [[B]]", "B": "#REDIRECT [[C#Life]]", "C": "A letter."}
    assert page("A", TinyWiki(texts)).title == "C"


def test_a_redirect_that_the_wiki_has_followed_is_not_followed_again() -> None:
    known = {"pageid": 1, "ns": 0, "title": "A", "fullurl": "https://tiny.test/A"}
    circle = {"pages": {"1": known}, "redirects": [{"from": "A", "to": "A", "tofragment": "x"}]}
    assert page("A", TinyWiki({"A": "A letter."}), answer_with(circle)).text == "A letter."


def test_a_wiki_without_plain_text_is_read_as_html() -> None:
    text = "Ada wrote a <program>.\n\n== Life ==\nShe lived in London."
    expected = "Ada wrote a <program>.\n== Life ==\nShe lived in London."
    assert page("Ada", TinyWiki({"Ada": text}, extracts=False)).text == expected


@pytest.mark.parametrize(("most", "text"), [(8, "A letter"), (9, "A letter.")])
def test_at_most_so_much_of_a_page_is_read(most: int, text: str) -> None:
    with FaultyWiki(TinyWiki({"A": "A letter."})) as server, using_budget(api(server).budget()):
        found = wikipedia_package.page("A", most=most)
    assert (found.text, found.complete) == (text, most == 9)


@pytest.mark.parametrize(("more", "complete"), [(0, True), (1, False)])
def test_a_page_whose_html_is_cut_is_not_complete(more: int, *, complete: bool) -> None:
    markup = "<p>A letter.</p>".ljust(LONGEST + more)
    answer = Fault(json.dumps({"parse": {"text": {"*": markup}}}).encode())
    wiki = TinyWiki({"A": "A letter."}, extracts=False)
    with FaultyWiki(wiki) as server, using_budget(api(server).budget()):
        server.faults.extend([None, None, answer])
        found = wikipedia_package.page("A")
    assert (found.text, found.complete) == ("A letter.", complete)


def test_a_page_whose_html_is_nested_too_deep_cannot_be_read() -> None:
    markup = "<div>" * (DEEPEST + 1) + "A letter."
    answer = Fault(json.dumps({"parse": {"text": {"*": markup}}}).encode())
    wiki = TinyWiki({"A": "A letter."}, extracts=False)
    with pytest.raises(SourceFailed, match="cannot be read"):
        page("A", wiki, None, None, answer)


@pytest.mark.parametrize("title", ["Template:A", "B"])
def test_a_page_of_another_namespace_is_no_article(title: str) -> None:
    wiki = TinyWiki({"Template:A": "A box.", "B": "#REDIRECT [[Template:A]]"})
    with pytest.raises(PageMissing):
        page(title, wiki)


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


@pytest.mark.parametrize("template", ["disambiguation", "Begriffsklärung", "曖昧さ回避"])
def test_a_page_with_a_disambiguation_template_is_ambiguous(template: str) -> None:
    text = f"Several things:\n* [[Ada Lovelace]]\n{{{{{template}}}}}"
    with pytest.raises(PageAmbiguous) as caught:
        page("Ada", TinyWiki({"Ada": text}, disambiguator=False))
    assert caught.value.options == ("Ada Lovelace",)


def test_a_marked_page_without_a_list_has_its_links_as_options() -> None:
    wiki = TinyWiki({"A": "The [[B]] or the [[C]]."}, ambiguous=frozenset({"A"}))
    with pytest.raises(PageAmbiguous) as caught:
        page("A", wiki)
    assert caught.value.options == ("B", "C")


def test_an_article_with_such_a_template_but_no_list_is_not_ambiguous() -> None:
    assert page("A", TinyWiki({"A": "A letter. {{disambiguation}}"})).text == "A letter."


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
