"""Kinds of text that were once read wrong, each with several inputs, through corpus and models."""

import re
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import NamedTuple

import pytest

from app.config.settings import CorpusSettings
from app.core.values import Article, Digest, Entity
from app.driver import Driver
from app.sources.corpus import Corpus
from tests.support.answer_checks import faults
from tests.support.embedded_graph import graph

ITEMS = ("Boris Anholt", "Clara Dessay", "Emil R. Foss", "Greta Holm", "Ingrid Juhl", "Karl Lund")
FORMULA = "\n  \n    \n      \n        {}\n      \n    \n    {{\\displaystyle {}}}\n  "


def formula(sign: str, tex: str) -> str:
    """A formula as TextExtracts writes it."""
    return FORMULA.format(sign.replace("\n", "\n        "), tex)


SUM = formula("a\n+\nb", "a+b")
ROOT = formula("x", r"{\sqrt {x}}")
TEXTS = {
    "Long text of one sentence": "Grace Hopper met Howard Aiken in Boston.\n\n" * 300,
    "Long text of one line": "Karin Boye moved from Uppsala to Berlin in 1932. " * 400,
    "Long text of accents": "Antonín Dvořák met Jiří Novák in Malmö. 🏔️\n\n" * 280,
    "Long text of scripts": "Nikos (Νίκος, 尼科斯, نيكوس) met Ruth Benedict in Vienna.\n\n" * 250,
    "Groups": f"In algebra, the sum {SUM} of two numbers\n{ROOT} and\n{ROOT} is their total.\n"
    f"Emmy Noether studied it in Erlangen.\n\n\n== Roots ==\nEach root {ROOT} is positive.",
    "Bases": f"A base of a space {SUM}, named after Felix Hausdorff, is a family {ROOT}. "
    f"It spans the space if\n{SUM} holds for every pair of its elements.",
    "Bo Sample": "Bo Sample (; born 3 March 1970) is a painter from Oslo ( OSS-loh), near Bergen "
    "(; , ). Sample moved to Aruba (). Malta , a republic, bought two of the paintings.",
    "Delta": "Delta ( listen) is a town in Ohio (;). Delta (pronounced ) was founded in 1834 ,, by "
    "Ann Reed ( , 1801–1870 ). The town has a mill [] and a school [ ].",
    "List of painters": "\n".join(ITEMS),
    "List of botanists": "== A–H ==\n" + "\n".join(f"{name} (born 1901)" for name in ITEMS),
    "Shops": "Wendy's, Sainsbury's, Christie's and Levi's are firms. St. Paul's is a church in "
    "London. Olga works at Sainsbury's and buys Levi's at Christie's.",
    "Firms": "AT&T, AC/DC and H&M signed. Sweden's bank met AT&T's board in Stockholm. "
    "Elin Berg's letter to H&M is kept in Sweden's archive.",
    "Noe\u0308mie Gagne\u0301": "Noe\u0308mie Gagne\u0301 met Luís. "
    "Noëmie Gagné left for Malmo\u0308. Noe\u0308mie Gagne\u0301 returned from Malmö.",
    "Grace Hopper": "Grace Hopper was a mathematician. Hopper wrote a compiler. Hopper met "
    "Howard Aiken. Aiken admired Hopper, and Rear Admiral Hopper thanked Aiken.",
    "Two sisters": "Anna Berg and Maria Berg were sisters in Oslo. Anna Berg painted. Maria Berg "
    "taught. Berg was born in 1902.",
}


class Answer(NamedTuple):
    """An article and its answer."""

    article: Article
    digest: Digest

    @property
    def summary(self) -> str:
        assert self.digest.summary
        return self.digest.summary.text

    @property
    def names(self) -> dict[str, Entity]:
        """The names by their text."""
        assert self.digest.entities
        return {one.text: one for one in self.digest.entities.items}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """TEXTS as a corpus."""
    folder = tmp_path_factory.mktemp("kinds")
    for title, text in TEXTS.items():
        (folder / f"{title}.txt").write_text(text, encoding="utf-8")
    with closing(Corpus(CorpusSettings(folder=folder))) as source:
        yield source


@pytest.fixture(scope="module")
def driver(corpus: Corpus) -> Driver:
    return graph(corpus.find)


@pytest.fixture
async def answer(driver: Driver, corpus: Corpus, title: str) -> Answer:
    """The answer for a title."""
    return Answer(corpus.find(title), await driver.digest(title))


def titles(*wanted: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("title", wanted)


@titles(*(title for title in TEXTS if title != "Two sisters"))
async def test_an_answer_is_true_of_its_article(answer: Answer) -> None:
    assert faults(answer.article, answer.digest) == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Long text of one sentence", {"Grace Hopper", "Howard Aiken", "Boston"}),
        ("Long text of one line", {"Karin Boye", "Uppsala", "Berlin"}),
        ("Long text of accents", {"Antonín Dvořák", "Jiří Novák", "Malmö"}),
    ],
)
async def test_the_names_of_a_long_text_are_whole_to_its_end(
    answer: Answer, expected: set[str]
) -> None:
    parts = {word for name in expected for word in (name, *name.split())}
    assert expected <= answer.names.keys() <= parts
    assert min(answer.names[name].count for name in expected) > 100


@titles("Groups", "Bases")
async def test_a_formula_does_not_break_its_sentence(answer: Answer) -> None:
    """The sentence around it is one line with its beginning and its end."""
    first = answer.article.text.partition("\n")[0]
    assert re.match(r"In algebra.*is their total\.|A base.*is a family.*\.", first)
    assert "displaystyle" not in answer.article.text


@titles("Bo Sample", "Delta")
async def test_removed_markup_leaves_no_holes(answer: Answer) -> None:
    holes = r"\(\s*[;,)]|\( | \)|\s[,;.]|,\s*,|\[\s*\]"
    assert re.findall(holes, answer.article.text) == []


@titles("List of painters", "List of botanists")
async def test_a_list_says_so_and_separates_its_items(answer: Answer) -> None:
    assert answer.digest.summary
    assert answer.digest.summary.method == "list"
    shown = [name for name in ITEMS if name in answer.summary]
    assert len(shown) >= 3
    for one, other in pairwise(shown):
        assert re.search(rf"{one}[^,;•·\n]*[,;•·]", answer.summary), (one, other)


@titles("Shops", "Firms")
async def test_a_possessive_is_part_of_a_name_that_has_it(answer: Answer) -> None:
    assert not answer.names.keys() & {
        *("Wendy", "Sainsbury", "Christie", "Levi", "St. Paul", "Paul", "AT", "AC", "H"),
        *("Sweden's", "AT&T's", "Elin Berg's"),
    }
    assert answer.names.keys() & {"Sainsbury's", "AT&T"}


@titles("Noe\u0308mie Gagne\u0301")
async def test_both_forms_of_an_accent_are_one_name(answer: Answer) -> None:
    (name,) = [one for one in answer.names.values() if one.text.startswith("No")]
    assert name.count == 3
    assert {len(one) for one in (name.text, *name.aliases)} == {12, 14}


@titles("Grace Hopper")
async def test_a_surname_joins_its_person(answer: Answer) -> None:
    people = {one.text: one.count for one in answer.names.values() if one.type == "PER"}
    assert people == {"Grace Hopper": 5, "Howard Aiken": 3}


@titles("Two sisters")
async def test_a_surname_of_two_people_joins_neither(answer: Answer) -> None:
    assert answer.names["Anna Berg"].count == 2
    assert answer.names["Maria Berg"].count == 2
