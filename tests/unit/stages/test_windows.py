import random
from typing import cast

import pytest
from tokenizers import Encoding, Tokenizer

from app.core.text import Span, sentences
from app.models.resolve import EMBEDDED_FOLDER
from app.stages.windows import Tokens, beginning, first_sentences, pack, tokenise, within
from tests.support.fake_classifiers import whole_words
from tests.support.scripts import scraps
from tests.support.tiny_tokenizers import TEXT, byte_pairs, word_pieces

ADA = "Ada met Babbage. She was angry.\n\nHe was not."


def parts(text: str) -> list[Tokens]:
    """Tokenise each sentence of a text into word pieces."""
    return [tokenise(word_pieces(), sentence) for sentence in sentences(text)]


@pytest.mark.parametrize("tokenizer", [word_pieces(), byte_pairs()], ids=["pieces", "bytes"])
def test_offsets_refer_to_the_article(tokenizer: Tokenizer) -> None:
    """Some tokenizers count the space before a word as part of it."""
    for sentence in sentences(TEXT):
        tokens = tokenise(tokenizer, sentence)
        assert "".join(TEXT[start:end] for start, end in tokens.offsets) == "".join(
            sentence.text.split()
        )
        assert tokens.end == sentence.end


def test_a_sentence_is_tokenised_as_within_its_article() -> None:
    """Byte pairs differ between a word at the start of a text and one after a space."""
    text = "In London. In London."
    whole = byte_pairs().encode(text, add_special_tokens=False).ids
    tokens = [tokenise(byte_pairs(), sentence) for sentence in sentences(text)]
    assert [token for part in tokens for token in part.ids] == whole


def test_begins_marks_the_first_token_of_each_word() -> None:
    text = "Byron's U.S. anger."
    tokens = tokenise(word_pieces(), Span(0, len(text), text))
    begins = zip(tokens.offsets, tokens.begins, strict=True)
    assert [text[start] for (start, _), begin in begins if begin] == ["B", "'", "s", "U", "a", "."]


@pytest.mark.parametrize("seed", range(10))
def test_the_words_of_ascii_are_those_that_it_has_beside_other_letters(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        text = "".join(rng.choices("aB3_.'-$ \x1c\t", k=20)).strip() + "a"
        alone, beside = (
            tokenise(byte_pairs(), Span(0, len(one), one)) for one in (text, f"{text} \u00e9")
        )
        assert beside.begins[: len(alone)] == alone.begins
        assert beside.offsets[: len(alone)] == alone.offsets


def embedded() -> Tokenizer:
    return Tokenizer.from_file(str(EMBEDDED_FOLDER / "entities" / "tokenizer.json"))


@pytest.mark.parametrize("tokenizer", [byte_pairs(), embedded()], ids=["bytes", "embedded"])
@pytest.mark.parametrize("seed", range(10))
def test_offsets_are_places_in_the_article_for_every_script(
    tokenizer: Tokenizer, seed: int
) -> None:
    """With combining marks, emoji, private characters and lone surrogates."""
    text = scraps(random.Random(seed), 5000)
    parts = [tokenise(tokenizer, sentence) for sentence in sentences(text)]
    for window in pack(parts, 50):
        assert all(0 <= start <= end <= len(text) for start, end in window.offsets)
        starts = [start for start, _ in window.offsets]
        assert starts == sorted(starts)
        assert window.end == 0 or window.offsets[-1][1] <= window.end
    assert beginning(tokenizer, text, "en", 50).end <= len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ताज महल", ["ताज", "महल"]),
        ("Jose\u0301 Ada", ["Jose\u0301", "Ada"]),
        ("京都は", ["京", "都", "は"]),
        ("❤\ufe0f!", ["❤\ufe0f", "!"]),
    ],
)
def test_marks_belong_to_the_word_of_their_letter(text: str, expected: list[str]) -> None:
    tokens = tokenise(byte_pairs(), Span(0, len(text), text))
    starts = [
        start for (start, _), begin in zip(tokens.offsets, tokens.begins, strict=True) if begin
    ]
    assert [text[start:][: len(word)] for start, word in zip(starts, expected, strict=True)] == (
        expected
    )


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Clara\U0001f389 sang", "Clara  sang"),
        ("Oslo\U0001f44d\U0001f3fd.", "Oslo  ."),
        ("\u2b50\ufe0fVega", "  Vega"),
    ],
)
def test_emoji_beside_a_word_are_read_as_spaces(text: str, plain: str) -> None:
    tokens = tokenise(embedded(), Span(0, len(text), text))
    assert tokens == tokenise(embedded(), Span(0, len(text), plain))


def test_windows_cover_all_tokens_once_and_never_exceed_their_size() -> None:
    random.seed(0)
    for room in random.sample(range(12, 80), 20):
        windows = list(pack(parts(TEXT), room))
        assert [i for window in windows for i in window.ids] == [
            i for part in parts(TEXT) for i in part.ids
        ]
        assert all(0 < len(window) <= room for window in windows)


def test_windows_end_at_the_end_of_a_sentence() -> None:
    ends = {sentence.end for sentence in sentences(TEXT)}
    assert {window.end for window in pack(parts(TEXT), 64)} <= ends


def test_a_long_sentence_is_cut_between_words() -> None:
    (sentence,) = parts("Analytical daughter finished language")
    for room in range(12, 30):
        heads = [window.begins[0] for window in pack([sentence], room)]
        assert all(heads), room


def test_a_word_longer_than_the_window_is_cut() -> None:
    (word,) = parts("a" * 50)
    assert [len(window) for window in pack([word], 20)] == [20, 20, 10]


def test_the_first_sentences_have_so_many_tokens_at_most() -> None:
    some = parts(ADA)
    first, second, third = map(len, some)
    assert list(within(some, first + second + third)) == some
    assert list(within(some, first + second + third - 1)) == some[:2]
    assert list(within(some, first)) == some[:1]


def test_a_first_sentence_with_more_tokens_is_truncated() -> None:
    (word,) = parts("a" * 50)
    (cut,) = within([word, word], 20)
    assert (len(cut), cut.end) == (20, word.offsets[19][1])


def test_the_beginning_holds_the_whole_sentences_that_fit() -> None:
    tokens = beginning(word_pieces(), ADA, "en", 60)
    assert ADA[: tokens.end] == ADA
    first = beginning(word_pieces(), ADA, "en", len(parts(ADA)[0]))
    assert ADA[: first.end] == "Ada met Babbage."


def test_a_first_sentence_that_does_not_fit_is_truncated() -> None:
    words = whole_words(["Ada", "met", "Babbage"])
    tokens = beginning(words, "Ada met Babbage", "en", 2)
    assert "Ada met Babbage"[: tokens.end] == "Ada met"


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_the_beginning_of_blank_text_is_empty(text: str) -> None:
    assert beginning(word_pieces(), text, "en", 10) == Tokens()


def test_the_first_sentences_end_at_a_number_or_at_the_room() -> None:
    lengths = [len(part) for part in parts(ADA)]
    assert len(first_sentences(word_pieces(), ADA, "en", 60, 2)) == 2
    assert len(first_sentences(word_pieces(), ADA, "en", sum(lengths[:2]), 9)) == 2
    assert len(first_sentences(word_pieces(), ADA, "en", sum(lengths[:2]) - 1, 9)) == 1


def test_a_single_first_sentence_is_truncated_to_the_room() -> None:
    words = whole_words(["Ada", "met", "Babbage"])
    (part,) = first_sentences(words, "Ada met Babbage. Ada.", "en", 2, 9)
    assert "Ada met Babbage"[: part.end] == "Ada met"
    assert first_sentences(words, " \n\n", "en", 2, 9) == []


class Recorder:
    """A tokenizer that records the lengths of the texts that it encodes."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self._tokenizer = word_pieces()

    def encode(self, text: str, *, add_special_tokens: bool) -> Encoding:
        self.lengths.append(len(text))
        return self._tokenizer.encode(text, add_special_tokens=add_special_tokens)


def long_span(start: int, word: str = "Ada met Babbage , ", times: int = 1000) -> Span:
    """A sentence of some thousand characters."""
    text = (word * times).rstrip()
    return Span(start, start + len(text), text)


@pytest.mark.parametrize("tokenizer", [word_pieces(), byte_pairs()], ids=["pieces", "bytes"])
@pytest.mark.parametrize("start", [0, 7])
def test_a_long_sentence_has_the_tokens_of_its_parts(tokenizer: Tokenizer, start: int) -> None:
    """It is encoded in pieces; without them a tokenizer would give the same."""
    span = long_span(start)
    whole = tokenizer.encode(f" {span.text}" if start else span.text, add_special_tokens=False)

    tokens = tokenise(tokenizer, span)

    assert tokens.ids == whole.ids
    read = [span.text[begin - start : end - start] for begin, end in tokens.offsets]
    assert "".join(read) == span.text.replace(" ", "")
    assert tokens.end == span.end


@pytest.mark.parametrize("word", ["Ada met Babbage , ", "a", "\n", "  a"])
def test_a_tokenizer_reads_few_characters_at_a_time(word: str) -> None:
    """It holds Python's lock as long."""
    recorder = Recorder()

    tokenise(cast("Tokenizer", recorder), long_span(0, word, 20_000))

    assert all(length <= 4001 for length in recorder.lengths)


def test_the_rest_of_a_sentence_that_does_not_fit_is_not_read() -> None:
    recorder = Recorder()
    text = long_span(0).text

    (cut,) = first_sentences(cast("Tokenizer", recorder), text, "en", 100, 8)

    assert len(cut) == 100
    assert len(recorder.lengths) == 1
