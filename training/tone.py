"""Train and evaluate the embedded tone gate: NEGATIVE, NEUTRAL, POSITIVE.

``python -m training.tone DATA OUT`` writes the model folder OUT.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final, NamedTuple

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from training import base, tone_card
from training.command import load_or_train, parser
from training.data import TONES, Rated, read_emobank
from training.export import export, onnx_forward
from training.identities import named, sections, swap
from training.loop import Example, Recipe, fit, seed_everything, torch_forward
from training.masks import ROWS, mask_groups, replacement
from training.tone_scores import (
    LONGEST,
    baseline,
    logits_of,
    measure,
    root_weights,
    temperature,
    token_ids,
)
from training.written import fill, read_written

RECIPE: Final = Recipe(rate=1e-4, batch=16, epochs=2, seed=1)
COPIES: Final = 2  # occurrences in an epoch of a written sentence, each with other words


class Tokenizers(NamedTuple):
    """The base's tokenizer, and the served one, which masks words for groups of people."""

    plain: Tokenizer
    masked: Tokenizer


def tokenizers() -> Tokenizers:
    """Both tokenizers."""
    plain = base.bare_tokenizer()
    return Tokenizers(plain, mask_groups(plain))


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
    words = model.get_input_embeddings().get_parameter("weight")
    with torch.no_grad():
        for row, mark in ROWS.items():
            terms = [term for one in sections() if replacement(one) == mark for term in one.terms]
            pieces = tokenizer.encode_batch(terms, add_special_tokens=False)
            ids = [piece for one in pieces for piece in one.ids]
            words[tokenizer.token_to_id(row)] = words[ids].mean(dim=0)


def unweight(model: PreTrainedModel, weights: Sequence[float]) -> None:
    """Remove the class weights from the bias, so that probabilities reflect the class shares.

    The weights help to learn rare classes, but raise their probabilities.
    """
    with torch.no_grad():
        model.get_parameter("classifier.bias").sub_(torch.tensor(weights).log())


def cool(model: PreTrainedModel, degrees: float) -> None:
    """Divide the logits by a temperature, so that the probabilities are calibrated."""
    with torch.no_grad():
        for name in ("classifier.weight", "classifier.bias"):
            model.get_parameter(name).div_(degrees)


def main() -> None:
    """Train or load the weights, calibrate, export, evaluate, and write the card."""
    args = parser(__doc__ or "", RECIPE).parse_args()
    recipe = replace(RECIPE, seed=args.seed, epochs=args.epochs)
    words, rated = tokenizers(), read_emobank(args.data)
    model = load_or_train(
        args.weights,
        lambda: train(rated["train"], words, recipe),
        AutoModelForSequenceClassification,
    )
    degrees = temperature(logits_of(torch_forward(model), words.masked), rated["dev"])
    cool(model, degrees)
    graph = export(model, base.fast(words.masked, LONGEST), args.out)
    models = {
        "frozen base + regression": baseline(rated["train"], words.plain),
        "float32": logits_of(torch_forward(model), words.masked),
        "int8": logits_of(onnx_forward(graph), words.masked),
    }
    unmasked = logits_of(onnx_forward(graph), words.plain)
    scores = measure(models, unmasked, args.data, args.out, degrees)
    tone_card.write(args.out, {"recipe": {**recipe.plain(), "copies": COPIES}, **scores})


if __name__ == "__main__":
    main()
