"""Tokenises sentences, and packs them into the windows of a model. Each is tokenised once."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import regex
from tokenizers import Tokenizer

from app.core.scripts import JOINED
from app.core.text import Span, sentences

_PART: Final = r"[\p{M}\u200c\u200d\ufe0f]*+"
_RUN: Final = rf"(?:[\w--[{JOINED}\p{{M}}]]{_PART})++"
_WORD: Final = regex.compile(
    rf"(?:\w\.){{2,}}+|{_RUN}(?:\.{_RUN})*+|[^\s\p{{M}}]{_PART}|\p{{M}}++", regex.V1
)
_ASCII: Final = re.compile(r"(?:\w\.){2,}+|\w++(?:\.\w++)*+|\S", re.ASCII)
"""The same words, found faster."""
_EMOJI: Final = r"[[\p{So}--[\u00b0]]\U0001f3fb-\U0001f3ff]"
_EMOJIS: Final = rf"{_EMOJI}[{_EMOJI}\u200d\ufe0f]*+"
_ATTACHED: Final = regex.compile(
    rf"(?<=\w){_EMOJIS}|(?<![{_EMOJI}\u200d\ufe0f]){_EMOJIS}(?=\w)", regex.V1
)
_PIECE: Final = re.compile(r"(.{1,4000}(?<=\S)(?= \S|\Z)|.{1,4000})(?: (?=\S))?", re.DOTALL)
"""At most 4,000 characters, up to a space if there is one, and that space.

The tokenizer holds Python's lock: a longer text would stop other requests for up to 0.3 s.
"""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")  # tokenizers refuse it


@dataclass(frozen=True, slots=True)
class Tokens:
    """Consecutive tokens of an article; `end` is the offset in the article where they end.

    `offsets` are (start, end) in the article, in characters. `begins` is true for a token that
    begins a word. A word is a run of letters and digits (U.S. and 3.5 are one each) or a single
    sign, with its marks, independent of the tokenizer's own words. Without spaces between words,
    as in Chinese, each letter is one.
    """

    end: int = 0
    ids: list[int] = field(default_factory=list)
    offsets: list[tuple[int, int]] = field(default_factory=list)
    begins: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def then(self, other: "Tokens") -> "Tokens":
        """These tokens, followed by `other`."""
        return Tokens(
            other.end,
            self.ids + other.ids,
            self.offsets + other.offsets,
            self.begins + other.begins,
        )

    def split(self, room: int) -> tuple["Tokens", "Tokens"]:
        """At most `room` tokens, so that no word is split, and the rest."""
        at = next((at for at in range(room, 0, -1) if self.begins[at]), room)
        return (
            Tokens(self.offsets[at - 1][1], self.ids[:at], self.offsets[:at], self.begins[:at]),
            Tokens(self.end, self.ids[at:], self.offsets[at:], self.begins[at:]),
        )


def tokenise(tokenizer: Tokenizer, sentence: Span, room: int | None = None) -> Tokens:
    """The tokens of a sentence; of one with more than `room`, at least the first `room` + 1.

    A sentence of over 4,000 characters is read in pieces. They end at spaces, as words do. A phrase
    that the tokenizer reads as one word can be divided, and a longer word is.
    """
    tokens = Tokens(sentence.end)
    for piece in _pieces(sentence):
        part = _encoded(tokenizer, piece)
        tokens.ids.extend(part.ids)
        tokens.offsets.extend(part.offsets)
        tokens.begins.extend(part.begins)
        if room is not None and len(tokens) > room:
            break
    return tokens


def _pieces(sentence: Span) -> Iterator[Span]:
    for match in _PIECE.finditer(sentence.text):
        start, end = match.span(1)
        yield Span(sentence.start + start, sentence.start + end, match[1])


def _encoded(tokenizer: Tokenizer, sentence: Span) -> Tokens:
    """The tokens of a piece.

    Inside an article a space is put before it: some vocabularies distinguish " The" from "The".
    Emoji without a space beside a word are left out: with them the word would be unknown.
    """
    inside = sentence.start > 0
    whole = _SURROGATE.sub("\ufffd", sentence.text)
    if not whole.isascii():
        whole = _ATTACHED.sub(lambda match: " " * len(match[0]), whole)
    text = f" {whole}" if inside else whole
    shift = sentence.start - inside
    pattern = _ASCII if text.isascii() else _WORD
    words = [match.start() for match in pattern.finditer(text)]
    encoding = tokenizer.encode(text, add_special_tokens=False)
    offsets = [_trimmed(text, start, end) for start, end in encoding.offsets]
    owners = [bisect_right(words, start) for start, _ in offsets]
    return Tokens(
        sentence.end,
        encoding.ids,
        [(start + shift, end + shift) for start, end in offsets],
        [owner != before for before, owner in zip([-1, *owners], owners, strict=False)],
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The offsets of a token without the white space that some tokenizers include."""
    while start < end and text[start].isspace():
        start += 1
    return start, end


def within(parts: Iterable[Tokens], most: int) -> Iterator[Tokens]:
    """The first sentences, which have `most` tokens together; a longer first one is truncated."""
    left = most
    for part in parts:
        if len(part) > left:
            if left == most:
                yield part.split(most)[0]
            return
        left -= len(part)
        yield part


def pack(parts: Iterable[Tokens], room: int) -> Iterator[Tokens]:
    """Windows of whole sentences, of at most `room` tokens each; a longer sentence is split."""
    window = Tokens()
    for part in parts:
        rest = part
        if window.ids and len(window) + len(rest) > room:
            yield window
            window = Tokens()
        while len(rest) > room:
            head, rest = rest.split(room)
            yield head
        window = window.then(rest)
    if window.ids:
        yield window


def beginning(tokenizer: Tokenizer, text: str, language: str, room: int) -> Tokens:
    """The whole sentences at the beginning of a text that fit into `room` tokens.

    If the first sentence does not fit, it is truncated.
    """
    parts = (tokenise(tokenizer, sentence, room) for sentence in sentences(text, language))
    return next(pack(parts, room), Tokens())


def first_sentences(
    tokenizer: Tokenizer, text: str, language: str, room: int, most: int
) -> list[Tokens]:
    """The first sentences of a text: at most `most`, which together fit into `room` tokens.

    If the first sentence does not fit, it is truncated.
    """
    found: list[Tokens] = []
    parts = (tokenise(tokenizer, sentence, room) for sentence in sentences(text, language))
    for part in islice((part for part in parts if part.ids), most):
        if len(part) > room:
            return found or [part.split(room)[0]]
        found.append(part)
        room -= len(part)
    return found
