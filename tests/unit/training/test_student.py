"""The student of the tagger of names; needs torch."""

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from tests.support import needs
from tests.unit.training.test_training import MARKED
from training.data import is_prose


@pytest.fixture
def student() -> Any:
    return needs.module("training.student")


@pytest.fixture
def loop() -> Any:
    return needs.module("training.loop")


def test_a_student_has_the_chosen_layers_and_leaves_the_teacher_whole(
    student: Any, tiny_models: Any
) -> None:
    teacher = tiny_models.tagger()
    layers = list(teacher.base_model.encoder.layer)
    found = student.thinned(teacher, [len(layers) - 1])

    (kept,) = found.base_model.encoder.layer
    assert found.config.num_hidden_layers == 1
    assert kept.output.dense.weight.equal(layers[-1].output.dense.weight)
    assert len(teacher.base_model.encoder.layer) == len(layers)


def test_a_label_is_a_share_of_1_and_an_ignored_token_has_none(student: Any, loop: Any) -> None:
    found = student.certain(loop.Example([7, 8, 9], [loop.IGNORED, 2, 0]), 3)

    assert found.ids == [7, 8, 9]
    assert found.targets == [[0, 0, 0], [0, 0, 1], [1, 0, 0]]


def test_teachers_do_not_judge_the_first_and_last_token(student: Any) -> None:
    (found,) = student.judged([_certain_of([0, 0, 0, 0])], [[1, 5, 2]])

    assert found.targets == [[0] * 4, [0.25] * 4, [0] * 4]


def test_a_student_learns_the_mean_of_its_teachers(student: Any) -> None:
    (found,) = student.judged([_certain_of([99, 0]), _certain_of([0, 99])], [[1, 5, 2]])

    assert found.targets[1] == pytest.approx([0.5, 0.5])


def _certain_of(logits: list[float]) -> Any:
    def forward(ids: Any, _: Any) -> Any:
        return np.broadcast_to(np.array(logits, np.float32), (*ids.shape, len(logits)))

    return forward


def test_a_student_learns_the_shares_of_a_token(loop: Any, tiny_models: Any) -> None:
    """A batch may have rows of different lengths."""
    model = tiny_models.tagger()
    classes = model.config.num_labels
    shares = [[0.0] * classes, [0.5, 0.5, *[0.0] * (classes - 2)], [0.0] * classes]
    examples = [loop.Example([2, 6, 3], shares), loop.Example([2, 6, 6, 3], [*shares, shares[0]])]
    recipe = loop.Recipe(rate=0.01, batch=2, epochs=30, seed=1)
    loop.fit(model, lambda _: list(examples), recipe)
    (found,) = loop.predict(loop.torch_forward(model), [[2, 6, 3]])

    assert loop.softmax(found)[1, :2] == pytest.approx([0.5, 0.5], abs=0.1)


def test_windows_of_articles_are_drawn_by_a_seed(student: Any, tmp_path: Path) -> None:
    folder = tmp_path / "wikispeedia"
    folder.mkdir()
    prose = "Ada met Love. " * 10
    rows = [{"content": f"== Life ==\n{prose.strip()}"}, {"content": "A list"}]
    with gzip.open(folder / "articles-6k.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(map(json.dumps, rows)))
    one, other = ([*student.excerpts(tmp_path, MARKED, 1, Random(1))] for _ in range(2))

    assert one == other
    assert 0 < len(one[0]) <= student.WINDOW


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("A" * 120 + ".", True),
        ("A" * 120, False),
        ("== Life ==", False),
        ("A flag.", False),
        ("B" * 120 + '."', True),
    ],
)
def test_prose_is_long_and_ends_with_a_full_stop(line: str, *, prose: bool) -> None:
    assert is_prose(line) == prose
