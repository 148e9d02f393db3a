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
def wiki(wiki_settings: WikipediaSettings) -> Iterator[Wikipedia]:
    finder = Wikipedia(wiki_settings)
    yield finder
    finder.close()


@pytest.fixture
def wiki_without_extracts(url: str) -> Iterator[Wikipedia]:
    settings = {"kind": "wikipedia", "api_url": url + mediawiki.WITHOUT_EXTRACTS}
    finder = Wikipedia(WikipediaSettings.model_validate(settings | mediawiki.PATIENT))
    yield finder
    finder.close()


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    finder = Corpus(CorpusSettings())
    yield finder
    finder.close()


@pytest.mark.parametrize("title", TITLES)
def test_an_article_is_the_same_from_the_wiki_and_from_the_corpus(
    wiki: Wikipedia, corpus: Corpus, title: str
) -> None:
    expected, actual = corpus.find(title), wiki.find(title)
    assert expected.title == actual.title
    assert expected.lead == actual.lead
    assert expected.text == actual.text


@pytest.mark.parametrize("title", TITLES)
def test_an_article_is_the_same_from_a_wiki_without_text_extracts(
    wiki: Wikipedia, wiki_without_extracts: Wikipedia, title: str
) -> None:
    assert wiki_without_extracts.find(title) == wiki.find(title)


def test_an_article_has_an_address_revision_and_attribution(wiki: Wikipedia) -> None:
    article = wiki.find("Simón Bolívar")
    assert unquote(article.url).endswith("/Simón_Bolívar")
    assert article.revision is not None
    assert article.revision.isdecimal()
    assert article.attribution.startswith("“Simón Bolívar”, ")
    assert article.attribution.endswith(" contributors")
    assert article.complete


def test_the_licence_is_what_the_wiki_states(wiki: Wikipedia, url: str) -> None:
    rights, licence = mediawiki.rights(url), wiki.find("Kyoto").licence
    expected = (rights["text"] or rights["url"] or "not stated", rights["url"] or "about:blank")
    assert expected == (licence.name, licence.url)


def test_the_first_search_result_is_chosen(wiki: Wikipedia) -> None:
    assert wiki.find("lovelace").title == "Ada Lovelace"


def test_words_of_a_text_find_its_article(wiki: Wikipedia) -> None:
    """Some wikis search only titles by default."""
    assert wiki.find("Bernoulli Babbage").title == "Ada Lovelace"


def test_a_redirect_is_followed(wiki: Wikipedia) -> None:
    assert wiki.find("Countess of Lovelace").title == "Ada Lovelace"


def test_an_ambiguous_title_yields_an_article_and_alternatives(
    wiki: Wikipedia, corpus: Corpus
) -> None:
    expected, actual = corpus.find("Mercury"), wiki.find("Mercury")
    assert expected.title == actual.title == "Mercury (planet)"
    assert expected.alternatives == actual.alternatives
    assert expected.text == actual.text


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Merkur", ("Merkur (Planet)", "Merkur (Gott)")),
        ("Quoll", ("Quoll animal", "Quoll band")),
    ],
)
def test_ambiguous_titles_are_known_in_other_languages_and_have_articles_as_options(
    wiki: Wikipedia, wiki_without_extracts: Wikipedia, title: str, expected: tuple[str, ...]
) -> None:
    """These templates do not exist in the wiki."""
    for finder in (wiki, wiki_without_extracts):
        article = finder.find(title)
        assert article.alternatives == expected
        assert article.title == expected[0]


@pytest.mark.parametrize(
    "title", ["3:10 to Yuma", "Guess Who?", "C++", "-1", "E=mc²", "Who's Who", "AC-DC"]
)
def test_a_title_of_odd_characters_is_found(wiki: Wikipedia, title: str) -> None:
    assert wiki.find(title).title == title


@pytest.mark.parametrize(
    "term",
    [
        *("all:Ada Lovelace", "intitle:lovelace", "Ada Lovelace#Life", ":Ada Lovelace"),
        *("en:Ada Lovelace", '"Ada Lovelace"', "~lovelace", "lovelace*", "insource:Ada_Lovelace"),
    ],
)
def test_syntax_is_no_part_of_a_term(wiki: Wikipedia, term: str) -> None:
    assert wiki.find(term).title == "Ada Lovelace"


def test_a_template_is_no_article(wiki: Wikipedia) -> None:
    with pytest.raises(NoArticle, match="names a page that is no article") as caught:
        wiki.find("Template:Wombat")
    assert caught.value.suggestions == ("Wombat Hill",)
    assert wiki.find("Wombat").title == "Wombat Hill"


@pytest.mark.parametrize("term", ["Numbat", "Walpurti", "Banded anteater"])
def test_a_page_that_redirects_to_itself_is_the_page(
    wiki: Wikipedia, wiki_without_extracts: Wikipedia, term: str
) -> None:
    for finder in (wiki, wiki_without_extracts):
        assert finder.find(term).lead == "The numbat is a striped marsupial."


def test_an_option_of_an_ambiguous_page_that_matches_the_term_is_chosen(wiki: Wikipedia) -> None:
    assert wiki.find("liquid metal").title == "Mercury (element)"


@pytest.mark.parametrize(
    "term", ["qqqqqq", "🐝🐝", '"', "''", "[[", "insource:/(/", "Special:Search", "wikt:tea", "-"]
)
def test_a_term_without_matches_is_not_found(wiki: Wikipedia, term: str) -> None:
    """Some of these terms are syntax in wikitext or in a search."""
    with pytest.raises(NoArticle):
        wiki.find(term)


def test_titles_with_the_same_first_word_are_suggested(wiki: Wikipedia) -> None:
    with pytest.raises(NoArticle) as caught:
        wiki.find("Ada Lovelaec")
    assert "Ada Lovelace" in caught.value.suggestions


def test_a_long_article_is_cut(wiki_settings: WikipediaSettings) -> None:
    finder = Wikipedia(wiki_settings.model_copy(update={"max_characters": 1_000}))
    article = finder.find("Ada Lovelace")
    finder.close()
    assert not article.complete
    assert len(article.text) <= 1_000
    assert article.text.endswith(".")


def test_an_address_without_an_api_is_a_failure_of_the_source(url: str) -> None:
    page = url.replace("api.php", "index.php")
    settings = {"kind": "wikipedia", "api_url": page} | mediawiki.PATIENT
    with pytest.raises(SourceFailed, match="answered with"):
        Wikipedia(WikipediaSettings.model_validate(settings)).find("Ada Lovelace")


async def test_the_stage_finds_the_same_article(
    wiki: Wikipedia, wiki_settings: WikipediaSettings
) -> None:
    stage = source.load(wiki_settings)
    article = await stage("simón bolívar")
    stage.close()
    assert wiki.find("Simón Bolívar") == article


def test_titles_with_a_prefix_are_suggested(wiki: Wikipedia) -> None:
    assert "Ada Lovelace" in wiki.suggest("ada l")
    assert "Simón Bolívar" in wiki.suggest("Sim")
    assert wiki.suggest("zzqqxx") == ()


def test_an_empty_start_suggests_existing_articles(wiki: Wikipedia) -> None:
    titles = wiki.suggest("")
    assert titles
    assert all(wiki.find(title).text for title in titles[:2])
