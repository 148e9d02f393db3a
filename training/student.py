"""A student: some layers of a teacher, trained on labels and on teachers' mean probabilities.

The teachers judge windows of unlabelled articles, cut as the served stage cuts them.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from app.stages.windows import beginning
from training.data import read_articles
from training.loop import IGNORED, Example, Forward, predict, softmax

WINDOW: Final = 126  # tokens of text in a window of the served stage
PARAGRAPHS: Final = 4  # enough to fill a window


def thinned(teacher: PreTrainedModel, layers: Sequence[int]) -> PreTrainedModel:
    """A copy of the teacher with only these encoder layers."""
    student = deepcopy(teacher)
    encoder: Any = student.base_model.encoder
    encoder.layer = torch.nn.ModuleList([encoder.layer[at] for at in layers])
    student.config.num_hidden_layers = len(layers)
    return student


def excerpts(data: Path, tokenizer: Tokenizer, count: int, rng: Random) -> Iterator[list[int]]:
    """The tokens of `count` windows, each from a random place of a random article."""
    for paragraphs in rng.choices(read_articles(data), k=count):
        at = rng.randrange(len(paragraphs))
        text = "\n".join(paragraphs[at : at + PARAGRAPHS])
        yield beginning(tokenizer, text, "en", WINDOW).ids


def judged(teachers: Sequence[Forward], rows: Sequence[list[int]]) -> list[Example]:
    """The rows, framed by special tokens, with the teachers' mean probabilities as targets."""
    found = []
    for row, *logits in zip(rows, *(predict(one, rows) for one in teachers), strict=True):
        shares = np.mean([softmax(one) for one in logits], axis=0)
        shares[[0, -1]] = 0  # no loss on [CLS] and [SEP]
        found.append(Example(row, shares.tolist()))
    return found


def certain(one: Example, classes: int) -> Example:
    """A labelled example with probabilities as targets: 1 for the label, all 0 where ignored."""
    rows = np.vstack([np.eye(classes), np.zeros(classes)])
    numbers = [-1 if target == IGNORED else int(target) for target in one.targets]  # type: ignore[arg-type]  # labels here
    return Example(one.ids, rows[numbers].tolist())
