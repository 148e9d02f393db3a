import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.config.settings import WikipediaSettings
from app.core.errors import NoArticle, SourceFailed, SourceTimeout
from app.core.values import Article, Licence
from app.sources.titles import SUGGESTIONS
from app.sources.wikipedia import Wikipedia
from tests.support.fake_clock import FakeClock
from tests.support.faulty_wiki import HTML, SLOW, FaultyWiki, status
from tests.support.tiny_wiki import TEXTS, TinyWiki

CC0 = Licence(name="CC0 1.0", url="http://creativecommons.org/publicdomain/zero/1.0/")
PLANET = ("Mercury (planet)", ("Hg", "Mercury (planet)"))
NOT_STATED = Licence(name="not stated", url="about:blank")


def find(term: str, wiki: TinyWiki, **settings: Any) -> Article:
    with FaultyWiki(wiki) as server:
        return finder(server, **settings).find(term)


def finder(server: FaultyWiki, **settings: Any) -> Wikipedia:
    values = {"kind": "wikipedia", "api_url": server.url, **settings}
    return Wikipedia(WikipediaSettings.model_validate(values))


def not_found(term: str, wiki: TinyWiki) -> NoArticle:
    with pytest.raises(NoArticle) as caught:
        find(term, wiki)
    return caught.value


@pytest.fixture
def served() -> Iterator[FaultyWiki]:
    with FaultyWiki(TinyWiki()) as server:
        yield server


def test_an_article_has_text_address_licence_and_revision() -> None:
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


def test_the_first_search_result_is_chosen() -> None:
    assert find("mercury planet", TinyWiki(ambiguous=frozenset())).title == "Mercury (planet)"


def test_a_spelling_suggestion_does_not_replace_a_result() -> None:
    """With `auto_suggest`, the package would turn Ada into Adam."""
    assert find("ada", TinyWiki(spelling="adam")).title == "Ada Lovelace"


def test_a_redirect_is_followed() -> None:
    assert find("Countess of Lovelace", TinyWiki()).title == "Ada Lovelace"


def test_accents_are_sent_unchanged() -> None:
    assert find("Simón Bolívar", TinyWiki()).title == "Simón Bolívar"


def test_texts_are_searched_if_no_title_matches() -> None:
    assert find("soldier caracas", TinyWiki(titles_only=True)).title == "Simón Bolívar"


@pytest.mark.parametrize(
    "title",
    [
        *("2001: A Space Odyssey", "3:10 to Yuma", "Star Trek: Discovery", "Portal: Still Alive"),
        *("C++", ".NET", "AC/DC", "-1", "E=mc²", "Guess Who?", "Who's Who", "!!!", "De-facto"),
        *("Intitle", "Not", "AND", "OR", "M*A*S*H", "~", '"Weird Al" Yankovic', "Nier:Automata"),
    ],
)
def test_an_article_is_found_by_its_title_whatever_the_title_holds(title: str) -> None:
    wiki = TinyWiki({"Other": f"About {title}.", title: "A thing.", "Portal": "A hole."})
    assert find(title, wiki).title == title


@pytest.mark.parametrize(
    "term",
    [
        *("Ada Lovelace#Life", "Ada_Lovelace#Early_life", ":Ada Lovelace", "en:Ada Lovelace"),
        *("all:Ada Lovelace", "intitle:Ada", "insource:Ada", "prefix:Ada", "-intitle:Ada"),
        *('"Ada Lovelace"', "~ada lovelace", "ada*", "ada?", "-ada", "!ada", "+ada +lovelace"),
        *("morelike:Ada Lovelace", "incategory:Ada", '"ada" "lovelace"', "(ada)", "ada~"),
    ],
)
def test_syntax_of_searches_and_links_is_stripped(term: str) -> None:
    assert find(term, TinyWiki()).title == "Ada Lovelace"


def test_words_with_a_meaning_to_a_search_are_sent_as_plain_words(served: FaultyWiki) -> None:
    with pytest.raises(NoArticle):
        finder(served).find('Alabama OR NOT "Kyoto city" AND insource:foo -x ~y * z?')
    searches = [r.params for r in served.requests if "srlimit" in r.params]
    sent = {params["srsearch"] for params in searches}
    assert sent == {"Alabama or not Kyoto city and insource foo x y z"}


@pytest.mark.parametrize("term", ["Template:Main", "template:main", "Vorlage:Main", "de:Main"])
def test_a_page_outside_the_articles_is_not_found_but_its_name_suggests(term: str) -> None:
    wiki = TinyWiki({"Template:Main": "x", "Main Street": "A street."}, aliases={10: "Vorlage"})
    error = not_found(term, wiki)
    assert error.detail == f"{term!r} names a page that is no article of the wiki"
    assert error.suggestions == ("Main Street",)


def test_a_wiki_may_name_its_templates_of_ambiguous_pages() -> None:
    texts = {"A": "Things:\n* [[B]]\n{{Many}}", "B": "A letter."}
    assert find("A", TinyWiki(texts, listing=("Template:Many",))).alternatives == ("B",)
    assert find("A", TinyWiki(texts)).alternatives == ()


def test_options_leave_out_pages_of_the_namespaces_of_the_wiki() -> None:
    texts = {"A": "Things:\n* [[Ablage:X|x]] [[B]]\n{{dab}}", "B": "A letter."}
    assert find("A", TinyWiki(texts, aliases={6: "Ablage"})).alternatives == ("B",)


@pytest.mark.parametrize("disambiguator", [True, False])
def test_an_ambiguous_title_yields_its_first_option_that_is_an_article(
    *, disambiguator: bool
) -> None:
    article = find("Mercury", TinyWiki(disambiguator=disambiguator))
    assert (article.title, article.alternatives) == PLANET


def test_options_in_other_wikis_and_without_text_are_skipped() -> None:
    options = "\n* [[wikt:a]]\n* [[A]]\n* [[C]]\n* [[B]]\n* [[B|again]]"
    wiki = TinyWiki({"A": f"A may refer to:{options}", "B": "A letter.", "C": "== See ==\n"})
    article = find("A", wiki)
    assert article.title == "B"
    assert article.alternatives == ("A", "C", "B")


def test_an_option_among_the_search_results_is_preferred() -> None:
    """A search for liquid metal that finds Mercury first does not mean the planet."""
    options = "Mercury may refer to:\n* [[Planet]]: no liquid\n* [[Element]]: a metal"
    texts = {"Mercury": options, "Element": "A liquid metal.", "Planet": "A world."}
    assert find("liquid metal", TinyWiki(texts)).title == "Element"


def test_the_options_are_suggested_if_none_is_an_article() -> None:
    error = not_found("A", TinyWiki({"A": "A may refer to:\n* [[B]]\n* [[C]]"}))
    assert error.suggestions == ("B", "C")
    assert error.detail == "'A' is ambiguous, and no article was found for its meanings"


def test_a_term_without_matches_is_named_in_the_error() -> None:
    assert not_found("zzz", TinyWiki()).detail == "no article matches 'zzz'"


def test_titles_that_begin_with_the_first_word_are_suggested() -> None:
    assert not_found("Ada Lovelaec", TinyWiki()).suggestions == ("Ada Lovelace",)


def test_titles_that_begin_with_what_follows_a_colon_are_suggested() -> None:
    assert not_found("fr:Ada", TinyWiki()).suggestions == ("Ada Lovelace",)


def test_a_spelling_suggestion_is_listed_first() -> None:
    expected = ("ada byron", "Ada Lovelace")
    assert expected == not_found("Ada Byrom", TinyWiki(spelling="ada byron")).suggestions


def test_titles_with_a_prefix_are_suggested(served: FaultyWiki) -> None:
    wiki = finder(served)
    assert wiki.suggest("mer") == ("Mercury", "Mercury (planet)")
    assert wiki.suggest("zzz") == ()
    assert served.lists("prefixsearch") == 3


def test_an_empty_start_suggests_random_titles(served: FaultyWiki) -> None:
    found = finder(served).suggest("")
    assert set(found) <= set(TEXTS)
    assert 0 < len(found) <= SUGGESTIONS


def test_a_deleted_page_in_the_search_results_is_not_found() -> None:
    wiki = TinyWiki({"A one": "x", "A two": "y"}, gone=frozenset({"A one"}))
    error = not_found("A", wiki)
    assert error.detail == "the wiki's search found 'A one', but the page does not exist"
    assert error.suggestions == ("A two",)


@pytest.mark.parametrize("text", ["", "\n \n", "== Only ==\n\n== Headings =="])
def test_a_page_without_text_is_not_found(text: str) -> None:
    assert not_found("A", TinyWiki({"A": text})).detail == "the page 'A' has no text"


@pytest.mark.parametrize(("size", "text"), [(4_000, "A.\n\nB."), (4_001, "A.\n\nB")])
def test_of_a_text_four_times_the_limit_is_read(size: int, text: str) -> None:
    """Of a longer one the rest is left out, and the article is not complete."""
    wiki = TinyWiki({"A": "A.".ljust(size - 2, "\n") + "B."})
    article = find("A", wiki, max_characters=1_000)
    assert (article.text, article.complete) == (text, size == 4_000)


def test_a_long_text_is_cut_and_marked_incomplete() -> None:
    """The blank lines added between paragraphs count."""
    raw = "\n".join(["A line of a long text."] * 50)
    article = find("A", TinyWiki({"A": raw}), max_characters=1_000)
    assert not article.complete
    assert article.text == "\n\n".join(["A line of a long text."] * 41)


def test_a_text_that_is_short_enough_is_complete() -> None:
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
    assert expected == find("Ada Lovelace", TinyWiki(rights=rights)).licence


def test_the_licence_is_requested_once(served: FaultyWiki) -> None:
    source = finder(served)
    source.find("Ada Lovelace")
    source.find("Mercury")
    assert served.lists("siteinfo") == 1


def test_sources_of_different_wikis_are_independent() -> None:
    """The package has one address per process."""
    one, two = TinyWiki({"A": "The first."}), TinyWiki({"A": "The second."})
    with FaultyWiki(one) as first, FaultyWiki(two) as second:
        sources = finder(first), finder(second)
        assert [source.find("A").text for source in sources] == ["The first.", "The second."]


def test_a_source_is_thread_safe(served: FaultyWiki) -> None:
    source, start = finder(served), threading.Barrier(6)
    terms = ["Ada Lovelace", "Mercury", "Simón Bolívar"] * 2

    def search(term: str) -> str:
        start.wait()
        return source.find(term).title

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(search, terms))
    assert found == ["Ada Lovelace", "Mercury (planet)", "Simón Bolívar"] * 2


def test_every_request_of_a_search_names_the_client_and_sends_maxlag(served: FaultyWiki) -> None:
    finder(served, user_agent="me (me@example.org)").find("Mercury")
    agents = {request.headers["User-Agent"] for request in served.requests}
    assert agents == {"me (me@example.org)"}
    assert {request.params["maxlag"] for request in served.requests} == {"5"}


def test_a_search_retries_after_the_given_pause() -> None:
    clock = FakeClock()
    with FaultyWiki(TinyWiki(), status(429, "7"), status(500)) as server:
        values = {"kind": "wikipedia", "api_url": server.url}
        source = Wikipedia(WikipediaSettings.model_validate(values), clock.sleep, clock.monotonic)
        assert source.find("Ada Lovelace").title == "Ada Lovelace"
    assert len(clock.slept) == 2


def test_the_requests_of_a_search_share_one_budget() -> None:
    clock = FakeClock(step_s=1)
    with FaultyWiki(TinyWiki()) as server:
        values = {"kind": "wikipedia", "api_url": server.url, "timeout_s": 3}
        source = Wikipedia(WikipediaSettings.model_validate(values), clock.sleep, clock.monotonic)
        with pytest.raises(SourceTimeout, match=r"took longer than 12 s in total"):
            source.find("Mercury")
        assert len(server.requests) > 1


def test_a_search_after_a_failure_succeeds() -> None:
    with FaultyWiki(TinyWiki(), HTML) as server:
        source = finder(server)
        with pytest.raises(SourceFailed):
            source.find("Ada Lovelace")
        assert source.find("Ada Lovelace").title == "Ada Lovelace"


def test_a_failure_can_be_pickled() -> None:
    """Ray sends it between processes."""
    with FaultyWiki(TinyWiki(), SLOW) as server, pytest.raises(SourceTimeout) as caught:
        finder(server, timeout_s=0.05).find("Ada Lovelace")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), copy.args) == (SourceTimeout, caught.value.args)


@pytest.mark.parametrize(
    ("stated", "setting", "text", "expected"),
    [
        ("nds", "en", "Kiel is en Stadt an de Küst.", "nds"),
        ("de", "en", "Kiel ist eine Stadt an der Küste.", "de"),
        (None, "de", "Kiel ist eine Stadt an der Küste.", "de"),
        ("en", "en", "Kiel ist eine Stadt im Norden, die an der Küste liegt.", "de"),
        ("en", "en", "Kiel.", "en"),
    ],
)
def test_the_language_is_the_wikis_unless_the_text_shows_another(
    stated: str | None, setting: str, text: str, expected: str
) -> None:
    wiki = TinyWiki(texts={"Kiel": text}, lang=stated)
    assert find("Kiel", wiki, language=setting).language == expected
