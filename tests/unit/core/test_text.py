import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.text import Span, sentences, split_lead, tidy


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", ""),
        (" \n\n\t\n", ""),
        ("one", "one"),
        ("  one \t two  ", "one two"),
        ("one\ntwo", "one\n\ntwo"),
        ("one\n\n\n\ntwo\n", "one\n\ntwo"),
        ("one\r\ntwo\rthree", "one\n\ntwo\n\nthree"),
        ("one\u00a0two", "one two"),
        ("\ufeffa set \u2060 G\u2060 with a hy\u00adphen\u200b", "a set G with a hyphen"),
        ("a\u200cb\u200dc", "a\u200cb\u200dc"),
        ("one\u2028two", "one\n\ntwo"),
    ],
)
def test_tidy_normalises_white_space(raw: str, expected: str) -> None:
    assert expected == tidy(raw)


@pytest.mark.parametrize(
    "heading", ["== H ==", "==H==", "=== H ===", "====== H ======", " == H == "]
)
def test_tidy_removes_headings(heading: str) -> None:
    """Levels 2 to 6: articles have no heading of level 1."""
    assert tidy(f"one\n{heading}\ntwo") == "one\n\ntwo"
    assert tidy(heading) == ""


@pytest.mark.parametrize("line", ["= H =", "a == b", "== H == and more", "====", "== a", "a =="])
def test_tidy_keeps_other_lines_with_equals_signs(line: str) -> None:
    assert tidy(f"one\n{line}\ntwo") == f"one\n\n{line}\n\ntwo"


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_a_tidied_text_has_no_excess_white_space(raw: str) -> None:
    text = tidy(raw)
    assert "\n\n\n" not in text
    assert text == text.strip()
    assert all(line == line.strip() for line in text.split("\n"))


def test_the_lead_is_all_text_above_the_first_heading() -> None:
    raw = "One.\nTwo.\n\n== First ==\nThree.\n=== Second ===\nFour."
    assert split_lead(raw) == ("One.\n\nTwo.", "One.\n\nTwo.\n\nThree.\n\nFour.")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("One.\n\nTwo.", "One."),
        ("== First ==\nOne.\nTwo.", "One."),
        ("\n\n== First ==\n== Second ==\nOne.\nTwo.", "One."),
        ("One.", "One."),
        ("", ""),
        ("== Only ==", ""),
    ],
)
def test_without_text_above_a_heading_the_lead_is_the_first_paragraph(
    raw: str, expected: str
) -> None:
    assert expected == split_lead(raw)[0]


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet=st.sampled_from("ab .\n=\t")))
def test_a_text_begins_with_its_lead(raw: str) -> None:
    lead, text = split_lead(raw)
    assert text.startswith(lead)
    assert bool(lead) == bool(text)


def test_sentences_have_their_offsets() -> None:
    text = " Dr. Lee came.  He left.\n\nWhy? "
    expected = [
        Span(1, 14, "Dr. Lee came."),
        Span(16, 24, "He left."),
        Span(26, 30, "Why?"),
    ]
    assert expected == list(sentences(text))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "A text of 1.5 lines. And more", ["A text of 1.5 lines.", "And more"]),
        ("en", "“Go. Now.” He went.", ["“Go. Now.”", "He went."]),
        ("de", "Am 3. Mai kam z. B. Ada. Und ging.", ["Am 3. Mai kam z. B. Ada.", "Und ging."]),
        ("ja", "一つ目。二つ目。", ["一つ目。", "二つ目。"]),
        ("ar", "مرحبا. كيف حالك؟", ["مرحبا.", "كيف حالك؟"]),
        ("xx", "One. Two.", ["One.", "Two."]),
    ],
)
def test_sentences_are_split_by_language(language: str, text: str, expected: list[str]) -> None:
    """An unknown language is split like English."""
    assert expected == [span.text for span in sentences(text, language)]


@pytest.mark.parametrize("text", ["", " ", "\n\n \t"])
def test_blank_text_has_no_sentences(text: str) -> None:
    assert list(sentences(text)) == []


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_every_sentence_is_the_text_at_its_offsets(text: str) -> None:
    spans = list(sentences(text))
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert "".join("".join(span.text.split()) for span in spans) == "".join(text.split())


@settings(deadline=None, max_examples=30)  # the machine may be busy
@given(
    st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=8),
    st.sampled_from(["\n\n", "\n", " ", ""]),
    st.sampled_from(["en", "de", "ja", "ar", "hi", "th", "xx"]),
    st.integers(10_000, 40_000),
)
def test_every_sentence_of_a_long_text_is_the_text_at_its_offsets(
    paragraphs: list[str], gap: str, language: str, length: int
) -> None:
    """The splitter may work in chunks."""
    once = gap.join(paragraphs) + gap
    text = once * (length // len(once))
    spans = list(sentences(text, language))
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert "".join("".join(span.text.split()) for span in spans) == "".join(text.split())


def test_offsets_are_right_after_10_kb() -> None:
    """Regression test: blank lines before an offset used to shift it beyond about 10 kB."""
    sentence = "Ada Lovelace met Charles Babbage in London."
    text = "\n\n".join([sentence] * 1000)
    spans = list(sentences(text))
    assert [span.text for span in spans] == [sentence] * 1000
    assert all(text[span.start : span.end] == sentence for span in spans)
