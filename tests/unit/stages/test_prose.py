import pytest

from app.core.text import sentences
from app.core.values import Article
from app.stages import prose
from app.stages.prose import CHARACTERS, LONGEST, candidates, is_whole, items, read
from tests.support.fakes import article


def found(text: str, title: str = "Kyoto", language: str = "en") -> list[tuple[str, bool]]:
    """The candidates of a text, with whether they lean."""
    spans = sentences(text, language)
    return [(one.span.text, one.leans) for one in candidates(spans, title, language)]


def spoken(text: str, language: str) -> Article:
    return article(text=text).model_copy(update={"language": language})


@pytest.mark.parametrize(
    "sentence",
    [
        "Kyoto is a city.",
        "1984 is a novel.",
        "“Kyoto is old,” he said.",
        "(Kyoto is a city.)",
        "¿Dónde está la ciudad?",
        "iPhone is a telephone.",
        "京 都 は 日本 の 都市 である。",
        "Kyoto is a city of temples. [3] [4]",
        "$5 million was paid.",
        'The set has a 5.25" drive and a screen.',
        "The interval (2, 7] is half open.",
        "IPhone (also called iPod (or iPad) is a telephone.",
        "თბილისი არის ქალაქი.",
    ],
)
def test_whole_sentences(sentence: str) -> None:
    assert is_whole(sentence, "IPhone (telephone)")


@pytest.mark.parametrize(
    "piece",
    [
        "and then it was built.",
        "Places of interest",
        "Ha! Ha!",
        "It was built (by",
        "It was built in 1800 (see the map.",
        "1815) was a mathematician.",
        "“Kyoto is old. It has temples.",
        ", which was built in 1800.",
        "* Temples of Kyoto and others.",
        "– Temples of Kyoto and others.",
        "",
        "...",
        "The following rivers flow north:",
        "London: Penguin Books, 1999.",
        "The Blue Train (1928).",
        "b) Temples of the city and others.",
        f"A{'a' * LONGEST} is a word.",
    ],
)
def test_pieces_that_are_no_whole_sentences(piece: str) -> None:
    assert not is_whole(piece, "Kyoto")


def test_a_sentence_with_a_reference_leans_on_the_one_before_it() -> None:
    assert found("Kyoto is a city. It has many temples.") == [
        ("Kyoto is a city.", False),
        ("It has many temples.", True),
    ]


def test_a_reference_to_what_cannot_be_chosen_is_left_out() -> None:
    """Not to a heading, and not at the beginning."""
    text = "It is old.\n\nKyoto is a city.\n\nTemples\n\nThey are old. These are of wood."
    assert found(text) == [("Kyoto is a city.", False)]


def test_a_title_that_is_a_pronoun_is_no_reference() -> None:
    assert found("It is a novel by Stephen King.", "It (novel)")[0][1] is False
    assert found("The It is a novel by Stephen King.", "It (novel)")[0][1] is False


def test_english_rules_hold_only_for_english() -> None:
    assert found("He is een stad. This is a list of towns.", language="nl") == [
        ("He is een stad.", False),
        ("This is a list of towns.", False),
    ]


def test_sentences_about_the_page_are_left_out_if_there_are_others() -> None:
    assert found("This article is about a city. Kyoto is a city.") == [("Kyoto is a city.", False)]
    only = read(article(text="This article is about a city in Japan."))
    assert [one.span.text for one in only.candidates] == ["This article is about a city in Japan."]


def test_only_the_beginning_of_an_article_is_read() -> None:
    long = article(text="Kyoto is a city of many old temples. " * 1000)
    reading = read(long)
    assert CHARACTERS <= reading.end < CHARACTERS + LONGEST
    assert reading.candidates[-1].span.start < CHARACTERS


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("word " * 20_000, ("word " * 10).strip()),
        ("two words, " * 20_000, ("two words, " * 5).strip(", ")),
        ("x" * 20_000, "x" * 400),
        ("都市、" * 20_000, ("都市、" * 10).strip("、")),
        ("Kyoto is a city of many very, very old temples.",) * 2,
    ],
)
def test_a_sentence_that_is_much_too_long_is_cut_at_a_space_or_a_comma(text: str, cut: str) -> None:
    (only,) = read(article(text=text)).candidates
    short = prose.shortened(only.span, 10)
    assert (short.text, short.end) == (cut, len(cut))


def test_text_without_end_marks_is_used_as_it_is() -> None:
    assert [one.span.text for one in read(article(text="Ada Lovelace")).candidates] == [
        "Ada Lovelace"
    ]


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("John Adair\n\nFranz Boas", ["John Adair", "Franz Boas"]),
        ("* John Adair\n\n• Franz Boas;\n\n– Ana", ["John Adair", "Franz Boas", "Ana"]),
        ("This is a list of people.\n\nJohn Adair Jr.\n\nAna\n\nBoas, F.\n\nUte\n\nEva", None),
        ("See also: Writers\n\nJohn Adair\n\nFranz Boas", ["John Adair", "Franz Boas"]),
        ("People include:\n\nJohn Adair\n\nFranz Boas", ["John Adair", "Franz Boas"]),
        ("河野\n\n山田", ["河野", "山田"]),
        ("สมชาย ใจดี\n\nสมหญิง รักไทย", ["สมชาย ใจดี", "สมหญิง รักไทย"]),
        ("Airplane!\n\nWhat About Bob?\n\nOliver!", ["Airplane!", "What About Bob?", "Oliver!"]),
        ("1. The Birds.\n\n2. Gone with the Wind.", ["1. The Birds.", "2. Gone with the Wind."]),
        ("Acme Inc.\n\nAnn Doe Jr.\n\nacme inc.", ["Acme Inc.", "Ann Doe Jr."]),
        (
            "This is a list of lists.\n\nLists of seas\n\nList of bays",
            ["Lists of seas", "List of bays"],
        ),
        ("○ Ann\n\n→ Bob\n\n1) Cid\n\na) Dan\n\nNotes", ["Ann", "Bob", "Cid", "Dan"]),
        ("Kyoto is old.\n\nIt has a wall.\n\nOsaka", []),
        ("Ada Lovelace", []),
        ("Kyoto is a city in the west of Japan.\n\nTemples", []),
        ("", []),
    ],
)
def test_items_of_lists(text: str, listed: list[str] | None) -> None:
    expected = ["John Adair Jr.", "Ana", "Boas, F.", "Ute", "Eva"] if listed is None else listed
    made = items(text, "en")
    assert [one.text for one in made] == expected
    assert all(text[one.start : one.end] == one.text for one in made)


def test_an_article_is_a_list_only_if_it_has_no_sentence_of_its_own() -> None:
    names = "\n\nJohn Adair\n\nFranz Boas\n\nAna Ruiz"
    assert read(article(text="This is a list of people." + names)).items
    assert not read(article(text="Anthropologists study how human beings live." + names)).items


def test_a_sentence_about_the_title_makes_a_list_of_works_an_article() -> None:
    works = "Ann Doe is a poet.\n\nRed. Paris, 1901.\n\nThe Blue (1905).\n\nGo!"
    reading = read(article("Ann Doe", works))
    assert [one.span.text for one in reading.candidates] == ["Ann Doe is a poet."]


def test_a_caption_above_the_first_sentence_is_left_out() -> None:
    def first(text: str) -> str:
        return read(article("Visby", text)).candidates[0].span.text

    assert first("The wall of Visby in winter.\n\nVisby is a town.") == "Visby is a town."
    assert first("In Sweden, a town is old. Visby is one.") == "In Sweden, a town is old."


def test_a_piece_of_a_line_without_end_marks_leans_on_the_one_before_it() -> None:
    line = "เกียวโตเป็นเมืองในประเทศญี่ปุ่น เมืองนี้มีวัดเก่าแก่มากมายหลายแห่ง"
    assert [leans for _, leans in found(f"{line}\n\n{line}", language="th")] == [
        *(False, True),
        *(False, True),
    ]


def test_texts_of_long_lines_without_end_marks_are_no_lists() -> None:
    line = "เกียวโตเป็นเมืองในประเทศญี่ปุ่น " * 10
    reading = read(spoken(f"{line}\n\n{line}\n\n{line}", "th"))
    assert reading.candidates
    assert not reading.items


def test_lines_are_found_where_they_stand() -> None:
    text = "One.\n\nTwo.\n\n\nThree."
    assert [text[one.start : one.end] for one in prose.lines(text)] == ["One.", "Two.", "Three."]
