"""Simple baselines on the same data, which each model must beat."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import AutoModel

from training import base
from training.data import Tagged
from training.loop import Logits, pad
from training.scores import spans

LONGEST_NAME: Final = 6  # words
RIDGE: Final = 1e-4  # the weight of the penalty on squared weights


class WordList:
    """Tags names seen in training with their most frequent type; longer names have priority."""

    def __init__(self, sentences: Iterable[Tagged]) -> None:
        seen: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for one in sentences:
            for kind, first, last in spans(one.labels):
                seen[one.words[first:last]][kind] += 1
        self.kinds = {words: counts.most_common(1)[0][0] for words, counts in seen.items()}

    def tag(self, words: Sequence[str]) -> list[str]:
        """The BIO label of each word."""
        labels: list[str] = []
        while len(labels) < len(words):
            labels += self._next(tuple(words[len(labels) : len(labels) + LONGEST_NAME]))
        return labels

    def _next(self, ahead: tuple[str, ...]) -> list[str]:
        for size in range(len(ahead), 0, -1):
            if kind := self.kinds.get(ahead[:size]):
                return [f"B-{kind}", *[f"I-{kind}"] * (size - 1)]
        return ["O"]


def embeddings(rows: Sequence[list[int]], size: int = 32) -> Logits:
    """The base's sentence embeddings: the mean over tokens, scaled to unit length."""
    model = AutoModel.from_pretrained(base.folder()).eval()
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    found = np.zeros((len(rows), model.config.hidden_size), np.float32)
    for at in range(0, len(order), size):
        chunk = order[at : at + size]
        found[chunk] = _pooled(model, [rows[one] for one in chunk])
    return found


def _pooled(model: torch.nn.Module, rows: Sequence[list[int]]) -> Logits:
    mask = pad([[1] * len(row) for row in rows], 0)
    with torch.inference_mode():
        states = model(input_ids=pad(rows, 0), attention_mask=mask).last_hidden_state
    summed = (states * mask[..., None]).sum(dim=1)
    unit: Logits = torch.nn.functional.normalize(summed, dim=1).numpy()
    return unit


class Regression:
    """Logistic regression on frozen embeddings, with the same class weights as the model."""

    def __init__(self, points: Logits, targets: Sequence[int], weights: Sequence[float]) -> None:
        self.head = torch.nn.Linear(points.shape[1], len(weights))
        x, y, scale = torch.from_numpy(points), torch.tensor(targets), torch.tensor(weights)
        optimizer = torch.optim.LBFGS(self.head.parameters(), max_iter=300)

        def closure() -> float:
            optimizer.zero_grad()
            loss = cross_entropy(self.head(x), y, scale) + RIDGE * self.head.weight.square().sum()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
            return loss.item()

        optimizer.step(closure)  # type: ignore[no-untyped-call]  # torch's own

    def logits(self, points: Logits) -> NDArray[np.float32]:
        """The logits of each class, shape (points, classes)."""
        with torch.inference_mode():
            scores: Logits = self.head(torch.from_numpy(points)).numpy()
        return scores


def sentence_vectors(tokenizer: Tokenizer, texts: Sequence[str]) -> Logits:
    """Embeddings of texts, truncated to the base's positions."""
    return embeddings([one.ids[: base.LONGEST] for one in tokenizer.encode_batch(list(texts))])
