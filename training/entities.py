"""Train and evaluate the embedded model for named entities: PER, ORG, LOC and MISC.

``python -m training.entities DATA OUT`` writes the model folder OUT.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Final

from tokenizers import Tokenizer
from transformers import AutoModelForTokenClassification, PreTrainedModel

from training import base, card
from training.baseline import WordList
from training.casemarks import mark_case
from training.command import load_or_train, parser
from training.crossner import TYPES
from training.data import Tagged, read_crossner, read_wikigold
from training.export import MODEL, export, onnx_forward
from training.loop import (
    Example,
    Forward,
    Recipe,
    fit,
    predict,
    seed_everything,
    torch_forward,
)
from training.scores import entity_f1, f1_interval, span_counts
from training.student import certain, excerpts, judged, thinned
from training.tagging import LABELS, encode, example, frame, framed, joined, proper, word_labels

RECIPE: Final = Recipe(rate=3e-4, batch=16, epochs=3, seed=1)
WINDOW: Final = 160  # tokens; training inputs are sentences joined up to this length
DEV_SHARE: Final = 8  # one in eight sentences of CrossNER's dev, by hash, is dev; others train
LAYERS: Final = (0, 1, 2, 4, 5)  # of the teacher's six: nearest to the teacher before training
TEACHERS: Final = 3  # of consecutive seeds; the student learns the mean of their probabilities
STUDENT: Final = Recipe(rate=1e-4, batch=16, epochs=3, seed=1)
UNLABELLED: Final = 7_500  # windows of articles
Tagger = Callable[[Sequence[Sequence[str]]], list[list[str]]]
GOLD_SHARE: Final = 0.8  # this first part of Wikigold is used for training, the rest as a test set


def corpus(data: Path) -> dict[str, list[Tagged]]:
    """The fixed splits: train, dev and two test sets. Train has no sentence of the others."""
    dev, gold = read_crossner(data, "dev"), read_wikigold(data)
    cut = int(GOLD_SHARE * len(gold))
    held = {
        "dev": [proper(one) for one in dev if is_dev(one)],
        "CrossNER test": read_crossner(data, "test"),
        "Wikigold, last 20 %": gold[cut:],
    }
    seen = {one.words for some in held.values() for one in some}
    rest = [*read_crossner(data, "train"), *dev, *gold[:cut]]
    return {"train": [proper(one) for one in rest if one.words not in seen], **held}


def is_dev(sentence: Tagged) -> bool:
    """Whether a sentence is in dev: a sentence that occurs twice is on one side."""
    digest = hashlib.sha256(" ".join(sentence.words).encode()).digest()
    return digest[0] % DEV_SHARE == 0


def tokenizer() -> Tokenizer:
    """The base's tokenizer, with case marks."""
    return mark_case(base.bare_tokenizer())


def train(sentences: Sequence[Tagged], words: Tokenizer, recipe: Recipe) -> PreTrainedModel:
    """Fine-tune the base on windows of one or more sentences."""
    seed_everything(recipe.seed)
    model = base.for_tokens(LABELS)
    fit(model, labelled(sentences, words), recipe)
    return model


def labelled(sentences: Sequence[Tagged], words: Tokenizer) -> Callable[[Random], list[Example]]:
    """The examples of one pass over sentences, which are joined anew each time."""
    parts = [example(words, one) for one in sentences]
    start, end = frame(words)
    return lambda rng: [framed(group, start, end) for group in joined(parts, WINDOW, rng)]


def distil(
    teachers: Sequence[PreTrainedModel], data: Path, sentences: Sequence[Tagged], words: Tokenizer
) -> PreTrainedModel:
    """A student of LAYERS; each epoch has all labels and a part of the unlabelled windows."""
    seed_everything(STUDENT.seed)
    student = thinned(teachers[0], LAYERS)
    start, end = frame(words)
    some = excerpts(data, words, UNLABELLED, Random(STUDENT.seed))
    windows = judged([*map(torch_forward, teachers)], [[start, *row, end] for row in some])
    parts = iter([windows[at :: STUDENT.epochs] for at in range(STUDENT.epochs)])
    known = labelled(sentences, words)

    def epoch(rng: Random) -> list[Example]:
        return [*next(parts), *(certain(one, len(LABELS)) for one in known(rng))]

    fit(student, epoch, STUDENT)
    return student


def predict_labels(
    forward: Forward, words: Tokenizer, sentences: Sequence[Sequence[str]]
) -> list[list[str]]:
    """The label of each word; each sentence is an input of its own."""
    encoded = [encode(words, sentence) for sentence in sentences]
    start, end = frame(words)
    logits = predict(forward, [[start, *ids, end] for ids, _ in encoded])
    return [
        word_labels(scores[1:-1], owners, len(sentence))
        for scores, (_, owners), sentence in zip(logits, encoded, sentences, strict=True)
    ]


def agreement(one: Sequence[Sequence[str]], other: Sequence[Sequence[str]]) -> dict[str, float]:
    """The share of words with equal labels, of all words and of those labelled as an entity."""
    pairs = list(zip(chain.from_iterable(one), chain.from_iterable(other), strict=True))
    named = [pair for pair in pairs if pair != ("O", "O")]
    return {
        "words": sum(a == b for a, b in pairs) / len(pairs),
        "words in entities": sum(a == b for a, b in named) / len(named),
    }


def measure(
    taggers: Mapping[str, Tagger], sets: Mapping[str, list[Tagged]]
) -> dict[str, dict[str, Any]]:
    """Entity F1 of each tagger on each set, and the agreement of float32 and int8."""
    found: dict[str, dict[str, Any]] = {}
    for name, sentences in sets.items():
        words, gold = [one.words for one in sentences], [one.labels for one in sentences]
        answers = {tagger: tag(words) for tagger, tag in taggers.items()}
        found[name] = {tagger: entity_f1(gold, some, TYPES) for tagger, some in answers.items()}
        found[name]["intervals"] = {
            tagger: [*f1_interval(span_counts(gold, some))[1:]] for tagger, some in answers.items()
        }
        found[name]["agreement"] = agreement(answers["float32"], answers["int8"])
    return found


def rows(scores: Mapping[str, dict[str, Any]]) -> list[list[object]]:
    """The rows of the card's table: all types of each tagger, and each type of int8."""
    return [
        [name, tagger, kind, *tally, interval(one, tagger) if kind == "all" else ""]
        for name, one in scores.items()
        for tagger in one["intervals"]
        for kind, tally in one[tagger].items()
        if kind == "all" or tagger == "int8"
    ]


def interval(one: Mapping[str, Any], tagger: str) -> str:
    """The interval of a tagger's F1 on a set."""
    low, high = one["intervals"][tagger]
    return f"{low:.3f} to {high:.3f}"


def write_card(out: Path, facts: Mapping[str, Any], scores: Mapping[str, Any]) -> None:
    """Write README.md and scores.json."""
    agreed = [[name, *one["agreement"].values()] for name, one in scores.items()]
    head = ("set", "tagger", "type", "precision", "recall", "F1", "entities", "interval")
    prose = {
        "table": card.table(head, rows(scores)),
        "agreement": card.table(("set", "all words", "words in entities"), agreed),
        "sizes": ", ".join(f"{name} {size:,}" for name, size in facts["sentences"].items()),
        "recipe": listed(facts["recipe"]),
        "teacher_recipe": listed(facts["teacher"]),
        "layers": ", ".join(str(at + 1) for at in LAYERS),
        "unlabelled": f"{UNLABELLED:,}",
        "parameters": f"{facts['parameters'] / 1e6:.1f}",
        "megabytes": f"{(out / MODEL).stat().st_size / 1e6:.0f}",
    }
    card.write(out, "entities", {**facts, "scores": scores}, prose)


def listed(recipe: Mapping[str, Any]) -> str:
    """A recipe in a line."""
    return ", ".join(f"{key} {value}" for key, value in recipe.items())


def main() -> None:
    """Train or load teachers and student, export the student, evaluate, and write the card."""
    args = parser(__doc__ or "", RECIPE).parse_args()
    recipe = replace(RECIPE, seed=args.seed, epochs=args.epochs)
    sets, words = corpus(args.data), tokenizer()
    train_set = sets.pop("train")
    teachers = [
        load_or_train(
            args.weights and args.weights / f"teacher-{seed}",
            partial(train, train_set, words, replace(recipe, seed=seed)),
            AutoModelForTokenClassification,
        )
        for seed in range(recipe.seed, recipe.seed + TEACHERS)
    ]
    student = load_or_train(
        args.weights,
        lambda: distil(teachers, args.data, train_set, words),
        AutoModelForTokenClassification,
    )
    graph = export(student, base.fast(words), args.out)
    taggers: dict[str, Tagger] = {
        "word list": lambda some: [*map(WordList(train_set).tag, some)],
        "teacher": lambda some: predict_labels(torch_forward(teachers[0]), words, some),
        "float32": lambda some: predict_labels(torch_forward(student), words, some),
        "int8": lambda some: predict_labels(onnx_forward(graph), words, some),
    }
    facts = {
        "teacher": recipe.plain(),
        "recipe": STUDENT.plain(),
        "parameters": student.num_parameters(),
        "sentences": {"train": len(train_set), **{name: len(one) for name, one in sets.items()}},
    }
    write_card(args.out, facts, measure(taggers, sets))


if __name__ == "__main__":
    main()
