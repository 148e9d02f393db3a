"""Classifiers with known answers: real tokenizers, fixed logits."""

from collections.abc import Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from app.models.classifier import Classifier, ClassifierKind
from app.models.encoding import Encoder, FloatArray, Forward, IntArray
from app.models.model_info import ModelInfo
from tests.support.tiny_tokenizers import TAGS

INFO = ModelInfo(
    stage="a stage", model="fake", revision="0", backend="onnx", device="cpu", dtype="int8"
)
SURE = 9.0


class Spy:
    """Wraps a forward function and records the shapes of its input."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, ids: IntArray, mask: IntArray) -> FloatArray:
        self.shapes.append(ids.shape)
        return self._forward(ids, mask)


def whole_words(words: Sequence[str]) -> Tokenizer:
    """A tokenizer of these words; other words are `?`, and < and > surround each text."""
    vocabulary = {word: at for at, word in enumerate(dict.fromkeys(["_", "<", ">", "?", *words]))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.add_special_tokens(["_", "<", ">"])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="< $A >", special_tokens=[("<", 1), (">", 2)]
    )
    return tokenizer


def encoder(tokenizer: Tokenizer, window: int = 64) -> Encoder:
    """The encoder for a tokenizer of `whole_words`."""
    return Encoder(tokenizer, (1,), (2,), 0, window)


def oracle_tagger(tags: Mapping[str, str], window: int = 64) -> Classifier:
    """A classifier that labels each of these words with its tag, and other words with O."""
    tokenizer = whole_words([*tags])
    answers = np.zeros((tokenizer.get_vocab_size(), len(TAGS)), np.float32)
    answers[:, 0] = 1
    for word, tag in tags.items():
        answers[tokenizer.token_to_id(word), TAGS.index(tag)] = SURE

    def forward(ids: IntArray, _: IntArray) -> FloatArray:
        return answers[ids]

    return Classifier(INFO, encoder(tokenizer, window), forward, TAGS, ClassifierKind.TOKENS)


def oracle_classifier(
    words: Mapping[str, Sequence[float]], labels: tuple[str, ...], window: int = 64
) -> Classifier:
    """A classifier whose logits for a text are the sum of the logits of its words."""
    tokenizer = whole_words([*words])
    answers = np.zeros((tokenizer.get_vocab_size(), len(labels)), np.float32)
    for word, logits in words.items():
        answers[tokenizer.token_to_id(word)] = logits

    def forward(ids: IntArray, mask: IntArray) -> FloatArray:
        total: FloatArray = (answers[ids] * mask[:, :, None]).sum(axis=1)
        return total

    return Classifier(INFO, encoder(tokenizer, window), forward, labels, ClassifierKind.TEXTS)
