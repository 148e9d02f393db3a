"""Every name of every answer is a piece of its article, whatever the article is made of."""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest

from app.config.settings import Settings
from app.core.values import Entity
from app.models.device import Device
from app.stages.entities import EntitiesStage
from app.stages.mentions import Mention
from app.stages.names import merge
from tests.support.fakes import article as made

ARTICLES = 10_000
PIECES = (
    *(
        "Ada",
        "Lovelace",
        "A.",
        "J. R. R.",
        "Tolkien",
        "Jr.",
        "Dr.",
        "Lady",
        "King",
        "II",
        "van",
        "of",
    ),
    *(
        "O'Brien",
        "O\u2019Brien",
        "McDonald's",
        "Babbage\u2019s",
        "Beatles'",
        "d'Ivoire",
        "Xi'an",
        "'s",
        "'",
    ),
    *(
        "AT&T",
        "AC/DC",
        "UK/US",
        "Yahoo!",
        "N'",
        "St.",
        "St",
        "John's",
        "(WHO)",
        "World",
        "Health",
        "Org.",
    ),
    *(
        "Jos\u00e9",
        "Jose\u0301",
        "\u00c5",
        "A\u030a",
        "\ufb01re",
        "\u1e9e",
        "\u0130",
        "I\u0307",
        "\u01c5",
    ),
    *(
        "\u092e\u0941\u0902\u092c\u0908",
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "\u6771\u4eac",
        "\u4eac\u90fd\u5e02",
        "\uac00",
        "\u1112\u1161\u11ab",
        "\u0e01\u0e33\u0e41",
    ),
    *(
        "\u0627\u0644\u0642\u0627\u0647\u0631\u0629",
        "\u0645\u064f\u062d\u064e",
        "\u05e9\u05b8\u05c1",
        "\u041c\u043e\u0441\u043a\u0432\u0430",
        "\u0391\u03b8\u03ae\u03bd\u03b1",
        "\U00010400\U00010401",
    ),
    *(
        "\U0001f389",
        "\U0001f469\U0001f3fd\u200d\U0001f52c",
        "\U0001f1eb\U0001f1f7",
        "1\ufe0f\u20e3",
        "\u200d",
        "\u200c",
        "\ufe0f",
        "\u00ad",
        "\u202e",
    ),
    *(
        "(",
        ")",
        "[",
        "-",
        "\u2013",
        ".",
        ",",
        "!",
        "?",
        "\u2026",
        '"',
        "\u201c",
        "&",
        "/",
        "<b>",
        "$5",
        "C++",
        "#",
    ),
    *(
        "\u0301",
        "\u0308",
        "\u093f",
        "\u20dd",
        "\u00a0",
        "\u3000",
        "\ud7a3",
        "\x00",
        "1843",
        "e",
        "\u00df",
    ),
    *("wrote", "the", "in", "and", "is", "notes", "a"),
)
GAPS = ("", " ", " ", " ", " ", "\n\n", "-")
TYPES = ("PER", "PER", "PER", "LOC", "ORG", "MISC")


def article(random: Random) -> tuple[str, list[Mention]]:
    """A text of a few pieces, of which a tagger has marked some, and some parts of them."""
    text, found = "", []
    for piece in random.choices(PIECES, k=random.randint(1, 10)):
        text += random.choice(GAPS)
        start = len(text)
        text += piece
        if random.random() < 0.6:
            start, end = _cut(random, start, len(text))
            found.append(Mention(start, end, random.choice(TYPES), random.random()))
    return text, list(_grown(random, found))


def _cut(random: Random, start: int, end: int) -> tuple[int, int]:
    if random.random() < 0.3:
        start, end = sorted((random.randint(start, end), random.randint(start, end)))
    return start, end


def _grown(random: Random, found: list[Mention]) -> Iterator[Mention]:
    """The mentions, some up to the next one: names of several words."""
    for one, after in pairwise([*found, *found[:1]]):
        reaches = after.start > one.end and random.random() < 0.5
        yield one._replace(end=after.start) if reaches else one


def check(text: str, entities: tuple[Entity, ...]) -> None:
    """Hold what an answer promises of its names."""
    taken: list[tuple[int, int]] = []
    for entity in entities:
        places = [(place.start, place.end) for place in entity.mentions]
        spellings = [text[start:end] for start, end in places]
        assert entity.count == len(places)
        assert places == sorted(places)
        assert set(spellings) == {entity.text, *entity.aliases}
        assert len(entity.aliases) == len(set(entity.aliases) - {entity.text})
        counts = [spellings.count(alias) for alias in entity.aliases]
        assert counts == sorted(counts, reverse=True)
        taken += places
        for start, end in places:
            assert 0 <= start < end <= len(text)
            assert is_whole(text, start)
            assert text[start].isalnum() or text[start] in "#@$'\u2019"
            assert not text[end - 1].isspace()
            assert is_whole(text, end)
    assert all(before[1] <= after[0] for before, after in pairwise(sorted(taken)))


def is_whole(text: str, at: int) -> bool:
    """Whether a place is not before a combining mark or a joiner of the letter before it."""
    return at >= len(text) or not (
        unicodedata.category(text[at]).startswith("M") or text[at] in "\u200c\u200d"
    )


@pytest.mark.parametrize("seed", range(10))
def test_each_name_of_generated_articles_is_a_piece_of_the_article(seed: int) -> None:
    random = Random(seed)
    names = 0
    for _ in range(ARTICLES // 10):
        text, found = article(random)
        entities = merge(text, found, 0, 1000)
        check(text, entities)
        names += len(entities)
    assert names > ARTICLES // 10


def test_each_name_that_the_embedded_model_finds_is_a_piece_of_the_article() -> None:
    random = Random(0)
    stage = EntitiesStage.load(Settings().entities, Device())
    joined = ("".join(_pieces(random, 300)) for _ in range(8))
    articles = [made(text=text) for text in joined]
    for one, found in zip(articles, stage.run(articles), strict=True):
        assert found.items
        check(one.text, found.items)


def _pieces(random: Random, count: int) -> Iterator[str]:
    for piece in random.choices(PIECES, k=count):
        yield random.choice(GAPS)
        yield piece
