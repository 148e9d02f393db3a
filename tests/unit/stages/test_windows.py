import random
from collections.abc import Sequence

import pytest
from tokenizers import Tokenizer

from app.models.reader import Reader
from app.stages.windows import Row, Tokens, beginning, in_groups, pack, tokenise
from app.text import Span, sentences
from tests.support.fake_networks import reader, whole_words
from tests.support.tiny_tokenizers import TEXT, byte_pairs, word_pieces

ADA = "Ada met Babbage. She was angry.\n\nHe was not."


def parts(text: str) -> list[Tokens]:
    """A text's sentences as word pieces."""
    return [tokenise(word_pieces(), sentence) for sentence in sentences(text)]


@pytest.mark.parametrize("tokenizer", [word_pieces(), byte_pairs()], ids=["pieces", "bytes"])
def test_offsets_are_places_in_the_article(tokenizer: Tokenizer) -> None:
    """Whether or not a tokenizer counts the space before a word in."""
    for sentence in sentences(TEXT):
        tokens = tokenise(tokenizer, sentence)
        assert "".join(TEXT[start:end] for start, end in tokens.offsets) == "".join(
            sentence.text.split()
        )
        assert tokens.end == sentence.end


def test_a_sentence_inside_an_article_is_tokenised_as_in_it() -> None:
    """Byte pairs know a word at the beginning of a text from the same word after a space."""
    text = "In London. In London."
    whole = byte_pairs().encode(text, add_special_tokens=False).ids
    tokens = [tokenise(byte_pairs(), sentence) for sentence in sentences(text)]
    assert [token for part in tokens for token in part.ids] == whole


def test_words_begin_where_letters_do() -> None:
    """A piece that goes on with a word does not begin one; a sign is a word."""
    text = "Byron's U.S. anger."
    tokens = tokenise(word_pieces(), Span(0, len(text), text))
    begins = zip(tokens.offsets, tokens.begins, strict=True)
    assert [text[start] for (start, _), begin in begins if begin] == ["B", "'", "s", "U", "a", "."]


def test_windows_hold_whole_sentences_and_all_of_them() -> None:
    """Nothing is lost, nothing twice, no window is too long, whatever its room."""
    random.seed(0)
    for room in random.sample(range(12, 80), 20):
        windows = list(pack(parts(TEXT), room))
        assert [i for window in windows for i in window.ids] == [
            i for part in parts(TEXT) for i in part.ids
        ]
        assert all(0 < len(window) <= room for window in windows)


def test_sentences_are_not_cut_where_they_fit() -> None:
    """Each window ends where a sentence does."""
    ends = {sentence.end for sentence in sentences(TEXT)}
    assert {window.end for window in pack(parts(TEXT), 64)} <= ends


def test_a_long_sentence_is_cut_between_words() -> None:
    """Its pieces would mean nothing on both sides of a cut."""
    (sentence,) = parts("Analytical daughter finished language")
    for room in range(12, 30):
        heads = [window.begins[0] for window in pack([sentence], room)]
        assert all(heads), room


def test_a_word_longer_than_the_window_is_cut_all_the_same() -> None:
    """There is nowhere else to cut, and it must end."""
    (word,) = parts("a" * 50)
    assert [len(window) for window in pack([word], 20)] == [20, 20, 10]


def test_the_beginning_is_the_whole_sentences_that_fit() -> None:
    """`end` says where they end in the text."""
    tokens = beginning(word_pieces(), ADA, "en", 60)
    assert ADA[: tokens.end] == ADA
    first = beginning(word_pieces(), ADA, "en", len(parts(ADA)[0]))
    assert ADA[: first.end] == "Ada met Babbage."


def test_a_first_sentence_that_does_not_fit_is_cut() -> None:
    """A model that reads some of it says more than one that reads nothing."""
    words = whole_words(["Ada", "met", "Babbage"])
    tokens = beginning(words, "Ada met Babbage", "en", 2)
    assert "Ada met Babbage"[: tokens.end] == "Ada met"


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_a_text_without_words_has_no_beginning(text: str) -> None:
    """No tokens, and nothing is read."""
    assert beginning(word_pieces(), text, "en", 10) == Tokens()


class Echo:
    """Gives the rows back; remembers how they came."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    @property
    def reader(self) -> Reader:
        """Frames each row with two tokens."""
        return reader(whole_words([]))

    def __call__(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows."""
        self.groups.append([len(row) for row in rows])
        return rows


def test_groups_keep_to_the_budget_and_results_to_their_places() -> None:
    """Special tokens and padding are counted."""
    echo = Echo()
    rows = [[7] * length for length in (61, 1, 62, 2, 130)]
    assert in_groups(rows, 128, echo) == rows
    assert echo.groups == [[1, 2], [61, 62], [130]]
