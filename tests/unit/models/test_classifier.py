import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.config.settings import ModelSettings
from app.core.errors import ModelError
from app.models.classifier import Classifier, ClassifierKind, softmax
from app.models.device import Device
from tests.support.tiny_tokenizers import rows


def load(kind: ClassifierKind, folder: Path) -> Classifier:
    return Classifier.load(kind, "a stage", ModelSettings(model=str(folder)), Device())


@pytest.fixture(scope="module")
def onnx_folders(onnx_folder: Path) -> dict[ClassifierKind, Path]:
    """Folders of both models in int8 ONNX."""
    return {
        ClassifierKind.TEXTS: onnx_folder / "texts",
        ClassifierKind.TOKENS: onnx_folder / "tokens",
    }


@pytest.mark.parametrize("kind", ClassifierKind)
def test_torch_and_onnx_agree(
    kind: ClassifierKind,
    onnx_folders: dict[ClassifierKind, Path],
    classifier_folder: Path,
    tagger_folder: Path,
) -> None:
    """They differ only by the rounding of int8."""
    by_torch = load(
        kind, {ClassifierKind.TEXTS: classifier_folder, ClassifierKind.TOKENS: tagger_folder}[kind]
    )
    by_onnx = load(kind, onnx_folders[kind])
    assert (by_torch.info.backend, by_torch.info.dtype) == ("torch", "float32")
    assert (by_onnx.info.backend, by_onnx.info.dtype) == ("onnx", "int8")
    assert by_torch.labels == by_onnx.labels
    exact, rounded = (
        np.concatenate([np.atleast_2d(softmax(one)) for one in classifier(rows(classifier))])
        for classifier in (by_torch, by_onnx)
    )
    assert np.abs(exact - rounded).mean() < 0.03
    assert (exact.argmax(axis=1) == rounded.argmax(axis=1)).mean() > 0.85


def test_the_logits_of_a_row_do_not_depend_on_its_batch(tagger_folder: Path) -> None:
    classifier = load(ClassifierKind.TOKENS, tagger_folder)
    together = classifier(rows(classifier))
    for row, logits in zip(rows(classifier), together, strict=True):
        assert logits.shape == (len(row), len(classifier.labels))
        np.testing.assert_allclose(logits, classifier([row])[0], atol=1e-4)


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_classifier_is_thread_safe(
    backend: str, onnx_folders: dict[ClassifierKind, Path], classifier_folder: Path
) -> None:
    """Ray calls synchronous methods from a pool of threads."""
    classifier = load(
        ClassifierKind.TEXTS,
        onnx_folders[ClassifierKind.TEXTS] if backend == "onnx" else classifier_folder,
    )
    wanted = [classifier([row])[0].tolist() for row in rows(classifier)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            got = pool.map(lambda row: classifier([row])[0].tolist(), rows(classifier))
            np.testing.assert_allclose(list(got), wanted, atol=1e-5)


def changed(folder: Path, to: Path, **config: object) -> Path:
    """A copy of a model's folder with changed members of its config."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    old = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps(old | config))
    return to


def test_classes_without_names_are_a_model_error(
    tmp_path: Path, onnx_folders: dict[ClassifierKind, Path]
) -> None:
    labels = {"0": "LABEL_0", "1": "LABEL_1"}
    folder = changed(onnx_folders[ClassifierKind.TEXTS], tmp_path, id2label=labels)
    with pytest.raises(ModelError, match="does not name the classes"):
        load(ClassifierKind.TEXTS, folder)


def test_more_labels_than_outputs_are_a_model_error(
    tmp_path: Path, onnx_folders: dict[ClassifierKind, Path]
) -> None:
    labels = {"0": "NEGATIVE", "1": "NEUTRAL", "2": "POSITIVE"}
    folder = changed(onnx_folders[ClassifierKind.TEXTS], tmp_path, id2label=labels)
    with pytest.raises(ModelError, match="3 classes"):
        load(ClassifierKind.TEXTS, folder)


def test_an_onnx_model_of_another_kind_is_a_model_error_at_load(
    onnx_folders: dict[ClassifierKind, Path],
) -> None:
    with pytest.raises(ModelError, match="2 axes are needed"):
        load(ClassifierKind.TEXTS, onnx_folders[ClassifierKind.TOKENS])


def test_softmax_of_large_logits_does_not_overflow() -> None:
    shares = softmax(np.array([[1e4, 0, -1e4], [-88.0, -89.0, -90.0]], np.float32))
    assert shares.sum(axis=1).tolist() == pytest.approx([1, 1])
    assert shares[0].tolist() == [1, 0, 0]
