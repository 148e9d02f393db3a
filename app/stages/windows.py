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
_EMOJI: Final = r"[[\p{So}--[\u00b0]]\U0001f3fb-\U0001f3ff]"
_EMOJIS: Final = rf"{_EMOJI}[{_EMOJI}\u200d\ufe0f]*+"
_ATTACHED: Final = regex.compile(
    rf"(?<=\w){_EMOJIS}|(?<![{_EMOJI}\u200d\ufe0f]){_EMOJIS}(?=\w)", regex.V1
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")  # tokenizers refuse it
_ACROSS: Final = re.compile(r"\s+")


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


def tokenise(tokenizer: Tokenizer, sentence: Span) -> Tokens:
    """The tokens of a sentence.

    Inside an article a space is put before it: some vocabularies distinguish " The" from "The".
    Emoji without a space beside a word are left out: with them the word would be unknown.
    """
    inside = sentence.start > 0
    whole = _SURROGATE.sub("\ufffd", sentence.text)
    if not whole.isascii():
        whole = _ATTACHED.sub(lambda match: " " * len(match[0]), whole)
    text = f" {whole}" if inside else whole
    shift = sentence.start - inside
    words = [match.start() for match in _WORD.finditer(text)]
    encoding = tokenizer.encode(text, add_special_tokens=False)
    offsets = [_trimmed(text, *offset) for offset in encoding.offsets]
    owners = [bisect_right(words, start) for start, _ in offsets]
    return Tokens(
        sentence.end,
        encoding.ids,
        [(start + shift, end + shift) for start, end in offsets],
        [owner != before for before, owner in zip([-1, *owners], owners, strict=False)],
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The offsets of a token without the white space that some tokenizers include."""
    space = _ACROSS.match(text, start, end)
    return (space.end() if space else start), end


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
    parts = (tokenise(tokenizer, sentence) for sentence in sentences(text, language))
    return next(pack(parts, room), Tokens())


def first_sentences(
    tokenizer: Tokenizer, text: str, language: str, room: int, most: int
) -> list[Tokens]:
    """The first sentences of a text: at most `most`, which together fit into `room` tokens.

    If the first sentence does not fit, it is truncated.
    """
    found: list[Tokens] = []
    parts = (tokenise(tokenizer, sentence) for sentence in sentences(text, language))
    for part in islice((part for part in parts if part.ids), most):
        if len(part) > room:
            return found or [part.split(room)[0]]
        found.append(part)
        room -= len(part)
    return found
