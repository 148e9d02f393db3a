"""Networks whose answers a test knows: real tokenizers, made-up logits."""

from collections.abc import Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from app.models.about import About
from app.models.network import Kind, Network
from app.models.reader import FloatArray, Forward, IntArray, Reader
from tests.support.tiny_tokenizers import TAGS

ABOUT = About(
    stage="a stage", model="fake", revision="0", backend="onnx", device="cpu", dtype="int8"
)
SURE = 9.0


class Spy:
    """A forward that remembers the shapes it was called with."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, ids: IntArray, mask: IntArray) -> FloatArray:
        self.shapes.append(ids.shape)
        return self._forward(ids, mask)


def whole_words(words: Sequence[str]) -> Tokenizer:
    """A tokenizer that knows these words, and takes every other for `?`; framed by < and >."""
    vocabulary = {word: at for at, word in enumerate(dict.fromkeys(["_", "<", ">", "?", *words]))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.add_special_tokens(["_", "<", ">"])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="< $A >", special_tokens=[("<", 1), (">", 2)]
    )
    return tokenizer


def reader(tokenizer: Tokenizer, window: int = 64) -> Reader:
    """A reader for a tokenizer of this module."""
    return Reader(tokenizer, (1,), (2,), 0, window)


def oracle_tagger(tags: Mapping[str, str], window: int = 64) -> Network:
    """A network that gives each of the words its tag, and every other word O."""
    tokenizer = whole_words([*tags])
    answers = np.zeros((tokenizer.get_vocab_size(), len(TAGS)), np.float32)
    answers[:, 0] = 1
    for word, tag in tags.items():
        answers[tokenizer.token_to_id(word), TAGS.index(tag)] = SURE

    def forward(ids: IntArray, _: IntArray) -> FloatArray:
        return answers[ids]

    return Network(ABOUT, reader(tokenizer, window), forward, TAGS, Kind.TOKENS)


def oracle_classifier(
    words: Mapping[str, Sequence[float]], labels: tuple[str, ...], window: int = 64
) -> Network:
    """A network whose logits for a text are the sum of those of its words."""
    tokenizer = whole_words([*words])
    answers = np.zeros((tokenizer.get_vocab_size(), len(labels)), np.float32)
    for word, logits in words.items():
        answers[tokenizer.token_to_id(word)] = logits

    def forward(ids: IntArray, mask: IntArray) -> FloatArray:
        total: FloatArray = (answers[ids] * mask[:, :, None]).sum(axis=1)
        return total

    return Network(ABOUT, reader(tokenizer, window), forward, labels, Kind.TEXTS)
