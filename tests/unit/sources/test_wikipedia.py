import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from wikipedia import wikipedia as package

from app.config.settings import WikipediaSettings
from app.core.errors import NoArticle
from app.core.values import Article, Licence
from app.sources.titles import SUGGESTIONS
from app.sources.wikipedia import Wikipedia
from tests.support.faulty_wiki import FaultyWiki
from tests.support.tiny_wiki import TEXTS, TinyWiki

CC0 = Licence(name="CC0 1.0", url="http://creativecommons.org/publicdomain/zero/1.0/")
PLANET = ("Mercury (planet)", ("Hg", "Mercury (planet)"))
NOT_STATED = Licence(name="not stated", url="about:blank")


def find(term: str, wiki: TinyWiki, **settings: Any) -> Article:
    """What is found in a wiki without faults."""
    with FaultyWiki(wiki) as server:
        return finder(server, **settings).find(term)


def finder(server: FaultyWiki, **settings: Any) -> Wikipedia:
    """The source that is tested."""
    wanted = WikipediaSettings.model_validate(
        {"kind": "wikipedia", "api_url": server.url, **settings}
    )
    return Wikipedia(wanted)


def unknown(term: str, wiki: TinyWiki) -> NoArticle:
    """The error with which nothing is found."""
    with pytest.raises(NoArticle) as caught:
        find(term, wiki)
    return caught.value


@pytest.fixture
def served() -> Iterator[FaultyWiki]:
    """A wiki without faults."""
    with FaultyWiki(TinyWiki()) as server:
        yield server


def test_an_article_carries_all_that_the_wiki_says_of_it() -> None:
    """Its text without headings, its address, its revision, and whom to name."""
    expected = Article(
        title="Ada Lovelace",
        url="https://tiny.test/wiki/Ada_Lovelace",
        licence=CC0,
        attribution="“Ada Lovelace”, Tiny contributors",
        language="en",
        revision="101",
        lead="Ada Lovelace wrote the first program.",
        text="Ada Lovelace wrote the first program.\n\nShe lived in London.",
    )
    assert expected == find("Ada Lovelace", TinyWiki())


def test_the_page_that_the_search_puts_first_is_taken() -> None:
    """Also where the term is no title."""
    assert find("mercury planet", TinyWiki(ambiguous=frozenset())).title == "Mercury (planet)"


def test_no_spelling_is_put_in_the_place_of_what_was_found() -> None:
    """The package would follow the wiki's suggestion: from Ada to Adam."""
    assert find("ada", TinyWiki(meant="adam")).title == "Ada Lovelace"


def test_a_redirect_is_followed() -> None:
    """The answer bears the title that it leads to."""
    assert find("Countess of Lovelace", TinyWiki()).title == "Ada Lovelace"


def test_a_term_with_accents_is_asked_for_as_it_is() -> None:
    """And comes back as it is."""
    assert find("Simón Bolívar", TinyWiki()).title == "Simón Bolívar"


def test_texts_are_searched_where_titles_give_nothing() -> None:
    """Some wikis look into texts only if told to."""
    assert find("soldier caracas", TinyWiki(titles_only=True)).title == "Simón Bolívar"


@pytest.mark.parametrize("disambiguator", [True, False])
def test_an_ambiguous_title_gives_its_first_option_that_is_an_article(
    *, disambiguator: bool
) -> None:
    """Whether or not the wiki marks such pages; options are titles, not the words of the links."""
    article = find("Mercury", TinyWiki(disambiguator=disambiguator))
    assert (article.title, article.alternatives) == PLANET


@pytest.mark.parametrize("disambiguator", [True, False])
def test_a_page_with_the_template_is_ambiguous(*, disambiguator: bool) -> None:
    """However it begins."""
    text = "Several things:\n* [[Ada Lovelace]]\n{{disambiguation}}"
    wiki = TinyWiki({"Ada": text, "Ada Lovelace": "A person."}, disambiguator=disambiguator)
    assert find("Ada", wiki).alternatives == ("Ada Lovelace",)


def test_an_option_in_another_wiki_is_passed_over() -> None:
    """As is one that is ambiguous itself, and one without text."""
    options = "\n* [[wikt:a]]\n* [[A]]\n* [[C]]\n* [[B]]\n* [[B|again]]"
    wiki = TinyWiki({"A": f"A may refer to:{options}", "B": "A letter.", "C": "== See ==\n"})
    article = find("A", wiki)
    assert article.title == "B"
    assert article.alternatives == ("wikt:a", "A", "C", "B")


def test_an_ambiguous_page_that_a_longer_term_found_gives_the_option_that_it_found_too() -> None:
    """A search for liquid metal that meets Mercury does not mean the planet."""
    options = "Mercury may refer to:\n* [[Planet]]: no liquid\n* [[Element]]: a metal"
    texts = {"Mercury": options, "Element": "A liquid metal.", "Planet": "A world."}
    assert find("liquid metal", TinyWiki(texts)).title == "Element"


def test_where_no_option_is_an_article_the_options_are_suggested() -> None:
    """Instead of an article."""
    error = unknown("A", TinyWiki({"A": "A may refer to:\n* [[B]]\n* [[C]]"}))
    assert error.suggestions == ("B", "C")
    assert error.detail == "'A' may refer to several things, and no article was found for them"


def test_an_article_that_only_says_may_refer_to_is_an_article() -> None:
    """Words in a later paragraph, or without a list, make no list of meanings."""
    texts = {"A": "A letter.\n\nThis may refer to:\nmany", "B": "B may refer to:\nnothing"}
    assert find("A", TinyWiki(texts)).title == "A"
    assert find("B", TinyWiki(texts)).title == "B"


def test_a_term_that_nothing_matches_is_not_found() -> None:
    """The sentence names it."""
    assert unknown("zzz", TinyWiki()).detail == "no article matches 'zzz'"


def test_titles_that_begin_like_the_term_are_suggested() -> None:
    """Or like its first word."""
    assert unknown("Ada Lovelaec", TinyWiki()).suggestions == ("Ada Lovelace",)


def test_what_the_wiki_thinks_was_meant_is_suggested_first() -> None:
    """It knows best."""
    expected = ("ada byron", "Ada Lovelace")
    assert expected == unknown("Ada Byrom", TinyWiki(meant="ada byron")).suggestions


def test_titles_that_begin_so_are_suggested(served: FaultyWiki) -> None:
    """By the wiki's own search, which is asked for nothing twice but with capitals."""
    wiki = finder(served)
    assert wiki.suggest("mer") == ("Mercury", "Mercury (planet)")
    assert wiki.suggest("zzz") == ()
    assert served.lists("prefixsearch") == 3


def test_any_titles_are_suggested_to_begin_with(served: FaultyWiki) -> None:
    """No more than a few."""
    found = finder(served).suggest("")
    assert set(found) <= set(TEXTS)
    assert 0 < len(found) <= SUGGESTIONS


def test_a_page_that_is_gone_is_not_found() -> None:
    """A search may be behind; it suggests what else it found."""
    wiki = TinyWiki({"A one": "x", "A two": "y"}, gone=frozenset({"A one"}))
    error = unknown("A", wiki)
    assert error.detail == "'A one' was found, but is not there any more"
    assert error.suggestions == ("A two",)


@pytest.mark.parametrize("text", ["", "\n \n", "== Only ==\n\n== Headings =="])
def test_a_page_without_text_is_no_article(text: str) -> None:
    """There is nothing to digest."""
    assert unknown("A", TinyWiki({"A": text})).detail == "the page 'A' has no text"


def test_a_long_text_is_cut_and_says_so() -> None:
    """At the end of a paragraph; the blank lines that we put between paragraphs count."""
    raw = "\n".join(["A line of a long text."] * 50)
    article = find("A", TinyWiki({"A": raw}), max_characters=1_000)
    assert not article.complete
    assert article.text == "\n\n".join(["A line of a long text."] * 41)


def test_a_text_that_is_short_enough_is_complete() -> None:
    """To the last character."""
    article = find("A", TinyWiki({"A": "x" * 1_000}), max_characters=1_000)
    assert article.complete
    assert article.text == "x" * 1_000


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ({"text": "", "url": ""}, NOT_STATED),
        ({}, NOT_STATED),
        ({"text": "Ours", "url": ""}, Licence(name="Ours", url="about:blank")),
        ({"url": "https://l.test/"}, Licence(name="https://l.test/", url="https://l.test/")),
        ({"text": "Free", "url": "https://l.test/"}, Licence(name="Free", url="https://l.test/")),
    ],
)
def test_the_licence_is_what_the_wiki_states(rights: dict[str, str], expected: Licence) -> None:
    """No more than that."""
    assert expected == find("Ada Lovelace", TinyWiki(rights=rights)).licence


def test_the_licence_is_asked_for_once(served: FaultyWiki) -> None:
    """Not with each article."""
    source = finder(served)
    source.find("Ada Lovelace")
    source.find("Mercury")
    assert served.lists("siteinfo") == 1


def test_every_request_says_who_asks_and_yields_to_a_lagging_wiki(served: FaultyWiki) -> None:
    """As Wikimedia wants it."""
    finder(served, user_agent="me (me@example.org)").find("Mercury")
    agents = {asked.headers["User-Agent"] for asked in served.asked}
    assert agents == {"me (me@example.org)"}
    assert {asked.params["maxlag"] for asked in served.asked} == {"5"}


def test_the_memory_of_the_package_stays_empty(served: FaultyWiki) -> None:
    """It would grow for ever."""
    source = finder(served)
    source.find("Ada Lovelace")
    source.find("Ada Lovelace")
    assert package.search._cache == {}  # noqa: SLF001 - what must not grow
    assert served.lists("search") == 2


def test_sources_of_different_wikis_do_not_meddle() -> None:
    """The package has one address for all; here each source has its own."""
    one, two = TinyWiki({"A": "The first."}), TinyWiki({"A": "The second."})
    with FaultyWiki(one) as first, FaultyWiki(two) as second:
        sources = finder(first), finder(second)
        assert [source.find("A").text for source in sources] == ["The first.", "The second."]


def test_threads_may_share_a_source(served: FaultyWiki) -> None:
    """Each gets the answer to its own question."""
    source, start = finder(served), threading.Barrier(6)
    terms = ["Ada Lovelace", "Mercury", "Simón Bolívar"] * 2

    def ask(term: str) -> str:
        start.wait()
        return source.find(term).title

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(ask, terms))
    assert found == ["Ada Lovelace", "Mercury (planet)", "Simón Bolívar"] * 2


def test_without_an_address_the_wikipedia_of_the_language_is_asked() -> None:
    """Safely: the package would take plain http."""
    wanted = WikipediaSettings(kind="wikipedia", language="de")
    assert Wikipedia(wanted).address == "https://de.wikipedia.org/w/api.php"
