from collections.abc import Sequence
from itertools import permutations

import pytest

from app.stages.persons import Form, persons, surnames
from app.stages.spelling import key, words
from tests.support.work import within


def forms(names: Sequence[str]) -> list[Form]:
    """The names in the order of their first mentions."""
    return [Form.of(key(words(name)), words(name), at) for at, name in enumerate(names)]


def grouped(names: Sequence[str]) -> set[frozenset[str]]:
    """The names of each person."""
    owners = persons(forms(names))
    found: dict[str, set[str]] = {}
    for name in names:
        own = key(words(name))
        found.setdefault(owners.get(own, own), set()).add(name)
    return {frozenset(some) for some in found.values()}


@pytest.mark.parametrize(
    "names",
    [
        ("Ada Lovelace", "Lovelace", "Ada"),
        ("Ada Lovelace", "A. Lovelace", "Dr. Lovelace", "Lady Lovelace"),
        ("J. R. R. Tolkien", "Tolkien", "John Ronald Reuel Tolkien", "J. Tolkien"),
        ("John F. Kennedy", "President Kennedy", "Kennedy", "John Kennedy"),
        ("Sir Isaac Newton", "Newton", "Isaac Newton", "Sir Isaac"),
        ("Ludwig van Beethoven", "van Beethoven", "Beethoven"),
        ("Gabriel García Márquez", "García Márquez"),
        ("Martin Luther King Jr.", "Martin Luther King", "King"),
        ("John D. Rockefeller III", "Rockefeller", "John D. Rockefeller"),
        ("Elizabeth II", "Elizabeth"),
        ("Queen Victoria", "Victoria"),
        ("King Charles III", "Charles III"),
        ("Dr. Watson", "Watson"),
        ("Joan of Arc", "Joan"),
        ("Pope Pius XII", "Pius XII"),
        ("Samuel Hill", "Samuel Hill Jr."),
        ("Thomas Cranmer", "Archbishop Cranmer"),
    ],
)
def test_names_of_one_person_are_joined(names: tuple[str, ...]) -> None:
    assert grouped(names) == {frozenset(names)}


@pytest.mark.parametrize(
    "names",
    [
        ("Marie Curie", "Pierre Curie", "Curie"),
        ("Marie Curie", "Marie Stopes", "Marie"),
        ("John Kennedy", "Joseph Kennedy", "J. Kennedy", "Kennedy"),
        ("John Marshall", "Marshall Field", "Marshall"),
        ("Martin Luther King Jr.", "Martin Luther King Sr.", "Martin Luther King"),
        ("Martin Luther", "Martin Luther King"),
        ("George W. Bush", "George H. W. Bush", "George Bush", "Bush"),
        ("Henry VII", "Henry VIII", "Henry"),
        ("King Charles", "Charles Babbage", "Charles"),
        ("Albert Einstein", "Hans Albert Einstein"),
        ("Mr. Darcy", "Mrs. Darcy"),
        ("Countess of Lovelace", "Earl of Lovelace", "Lovelace"),
        ("Irène Joliot-Curie", "Curie"),
        ("Ada Lovelace", "Charles Babbage", "London"),
        ("Dr. Charles", "Charles Babbage"),
        ("Omar", "Omar Khayyam"),
        ("Samuel Hill", "Samuel Hill Sr."),
        ("Samuel Hill", "Samuel Hill III"),
    ],
)
def test_other_persons_and_ambiguous_names_stay_apart(names: tuple[str, ...]) -> None:
    assert grouped(names) == {frozenset([name]) for name in names}


@pytest.mark.parametrize(
    "names",
    [
        ("Ada Lovelace", "A. Lovelace", "Lady Lovelace", "Lovelace"),
        ("Marie Curie", "Pierre Curie", "P. Curie", "Curie"),
        ("John F. Kennedy", "John Fitzgerald Kennedy", "J. Kennedy", "Robert Kennedy", "Kennedy"),
    ],
)
def test_the_order_of_mentions_with_a_surname_does_not_matter(names: tuple[str, ...]) -> None:
    assert len({frozenset(grouped(order)) for order in permutations(names)}) == 1


def test_a_title_without_a_name_is_no_persons_full_name() -> None:
    assert grouped(["Ada Lovelace", "Lovelace", "Countess of Lovelace"]) == {
        frozenset({"Ada Lovelace", "Lovelace"}),
        frozenset({"Countess of Lovelace"}),
    }


def test_parts_of_longer_names_are_known() -> None:
    assert surnames(forms(["Ada Byron King", "Lovelace"])) == {
        ("ada",),
        ("king",),
        ("byron", "king"),
    }


@pytest.mark.parametrize(
    "names",
    [
        [f"Ada{at} Smith" for at in range(5_000)],
        [f"Ada Smith{at}" for at in range(5_000)],
        [f"A. B{at} Smith" for at in range(5_000)],
        [f"Smith{at}" for at in range(5_000)],
        [f"{'Dr. ' * (at % 7)}Ada {'von ' * (at % 5)}Smith{at % 50}" for at in range(5_000)],
        [" ".join(["Ada"] * at) for at in range(1, 500)],
        ["Dr. " * 20_000 + "Lovelace"],
    ],
    ids=lambda names: names[-1][:20],
)
def test_many_names_take_little_time(names: list[str]) -> None:
    with within(100):
        assert persons(forms(names))
