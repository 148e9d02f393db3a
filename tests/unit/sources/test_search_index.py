from collections.abc import Iterator
from contextlib import closing

import pytest

from app.sources.search_index import BEST, WORDS, Document, Index, words

DOCUMENTS = [
    Document("Bee hive", "", "A home of insects."),
    Document("Honey", "Nectar", "Made by a bee, and a bee, and one more bee."),
    Document("Mead", "Honey wine", "A drink."),
]


@pytest.fixture
def index() -> Iterator[Index]:
    with closing(Index(DOCUMENTS)) as opened:
        yield opened


def test_words_are_folded_distinct_and_limited() -> None:
    assert words("Simón, 🐝 simon_says: 'Mead'!") == ("simon", "says", "mead")
    assert words("…?!") == ()
    assert len(words(" ".join(f"word{n}" for n in range(2 * WORDS)))) == WORDS


def test_all_words_must_match(index: Index) -> None:
    assert index.with_all(["honey", "drink"]) == ["Mead"]
    assert index.with_all(["honey", "hive"]) == []


def test_any_word_may_match(index: Index) -> None:
    assert sorted(index.with_any(["hive", "drink", "absent"])) == ["Bee hive", "Mead"]


def test_a_title_outranks_a_redirect_and_a_redirect_outranks_a_text() -> None:
    other = [Document(f"Other {n}", "", "No insects.") for n in range(9)]
    matches = [
        Document("Text", "x", "bee"),
        Document("Redirect", "bee", "x"),
        Document("Bee", "x", "x"),
    ]
    with closing(Index([*other, *matches])) as index:
        assert index.with_all(["bee"]) == ["Bee", "Redirect", "Text"]


def test_words_match_in_other_forms(index: Index) -> None:
    assert index.with_all(["insect"]) == index.with_all(["insects"]) == ["Bee hive"]


@pytest.mark.parametrize("word", ["NOT", "OR", "title:mead", "mea*", "^mead"])
def test_a_word_is_never_parsed_as_syntax(index: Index, word: str) -> None:
    assert index.with_all([word, "hive"]) == []


def test_a_result_has_a_limited_number_of_titles() -> None:
    with closing(Index(Document(f"Bee {n}", "", "") for n in range(2 * BEST))) as index:
        assert index.with_all(["bee"]) == [f"Bee {n}" for n in range(BEST)]


def test_a_rare_word_has_more_weight_than_a_common_one(index: Index) -> None:
    assert index.share(["honey", "drink"], "Mead") == 1
    assert index.share(["honey", "drink"], "Bee hive") == 0
    assert 0 < index.share(["honey", "drink"], "Honey") < 0.5
    assert index.share(["drink", "absent"], "Mead") < 0.5
