"""The evaluation of the tone gate: EmoBank's sentences, labelled leads, and probes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tokenizers import Tokenizer

from app.config.settings import SentimentSettings
from app.core.values import Article, Heading, Licence
from app.models.device import Device
from app.stages.sentiment import SentimentStage
from training.baseline import Regression, sentence_vectors
from training.data import TONES, Rated, read_emobank
from training.labelled import on_leads
from training.loop import Forward, Logits, predict, softmax
from training.probes import THRESHOLDS, Score, by_subject, negation, shifts, short
from training.scores import Tally, accuracy, auc, macro_f1, per_class, tally
from training.tagging import frame

TextModel = Callable[[Sequence[str]], Logits]

LONGEST: Final = 256  # tokens of an article that the gate reads
BINS: Final = 10
_DEGREES: Final = np.arange(0.5, 3.01, 0.01)
_NONE: Final = Licence(name="none", url="urn:none")
_NOWHERE: Final = Heading(title="Text", url="urn:text", licence=_NONE, attribution="none")


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


def logits_of(forward: Forward, tokenizer: Tokenizer, longest: int = LONGEST) -> TextModel:
    """The model as a function of texts."""
    return lambda texts: np.stack(predict(forward, token_ids(tokenizer, texts, longest)))


def baseline(rated: Sequence[Rated], tokenizer: Tokenizer) -> TextModel:
    """Logistic regression on the embeddings of the base without fine-tuning."""
    points = sentence_vectors(tokenizer, [one.text for one in rated])
    targets = [one.tone for one in rated]
    head = Regression(points, targets, root_weights(targets))
    return lambda texts: head.logits(sentence_vectors(tokenizer, texts))


def temperature(model: TextModel, rated: Sequence[Rated]) -> float:
    """What the logits are divided by for the least cross-entropy."""
    logits, gold = model([one.text for one in rated]), [one.tone for one in rated]
    at = np.arange(len(gold))
    losses = [-np.log(softmax(logits / degree)[at, gold]).mean() for degree in _DEGREES]
    return float(_DEGREES[int(np.argmin(losses))])


def calibration_error(shares: Logits, gold: Sequence[int]) -> float:
    """The expected calibration error of the most probable class, in BINS bins of equal width."""
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == np.array(gold)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs(float((right - sure)[bins == one].sum())) for one in range(BINS)]
    return sum(gaps) / len(gold)


def gate_scores(shares: Logits) -> list[float]:
    """The gate's score of single sentences: P(NEGATIVE) - P(POSITIVE)."""
    scores: list[float] = (shares[:, 0] - shares[:, -1]).tolist()
    return scores


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
        "calibration_error": calibration_error(shares, gold),
        "gate": {str(at): gate_tally(gold, scores, at) for at in THRESHOLDS},
    }


def gate_tally(gold: Sequence[int], scores: Sequence[float], at: float) -> Tally:
    """The Tally of ``score > at`` as a test for sentences rated unpleasant."""
    rejected = [score > at for score in scores]
    hits = sum(one == 0 for one, out in zip(gold, rejected, strict=True) if out)
    return tally(hits, sum(rejected), gold.count(0))


def agreement(one: TextModel, other: TextModel, texts: Sequence[str]) -> float:
    """The share of texts with the same class from both models."""
    return float(np.mean(one(texts).argmax(axis=1) == other(texts).argmax(axis=1)))


def served(folder: Path) -> Score:
    """The scores of the application with the model in a folder, for texts as leads."""
    stage = SentimentStage.load(SentimentSettings(model=str(folder)), Device())

    def score(texts: Sequence[str]) -> list[float]:
        batch = [Article(lead=text, text=text, **dict(_NOWHERE)) for text in texts]
        return [tone.score or 0.0 for one in batch for tone in stage.run([one])]

    return score


def measure(
    models: Mapping[str, TextModel], unmasked: TextModel, data: Path, folder: Path, degrees: float
) -> dict[str, Any]:
    """The scores of each model on dev and test, and of the served gate on leads and probes."""
    splits, score = read_emobank(data), served(folder)
    leads = on_leads(score, single(models["int8"]), data)
    return {
        "dev": {name: evaluate(model, splits["dev"]) for name, model in models.items()},
        "test": {name: evaluate(model, splits["test"]) for name, model in models.items()},
        "temperature": {
            "degrees": degrees,
            "calibration_error": uncalibrated(models["int8"], splits["test"], degrees),
        },
        "agreement": {
            name: agreement(models["int8"], models["float32"], [one.text for one in splits[name]])
            for name in ("dev", "test")
        },
        "leads": leads,
        "subjects": by_subject(score, data),
        "shifts": shifts(score, leads["threshold"]),
        "shifts_without_marks": shifts(single(unmasked), leads["threshold"]),
        "negation": negation(score),
        "short": short(score, leads["threshold"]),
    }


def single(model: TextModel) -> Score:
    """The scores of texts that are classified whole."""
    return lambda texts: gate_scores(softmax(model(texts)))


def uncalibrated(model: TextModel, rated: Sequence[Rated], degrees: float) -> float:
    """The calibration error without the division by the temperature."""
    shares = softmax(model([one.text for one in rated]) * degrees)
    return calibration_error(shares, [one.tone for one in rated])
