import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.errors import ModelError
from app.models.device import Device
from app.models.network import Kind, Network, softmax
from app.settings import Model
from tests.support.tiny_tokenizers import rows


def load(kind: Kind, folder: Path) -> Network:
    """The network in a folder."""
    return Network.load(kind, "a stage", Model(model=str(folder)), Device())


@pytest.fixture(scope="module")
def exported(onnx_folder: Path) -> dict[Kind, Path]:
    """Both models as int8 ONNX."""
    return {Kind.TEXTS: onnx_folder / "texts", Kind.TOKENS: onnx_folder / "tokens"}


@pytest.mark.parametrize("kind", Kind)
def test_torch_and_onnx_give_the_same_answers(
    kind: Kind, exported: dict[Kind, Path], classifier_folder: Path, tagger_folder: Path
) -> None:
    """They differ by what int8 rounds away."""
    by_torch = load(kind, {Kind.TEXTS: classifier_folder, Kind.TOKENS: tagger_folder}[kind])
    by_onnx = load(kind, exported[kind])
    assert (by_torch.about.backend, by_torch.about.dtype) == ("torch", "float32")
    assert (by_onnx.about.backend, by_onnx.about.dtype) == ("onnx", "int8")
    assert by_torch.labels == by_onnx.labels
    exact, rounded = (
        np.concatenate([np.atleast_2d(softmax(one)) for one in network(rows(network))])
        for network in (by_torch, by_onnx)
    )
    assert np.abs(exact - rounded).mean() < 0.03
    assert (exact.argmax(axis=1) == rounded.argmax(axis=1)).mean() > 0.85


def test_a_batch_gives_what_its_rows_give_alone(tagger_folder: Path) -> None:
    """Padding is masked, and each row gets a line for each of its own tokens."""
    network = load(Kind.TOKENS, tagger_folder)
    together = network(rows(network))
    for row, logits in zip(rows(network), together, strict=True):
        assert logits.shape == (len(row), len(network.labels))
        np.testing.assert_allclose(logits, network([row])[0], atol=1e-4)


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_threads_may_share_a_network(
    backend: str, exported: dict[Kind, Path], classifier_folder: Path
) -> None:
    """Ray calls synchronous methods from a pool of threads."""
    network = load(Kind.TEXTS, exported[Kind.TEXTS] if backend == "onnx" else classifier_folder)
    wanted = [network([row])[0].tolist() for row in rows(network)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            got = pool.map(lambda row: network([row])[0].tolist(), rows(network))
            np.testing.assert_allclose(list(got), wanted, atol=1e-5)


def changed(folder: Path, to: Path, **config: object) -> Path:
    """A copy of a model's folder with another config."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    old = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps(old | config))
    return to


def test_classes_without_names_are_refused(tmp_path: Path, exported: dict[Kind, Path]) -> None:
    """LABEL_0 may mean anything."""
    labels = {"0": "LABEL_0", "1": "LABEL_1"}
    folder = changed(exported[Kind.TEXTS], tmp_path, id2label=labels)
    with pytest.raises(ModelError, match="does not name the classes"):
        load(Kind.TEXTS, folder)


def test_more_names_than_outputs_are_refused(tmp_path: Path, exported: dict[Kind, Path]) -> None:
    """A config of another model was put beside the weights."""
    labels = {"0": "NEGATIVE", "1": "NEUTRAL", "2": "POSITIVE"}
    folder = changed(exported[Kind.TEXTS], tmp_path, id2label=labels)
    with pytest.raises(ModelError, match="3 classes"):
        load(Kind.TEXTS, folder)


def test_an_onnx_model_of_another_kind_is_refused(exported: dict[Kind, Path]) -> None:
    """When it is loaded, not when the first article comes."""
    with pytest.raises(ModelError, match="2 axes are needed"):
        load(Kind.TEXTS, exported[Kind.TOKENS])


def test_softmax_stands_large_logits() -> None:
    """No overflow, and the shares add up to one."""
    shares = softmax(np.array([[1e4, 0, -1e4], [-88.0, -89.0, -90.0]], np.float32))
    assert shares.sum(axis=1).tolist() == pytest.approx([1, 1])
    assert shares[0].tolist() == [1, 0, 0]
