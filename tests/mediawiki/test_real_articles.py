"""Answers about articles of real size and shape, through a real wiki."""

from contextlib import closing
from functools import partial
from unicodedata import normalize

import pytest

from app.config.settings import WikipediaSettings
from app.core.values import Article, Digest
from app.sources.wikipedia import Wikipedia
from devtools.server import Server
from tests.mediawiki.test_served import digest
from tests.support.answer_checks import faults
from tests.support.embedded_graph import graph
from tests.support.real_articles import RealArticle, real_articles

REAL = real_articles()
ENGLISH = {title: real for title, real in REAL.items() if real.language == "en"}
OTHERS = {title: real for title, real in REAL.items() if real.language != "en"}


def find(settings: WikipediaSettings, language: str, title: str) -> Article:
    """The article, read in this language."""
    own = settings.model_copy(update={"language": language})
    with closing(Wikipedia(own)) as source:
        return source.find(title)


@pytest.mark.parametrize("real", REAL.values(), ids=REAL)
def test_the_text_from_the_wiki_is_that_from_the_corpus(
    wiki_settings: WikipediaSettings, real: RealArticle
) -> None:
    article = find(wiki_settings, real.language, real.title)
    expected = Article.from_raw(normalize("NFC", real.plain), article.heading)
    assert article.title == real.title
    assert article.text == expected.text
    assert article.lead == expected.lead


@pytest.mark.parametrize("title", ENGLISH)
def test_an_answer_of_a_server_is_true_of_its_article(
    server: Server, wiki_settings: WikipediaSettings, title: str
) -> None:
    answer = Digest.model_validate(digest(server, title).json())
    assert faults(find(wiki_settings, "en", title), answer) == []


@pytest.mark.parametrize("real", OTHERS.values(), ids=OTHERS)
async def test_an_answer_in_another_language_is_true_of_its_article(
    wiki_settings: WikipediaSettings, real: RealArticle
) -> None:
    read = partial(find, wiki_settings, real.language)
    answer = await graph(read).digest(real.title)
    assert faults(read(real.title), answer) == []
