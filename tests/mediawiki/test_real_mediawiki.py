from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from app.config.settings import CorpusSettings, WikipediaSettings
from app.core.errors import NoArticle, SourceFailed
from app.sources.corpus import Corpus
from app.sources.wikipedia import Wikipedia
from app.stages import source
from tests.support import mediawiki

TITLES = ["Ada Lovelace", "Simón Bolívar", "Die Zauberflöte", "Kyoto", "Black Death"]


@pytest.fixture
def wiki(wanted: WikipediaSettings) -> Iterator[Wikipedia]:
    """A source of its articles."""
    finder = Wikipedia(wanted)
    yield finder
    finder.close()


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    """The same articles without a wiki."""
    finder = Corpus(CorpusSettings())
    yield finder
    finder.close()


@pytest.mark.parametrize("title", TITLES)
def test_an_article_is_the_same_from_the_wiki_and_from_the_corpus(
    wiki: Wikipedia, corpus: Corpus, title: str
) -> None:
    """Title, lead and text, to the letter; accents and redirects too."""
    expected, actual = corpus.find(title), wiki.find(title)
    assert expected.title == actual.title
    assert expected.lead == actual.lead
    assert expected.text == actual.text


def test_an_article_says_where_it_is_from(wiki: Wikipedia) -> None:
    """Its page, its version, and who wrote it."""
    article = wiki.find("Simón Bolívar")
    assert unquote(article.url).endswith("/Simón_Bolívar")
    assert article.revision is not None
    assert article.revision.isdecimal()
    assert article.attribution.startswith("“Simón Bolívar”, ")
    assert article.attribution.endswith(" contributors")
    assert article.complete


def test_the_licence_is_the_one_that_the_wiki_states(wiki: Wikipedia, url: str) -> None:
    """And none where it states none."""
    rights, licence = mediawiki.rights(url), wiki.find("Kyoto").licence
    expected = (rights["text"] or rights["url"] or "not stated", rights["url"] or "about:blank")
    assert expected == (licence.name, licence.url)


def test_the_first_page_that_the_search_finds_is_taken(wiki: Wikipedia) -> None:
    """A part of the title is enough."""
    assert wiki.find("lovelace").title == "Ada Lovelace"


def test_words_of_a_text_find_its_article(wiki: Wikipedia) -> None:
    """Also where the wiki's own search looks at titles only."""
    assert wiki.find("Bernoulli Babbage").title == "Ada Lovelace"


def test_a_redirect_is_followed(wiki: Wikipedia) -> None:
    """To the article of another name."""
    assert wiki.find("Countess of Lovelace").title == "Ada Lovelace"


def test_an_ambiguous_title_gives_an_article_and_its_alternatives(
    wiki: Wikipedia, corpus: Corpus
) -> None:
    """The same ones as the corpus."""
    expected, actual = corpus.find("Mercury"), wiki.find("Mercury")
    assert expected.title == actual.title == "Mercury (planet)"
    assert expected.alternatives == actual.alternatives
    assert expected.text == actual.text


def test_what_a_longer_term_means_is_found_behind_an_ambiguous_page(wiki: Wikipedia) -> None:
    """The search meets the list of meanings first."""
    assert wiki.find("liquid metal").title == "Mercury (element)"


@pytest.mark.parametrize(
    "term", ["qqqqqq", "🐝🐝", '"', "''", "[[", "insource:/(/", "Special:Search", "wikt:tea", "-"]
)
def test_a_term_that_matches_nothing_is_not_found(wiki: Wikipedia, term: str) -> None:
    """Whatever its letters would mean in wikitext or in a search."""
    with pytest.raises(NoArticle):
        wiki.find(term)


def test_titles_that_begin_alike_are_suggested(wiki: Wikipedia) -> None:
    """When nothing is found."""
    with pytest.raises(NoArticle) as caught:
        wiki.find("Ada Lovelaec")
    assert "Ada Lovelace" in caught.value.suggestions


def test_a_long_article_is_cut(wanted: WikipediaSettings) -> None:
    """Between paragraphs or sentences."""
    finder = Wikipedia(wanted.model_copy(update={"max_characters": 1_000}))
    article = finder.find("Ada Lovelace")
    finder.close()
    assert not article.complete
    assert len(article.text) <= 1_000
    assert article.text.endswith(".")


def test_an_address_that_is_no_api_is_named(url: str) -> None:
    """A wiki's page instead of its `api.php`."""
    page = url.replace("api.php", "index.php")
    wanted = WikipediaSettings.model_validate({"kind": "wikipedia", "api_url": page})
    with pytest.raises(SourceFailed, match="answered with"):
        Wikipedia(wanted).find("Ada Lovelace")


async def test_the_graph_finds_the_same(wiki: Wikipedia, wanted: WikipediaSettings) -> None:
    """Through the stage that it asks."""
    stage = source.load(wanted)
    article = await stage("simón bolívar")
    stage.close()
    assert wiki.find("Simón Bolívar") == article


def test_titles_that_begin_so_are_suggested(wiki: Wikipedia) -> None:
    """By the wiki's own search, and with what comes before an accent too."""
    assert "Ada Lovelace" in wiki.suggest("ada l")
    assert "Simón Bolívar" in wiki.suggest("Sim")
    assert wiki.suggest("zzqqxx") == ()


def test_any_articles_are_suggested_to_begin_with(wiki: Wikipedia) -> None:
    """They are there."""
    titles = wiki.suggest("")
    assert titles
    assert all(wiki.find(title).text for title in titles[:2])
