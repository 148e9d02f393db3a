import shutil
from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models import pytorch
from app.models.device import Device
from app.models.model_dir import ModelDir
from app.models.pytorch import TorchPlacement, placement_for
from tests.support import needs
from tests.support.tiny_tokenizers import word_pieces

CLASSIFIER = "AutoModelForSequenceClassification"


@pytest.mark.parametrize(
    ("device", "bf16", "placement"),
    [
        (Device(threads=4), True, TorchPlacement("cpu", "float32")),
        (Device(gpus=1), True, TorchPlacement("cuda:0", "bfloat16")),
        (Device(gpus=1), False, TorchPlacement("cuda:0", "float16")),
        (Device(gpus=0.25), True, TorchPlacement("cuda:0", "bfloat16", 0.25)),
        (Device(gpus=2), True, TorchPlacement("cuda:0", "bfloat16")),
    ],
)
def test_the_placement_follows_the_resources_of_the_replica(
    *, device: Device, bf16: bool, placement: TorchPlacement
) -> None:
    assert placement_for(device, bf16=bf16) == placement


def test_a_missing_gpu_is_a_model_error_without_fallback(classifier_folder: Path) -> None:
    folder = ModelDir("sentiment", "m", classifier_folder)
    if needs.module("torch").cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ModelError, match="sentiment: model 'm'"):
        pytorch.load(folder, CLASSIFIER, Device(gpus=1))


def test_a_model_of_another_kind_is_a_model_error(tagger_folder: Path) -> None:
    """Transformers would add a head with random weights."""
    with pytest.raises(ModelError, match=f"not trained as {CLASSIFIER}"):
        pytorch.load(ModelDir("sentiment", "m", tagger_folder), CLASSIFIER, Device())


def test_missing_weights_are_a_model_error(tmp_path: Path, classifier_folder: Path) -> None:
    shutil.copy(classifier_folder / "config.json", tmp_path)
    with pytest.raises(ModelError, match=r"model\.safetensors is missing"):
        pytorch.load(ModelDir("sentiment", "m", tmp_path), CLASSIFIER, Device())


def test_broken_weights_are_a_model_error(tmp_path: Path, classifier_folder: Path) -> None:
    shutil.copy(classifier_folder / "config.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"none")
    with pytest.raises(ModelError, match="cannot load"):
        pytorch.load(ModelDir("sentiment", "m", tmp_path), CLASSIFIER, Device())


def test_older_tokenizer_files_are_read_without_tokenizer_json(
    tmp_path: Path, classifier_folder: Path
) -> None:
    """Many models on the hub have only a vocab.txt."""
    vocabulary = word_pieces().get_vocab()
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    shutil.copy(classifier_folder / "config.json", tmp_path)
    built = pytorch.tokenizer(ModelDir("sentiment", "m", tmp_path))
    sentence = "Ada met Babbage in London."
    assert built.encode(sentence).ids == word_pieces().encode(sentence).ids


def test_a_missing_tokenizer_is_a_model_error(tmp_path: Path, classifier_folder: Path) -> None:
    """Transformers would build a tokenizer without words."""
    shutil.copy(classifier_folder / "config.json", tmp_path)
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        pytorch.tokenizer(ModelDir("sentiment", "m", tmp_path))
