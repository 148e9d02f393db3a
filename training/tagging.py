"""Converts words and labels to tokens and targets, and token scores to word labels.

A word may have several tokens, including its case mark. All of them have the word's type, and only
the first has B: token labels are thus valid BIO without knowledge of the words.
"""

from collections.abc import Sequence
from itertools import accumulate, chain
from random import Random
from typing import Final, cast

import numpy as np
from tokenizers import Tokenizer

from training.crossner import TYPES
from training.data import Tagged
from training.loop import IGNORED, Example, Logits, softmax
from training.scores import spans

LABELS: Final = ("O", *(f"{prefix}-{kind}" for kind in TYPES for prefix in "BI"))
NUMBER: Final = {label: i for i, label in enumerate(LABELS)}
_KINDS: Final = ("O", *TYPES)


def frame(tokenizer: Tokenizer) -> tuple[int, int]:
    """The ids of [CLS] and [SEP], the first and last token of every input.

    Raises:
        ValueError: the tokenizer lacks them.
    """
    start, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    if start is None or end is None:
        raise ValueError("the tokenizer has no [CLS] or [SEP]")
    return start, end


def encode(tokenizer: Tokenizer, words: Sequence[str]) -> tuple[list[int], list[int]]:
    """Token ids without special tokens, and the index of each token's word."""
    starts = list(accumulate((len(word) + 1 for word in words), initial=0))
    encoding = tokenizer.encode(" ".join(words), add_special_tokens=False)
    at = np.searchsorted(starts, [first for first, _ in encoding.offsets], side="right") - 1
    return encoding.ids, at.tolist()


def proper(sentence: Tagged) -> Tagged:
    """The sentence without entities that lack a capital and a digit: those are common nouns.

    CrossNER tags about a hundred ("gas giant", "loss function"). They are not names.
    """
    labels = list(sentence.labels)
    for _, first, last in spans(labels):
        if not any(
            char.isupper() or char.isdigit() for char in "".join(sentence.words[first:last])
        ):
            labels[first:last] = ["O"] * (last - first)
    return Tagged(sentence.words, tuple(labels))


def token_targets(labels: Sequence[str], owners: Sequence[int]) -> list[int]:
    """The target of each token: its word's label, with B only on the word's first token."""
    before = (-1, *owners[:-1])
    return [
        NUMBER[labels[word] if word != last else labels[word].replace("B-", "I-")]
        for last, word in zip(before, owners, strict=True)
    ]


def example(tokenizer: Tokenizer, sentence: Tagged) -> Example:
    """A sentence as an example without special tokens, for `joined`."""
    ids, owners = encode(tokenizer, sentence.words)
    return Example(ids, token_targets(sentence.labels, owners))


def _numbers(one: Example) -> list[int]:
    return cast("list[int]", one.targets)


def framed(parts: Sequence[Example], start: int, end: int) -> Example:
    """Sentences joined to one input, between [CLS] and [SEP]."""
    return Example(
        [start, *chain.from_iterable(part.ids for part in parts), end],
        [IGNORED, *chain.from_iterable(map(_numbers, parts)), IGNORED],
    )


def joined(parts: Sequence[Example], longest: int, rng: Random) -> list[list[Example]]:
    """Random groups of sentences, like the windows of an article; each starts one with p >= 0.5."""
    groups: list[list[Example]] = []
    room = 0
    for part in rng.sample(parts, len(parts)):
        if len(part.ids) > room or rng.random() < 0.5:
            groups.append([])
            room = longest
        groups[-1].append(part)
        room -= len(part.ids)
    return groups


def word_labels(logits: Logits, owners: Sequence[int], words: int) -> list[str]:
    """The label of each word: its tokens vote on the type; its first token decides on B or I."""
    shares = softmax(logits)
    begins, inside = shares[:, 1::2], shares[:, 2::2]
    kinds = np.concatenate([shares[:, :1], begins + inside], axis=1)
    owner = np.asarray(owners)
    labels = ["O"] * words
    for word in np.unique(owner):
        mine = np.flatnonzero(owner == word)
        kind = int(kinds[mine].sum(axis=0).argmax())
        if kind:
            first = mine[0]
            prefix = "B" if begins[first, kind - 1] > inside[first, kind - 1] else "I"
            labels[word] = f"{prefix}-{_KINDS[kind]}"
    return labels
