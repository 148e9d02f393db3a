"""Answers about articles of real size and shape, by the embedded models, in this process."""

import statistics
from contextlib import closing
from pathlib import Path

import pytest

from app.config.settings import CorpusSettings
from app.core.values import Article
from app.driver import Driver
from app.sources.corpus import Corpus
from tests.support.answer_checks import faults, is_list
from tests.support.embedded_graph import graph
from tests.support.real_articles import LONGEST, SHORTEST, RealArticle, main, real_articles
from tests.support.real_sentences import OTHERS

REAL = real_articles()
PROSE = [title for title, one in REAL.items() if one.language == "en" and "List" not in title]
each_article = pytest.mark.parametrize("real", REAL.values(), ids=REAL)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plain text of each article."""
    folder = tmp_path_factory.mktemp("corpus")
    for real in REAL.values():
        (folder / f"{real.title}.txt").write_text(real.plain, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def articles(corpus: Path) -> dict[str, Article]:
    """The articles as the source reads them, each in its language."""
    with closing(Corpus(CorpusSettings(folder=corpus))) as source:
        found = {title: source.find(title) for title in REAL}
    return {
        title: article.model_copy(update={"language": REAL[title].language})
        for title, article in found.items()
    }


@pytest.fixture(scope="module")
def driver(articles: dict[str, Article]) -> Driver:
    """The graph of the embedded models on these articles."""
    return graph(articles.__getitem__)


@each_article
def test_an_article_is_long_and_always_the_same(real: RealArticle) -> None:
    assert SHORTEST <= len(real.plain) <= LONGEST
    assert real == real_articles()[real.title]


def test_the_articles_hold_what_real_ones_hold() -> None:
    everything = "\n".join(real.plain for real in REAL.values())
    assert len(REAL) >= 12
    assert {real.language for real in REAL.values()} == {"en", *OTHERS}
    debris = (r"{\displaystyle x^{2}+1}", "Template:Infobox", "==== ", "( )", "(;", "e\u0301", "🧭")
    assert [one for one in debris if one not in everything] == []
    assert max(len(line) for line in everything.splitlines()) > 9_000


def test_the_wikitext_is_written_to_a_folder(tmp_path: Path) -> None:
    main(tmp_path)
    assert {path.stem for path in tmp_path.glob("*.txt")} == REAL.keys()
    assert "'''Velmark'''" in (tmp_path / "Velmark.txt").read_text(encoding="utf-8")


@each_article
async def test_an_answer_is_true_of_its_article(
    driver: Driver, articles: dict[str, Article], real: RealArticle
) -> None:
    assert faults(articles[real.title], await driver.digest(real.title)) == []


@pytest.mark.parametrize("title", PROSE)
async def test_the_people_and_places_of_an_english_article_are_found(
    driver: Driver, title: str
) -> None:
    """The checks above hold for an answer without names, too."""
    digest = await driver.digest(title)
    assert digest.entities
    types = {one.text: one.type for one in digest.entities.items}
    assert types.get("Maren Oakhill") == "PER"
    assert "LOC" in types.values()
    assert len(types) > 10


async def test_summaries_have_65_words_in_the_mean(driver: Driver) -> None:
    digests = [await driver.digest(title) for title in PROSE]
    lengths = [len(one.summary.text.split()) for one in digests if one.summary]
    assert len(lengths) == len(PROSE)
    assert 20 < statistics.mean(lengths) <= 65


def test_an_article_of_a_list_is_a_list(articles: dict[str, Article]) -> None:
    assert [title for title, one in articles.items() if is_list(one)] == [
        "List of lighthouses of Velmark"
    ]
