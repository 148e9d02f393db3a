import pytest

from app.core.values import Entity, Place
from app.stages.mentions import Mention
from app.stages.names import merge
from tests.support.marked import marked
from tests.support.work import within

TEXT = "Paris LONDON London london The Nile the Nile 1843 X"


def mention_of(word: str, kind: str, score: float, after: int = 0) -> Mention:
    """A mention of a word in TEXT."""
    start = TEXT.index(word, after)
    return Mention(start, start + len(word), kind, score)


def named(source: str) -> list[tuple[str, int, tuple[str, ...]]]:
    """The names, counts and other spellings of a text with marks."""
    return [(one.text, one.count, one.aliases) for one in merge(*marked(source), 0, 100)]


def test_a_person_is_one_name_with_its_spellings_and_places() -> None:
    source = "[Ada Lovelace] wrote. [Lovelace] met [Charles Babbage]. [Lovelace] left."
    (ada, charles) = merge(*marked(source), 0, 10)
    assert ada == Entity(
        text="Ada Lovelace",
        type="PER",
        score=0.9,
        count=3,
        aliases=("Lovelace",),
        mentions=(Place(start=0, end=12), Place(start=20, end=28), Place(start=50, end=58)),
    )
    assert (charles.text, charles.aliases) == ("Charles Babbage", ())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[Einstein] " * 71 + "[Albert Einstein] " * 2, ("Albert Einstein", 73, ("Einstein",))),
        ("[Tolkien], [J. R. R. Tolkien]", ("J. R. R. Tolkien", 2, ("Tolkien",))),
        ("[A. Lovelace] [A. Lovelace] [Ada Lovelace]", ("Ada Lovelace", 3, ("A. Lovelace",))),
        (
            "[J. R. R. Tolkien], " * 9 + "[John Ronald Reuel Tolkien]",
            ("J. R. R. Tolkien", 10, ("John Ronald Reuel Tolkien",)),
        ),
        ("[Ann Lee], [Ann Mary Lee]", ("Ann Mary Lee", 2, ("Ann Lee",))),
        ("[Dr. Watson] [Watson] [Watson]", ("Watson", 3, ("Dr. Watson",))),
        (
            "[Gabriel García Márquez]; [García Márquez], [García Márquez]",
            ("Gabriel García Márquez", 3, ("García Márquez",)),
        ),
        ("[Jose\u0301] [José] [José]", ("José", 3, ("Jose\u0301",))),
        ("[O'Brien], [O\u2019Brien], [O'Brien]", ("O'Brien", 3, ("O\u2019Brien",))),
        (
            "[World Health Organization|ORG] ([WHO|ORG]). [WHO|ORG]",
            ("World Health Organization", 3, ("WHO",)),
        ),
    ],
)
def test_the_fullest_frequent_spelling_is_the_name(
    source: str, expected: tuple[str, int, tuple[str, ...]]
) -> None:
    assert named(source) == [expected]


def test_an_ambiguous_name_stays_apart() -> None:
    found = named("[Marie Curie], [Pierre Curie], [Curie], [Marie]")
    assert found == [("Marie Curie", 2, ("Marie",)), ("Pierre Curie", 1, ()), ("Curie", 1, ())]


def test_only_persons_are_joined_by_a_part_of_their_name() -> None:
    assert len(named("[New York|LOC], [York|LOC], [Ada York], [York City|ORG]")) == 4


def test_spellings_of_a_name_are_merged() -> None:
    """The commonest spelling, the total count and the mean score are kept."""
    same = [
        mention_of("LONDON", "LOC", 1.0),
        mention_of("London", "LOC", 0.8),
        mention_of("London", "LOC", 0.6),
    ]
    (entity,) = merge(TEXT, same[:2], 0.5, 10)
    assert (entity.type, entity.count) == ("LOC", 2)
    assert entity.score == pytest.approx(0.9)


def test_a_leading_the_is_ignored_when_merging() -> None:
    found = [mention_of("The Nile", "LOC", 1.0), mention_of("Nile", "LOC", 1.0, 36)]
    (entity,) = merge(TEXT, found, 0.5, 10)
    assert entity.count == 2


def test_the_type_with_the_larger_total_score_wins() -> None:
    """Only its mentions count for the score, all mentions for the count."""
    text = "Paris, Paris, Paris"
    both = [Mention(0, 5, "LOC", 0.9), Mention(7, 12, "LOC", 0.7), Mention(14, 19, "PER", 0.95)]
    (entity,) = merge(text, both, 0.5, 10)
    assert (entity.type, entity.count) == ("LOC", 3)
    assert entity.score == pytest.approx(0.8)


def test_names_are_sorted_by_count_then_score_then_position() -> None:
    listed = [
        mention_of("X", "PER", 0.9),
        mention_of("Paris", "LOC", 0.9),
        mention_of("London", "LOC", 0.95),
        mention_of("The Nile", "LOC", 0.6),
        mention_of("the Nile", "LOC", 0.6),
    ]
    order = ["The Nile", "London", "Paris", "X"]
    assert [one.text for one in merge(TEXT, listed, 0.5, 10)] == order
    assert [one.text for one in merge(TEXT, listed, 0.7, 10)] == order[1:]
    assert [one.text for one in merge(TEXT, listed, 0.5, 2)] == order[:2]


def test_a_name_without_letters_is_dropped() -> None:
    assert merge(TEXT, [mention_of("1843", "MISC", 1.0)], 0.5, 10) == ()


def test_a_lower_case_name_is_dropped_unless_its_script_has_no_case() -> None:
    assert merge("london 東京", [Mention(0, 6, "LOC", 1.0)], 0.5, 10) == ()
    assert len(merge("london 東京", [Mention(7, 9, "LOC", 1.0)], 0.5, 10)) == 1


def test_a_score_is_at_most_1_after_rounding() -> None:
    """The schema rejects scores above 1."""
    assert merge(TEXT, [mention_of("Paris", "LOC", 1.0000000002)], 0.5, 10)[0].score == 1


def test_a_score_below_the_minimum_counts_in_a_joined_name() -> None:
    text = "Ada Lovelace, Lovelace"
    found = [Mention(0, 12, "PER", 0.9), Mention(14, 22, "PER", 0.3)]
    (entity,) = merge(text, found, 0.5, 10)
    assert (entity.count, entity.score) == (2, 0.6)


@pytest.mark.parametrize(
    "source",
    [
        "[A. A. A.] " * 5_000,
        "[A.] " * 10_000,
        "[Ada Lovelace]'s " * 5_000,
        "".join(f"[Ada Smith{at}], [Smith{at}], " for at in range(3_000)),
        "".join(f"[Ada{at} Smith], " for at in range(3_000)) + "[Smith]",
        "".join(f"[Ada Byron Club{at}|ORG] ([ABC|ORG]), " for at in range(3_000)),
        "[" + "Ada " * 10_000 + "]",
        "[" + "Ada's " * 10_000 + "]",
        "[Ada" + "'a" * 20_000 + "]",
        "[A" + "/A" * 20_000 + "]",
        "[Ada" + "\u0301" * 20_000 + "]",
        "[" + "(" * 20_000 + "Ada]",
        "".join(f"[{'I' * at}.] " for at in range(1, 500)),
    ],
    ids=lambda source: source[:12],
)
def test_long_hostile_articles_take_little_time(source: str) -> None:
    text, found = marked(source)
    with within(100):
        assert merge(text, found, 0, 1000)
