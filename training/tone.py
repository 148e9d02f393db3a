"""Train and evaluate the embedded tone gate: NEGATIVE, NEUTRAL, POSITIVE.

``python -m training.tone DATA OUT`` writes the model folder OUT.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from training import base, tone_card
from training.baseline import Regression, sentence_vectors
from training.command import load_or_train, parser
from training.identities import named, sections, swap
from training.masks import ROWS, mask_groups, replacement
from training.written import fill, read_written
from training.data import TONES, Rated, read_emobank
from training.export import export, onnx_forward
from training.loop import (
    Example,
    Forward,
    Logits,
    Recipe,
    fit,
    predict,
    seed_everything,
    softmax,
    torch_forward,
)
from training.probes import THRESHOLDS, by_subject, country_spread, gate_scores
from training.scores import Tally, accuracy, auc, macro_f1, per_class, tally
from training.tagging import frame

TextModel = Callable[[Sequence[str]], Logits]

RECIPE: Final = Recipe(rate=1e-4, batch=16, epochs=2, seed=1)
COPIES: Final = 2  # occurrences in an epoch of a written sentence, each with other words
LONGEST: Final = 256  # tokens of an article that the gate reads


class Tokenizers(NamedTuple):
    """The base's tokenizer, and the served one, which masks words for groups of people."""

    plain: Tokenizer
    masked: Tokenizer


def tokenizers() -> Tokenizers:
    """Both tokenizers."""
    plain = base.bare_tokenizer()
    return Tokenizers(plain, mask_groups(plain))


def root_weights(tones: Sequence[int]) -> list[float]:
    """The weight of each class: the inverse root of its share, with a mean near one."""
    counts = Counter(tones)
    return [(len(tones) / (len(TONES) * counts[at])) ** 0.5 for at in range(len(TONES))]


def token_ids(
    tokenizer: Tokenizer, texts: Sequence[str], longest: int = LONGEST
) -> list[list[int]]:
    """Token ids with [CLS] and [SEP], truncated to `longest`."""
    _, end = frame(tokenizer)
    rows = (encoding.ids for encoding in tokenizer.encode_batch(list(texts)))
    return [ids if len(ids) <= longest else [*ids[: longest - 1], end] for ids in rows]


def examples(rated: Sequence[Rated], tokenizers: Tokenizers, rng: Random) -> list[Example]:
    """The examples of one epoch: EmoBank, and `COPIES` of each written sentence."""
    written = [Rated(fill(one.text, rng), one.valence) for one in read_written() * COPIES]
    some = [*rated, *written]
    twins = [swap(one.text, rng) if named(one.text) else "" for one in some]
    rows = token_ids(tokenizers.masked, [one.text for one in some])
    others = token_ids(tokenizers.plain, twins)
    return [
        Example(row, one.shares, other if twin else None)
        for row, one, twin, other in zip(rows, some, twins, others, strict=True)
    ]


def train(rated: Sequence[Rated], tokenizers: Tokenizers, recipe: Recipe) -> PreTrainedModel:
    """Fine-tune the base on single sentences."""
    seed_everything(recipe.seed)
    model = base.for_texts(TONES)
    write_marks(model, tokenizers.plain)
    weights = root_weights([one.tone for one in rated])
    fit(model, lambda rng: examples(rated, tokenizers, rng), recipe, weights)
    unweight(model, weights)
    return model


def write_marks(model: PreTrainedModel, tokenizer: Tokenizer) -> None:
    """Give each mark the mean embedding of the terms that it replaces."""
    words = model.get_input_embeddings().weight
    with torch.no_grad():
        for row, mark in ROWS.items():
            terms = [term for one in sections() if replacement(one) == mark for term in one.terms]
            ids = [id for one in tokenizer.encode_batch(terms, add_special_tokens=False) for id in one.ids]
            words[tokenizer.token_to_id(row)] = words[ids].mean(dim=0)


def unweight(model: PreTrainedModel, weights: Sequence[float]) -> None:
    """Remove the class weights from the bias, so that probabilities reflect the class shares.

    The weights help to learn rare classes, but raise their probabilities.
    """
    with torch.no_grad():
        model.get_parameter("classifier.bias").sub_(torch.tensor(weights).log())


def logits_of(forward: Forward, tokenizer: Tokenizer, longest: int = LONGEST) -> TextModel:
    """The model as a function of texts."""
    return lambda texts: np.stack(predict(forward, token_ids(tokenizer, texts, longest)))


def baseline(rated: Sequence[Rated], tokenizer: Tokenizer) -> TextModel:
    """Logistic regression on the embeddings of the base without fine-tuning."""
    points = sentence_vectors(tokenizer, [one.text for one in rated])
    targets = [one.tone for one in rated]
    head = Regression(points, targets, root_weights(targets))
    return lambda texts: head.logits(sentence_vectors(tokenizer, texts))


def evaluate(model: TextModel, rated: Sequence[Rated]) -> dict[str, Any]:
    """A model's scores on a set: the classes, the thresholds, and NEGATIVE against POSITIVE."""
    shares = softmax(model([one.text for one in rated]))
    gold, guess = [one.tone for one in rated], shares.argmax(axis=1).tolist()
    scores = gate_scores(shares)
    classes = per_class(gold, guess, TONES)
    poles = [[score for one, score in zip(gold, scores, strict=True) if one == at] for at in (0, 2)]
    return {
        "classes": classes,
        "macro_f1": macro_f1(classes),
        "accuracy": accuracy(gold, guess),
        "majority": max(one.support for one in classes.values()) / len(gold),
        "auc_negative_against_positive": auc(*poles),
        "gate": {str(at): gate_tally(gold, scores, at) for at in THRESHOLDS},
    }


def gate_tally(gold: Sequence[int], scores: Sequence[float], threshold: float) -> Tally:
    """The Tally of ``score > threshold`` as a test for sentences rated unpleasant."""
    rejected = [score > threshold for score in scores]
    hits = sum(one == 0 for one, out in zip(gold, rejected, strict=True) if out)
    return tally(hits, sum(rejected), gold.count(0))


def agreement(one: TextModel, other: TextModel, texts: Sequence[str]) -> float:
    """The share of texts with the same class from both models."""
    return float(np.mean(one(texts).argmax(axis=1) == other(texts).argmax(axis=1)))


def measure(models: Mapping[str, TextModel], data: Path) -> dict[str, Any]:
    """The scores of each model on dev and test, and of the served model in the probes."""
    splits = read_emobank(data)
    served, exact = models["int8"], models["float32"]
    return {
        "dev": {name: evaluate(model, splits["dev"]) for name, model in models.items()},
        "test": {name: evaluate(model, splits["test"]) for name, model in models.items()},
        "agreement": {
            name: agreement(served, exact, [one.text for one in splits[name]])
            for name in ("dev", "test")
        },
        "subjects": by_subject(lambda texts: softmax(served(texts)), data),
        "countries": country_spread(lambda texts: softmax(served(texts))),
    }


def without_swaps(weights: Path, tokenizer: Tokenizer, data: Path) -> dict[str, Any]:
    """The scores of a model trained without swapped countries, for comparison."""
    model = AutoModelForSequenceClassification.from_pretrained(weights).eval()
    model_logits = logits_of(torch_forward(model), tokenizer)
    return {
        "dev_macro_f1": evaluate(model_logits, read_emobank(data)["dev"])["macro_f1"],
        "countries": country_spread(lambda texts: softmax(model_logits(texts))),
    }


def main() -> None:
    """Train or load the weights, export, evaluate, and write the card."""
    found = parser(__doc__ or "", RECIPE)
    found.add_argument(
        "--copies",
        type=int,
        default=COPIES,
        help="copies per epoch of sentences with a country; 0: no swaps",
    )
    found.add_argument("--without", type=Path, help="the weights of a training with --copies 0")
    args = found.parse_args()
    recipe = replace(RECIPE, seed=args.seed, epochs=args.epochs)
    words, rated = base.bare_tokenizer(), read_emobank(args.data)["train"]
    model = load_or_train(
        args.weights,
        lambda: train(rated, words, recipe, args.copies),
        AutoModelForSequenceClassification,
    )
    graph = export(model, base.fast(words, LONGEST), args.out)
    models = {
        "frozen base + regression": baseline(rated, words),
        "float32": logits_of(torch_forward(model), words),
        "int8": logits_of(onnx_forward(graph), words),
    }
    scores = {"recipe": {**recipe.plain(), "copies": args.copies}, **measure(models, args.data)}
    if args.without:
        scores["without_swaps"] = without_swaps(args.without, words, args.data)
    tone_card.write(args.out, scores)


if __name__ == "__main__":
    main()
