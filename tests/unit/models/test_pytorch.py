import shutil
from pathlib import Path

import pytest

from app.errors import ModelError
from app.models import pytorch
from app.models.device import Device
from app.models.folder import Folder
from app.models.pytorch import Place, choose
from tests.support import needs
from tests.support.tiny_tokenizers import word_pieces

CLASSIFIER = "AutoModelForSequenceClassification"


@pytest.mark.parametrize(
    ("device", "bf16", "place"),
    [
        (Device(threads=4), True, Place("cpu", "float32")),
        (Device(gpus=1), True, Place("cuda:0", "bfloat16")),
        (Device(gpus=1), False, Place("cuda:0", "float16")),
        (Device(gpus=0.25), True, Place("cuda:0", "bfloat16", 0.25)),
        (Device(gpus=2), True, Place("cuda:0", "bfloat16")),
    ],
)
def test_the_place_follows_from_what_the_replica_was_given(
    *, device: Device, bf16: bool, place: Place
) -> None:
    """A GPU that Ray did not give is not taken, and of a shared one only the share."""
    assert choose(device, bf16=bf16) == place


def test_a_gpu_that_is_not_there_is_an_error_of_the_model(classifier_folder: Path) -> None:
    """It says what was tried, and does not fall back on the CPU in silence."""
    folder = Folder("sentiment", "m", classifier_folder)
    if needs.module("torch").cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ModelError, match="sentiment: model 'm'"):
        pytorch.load(folder, CLASSIFIER, Device(gpus=1))


def test_a_model_of_another_kind_is_refused(tagger_folder: Path) -> None:
    """Transformers would give it a random head and go on."""
    with pytest.raises(ModelError, match=f"not trained as {CLASSIFIER}"):
        pytorch.load(Folder("sentiment", "m", tagger_folder), CLASSIFIER, Device())


def test_missing_weights_are_named(tmp_path: Path, classifier_folder: Path) -> None:
    """As they are where a download was cut."""
    shutil.copy(classifier_folder / "config.json", tmp_path)
    with pytest.raises(ModelError, match=r"model\.safetensors is missing"):
        pytorch.load(Folder("sentiment", "m", tmp_path), CLASSIFIER, Device())


def test_a_broken_model_is_an_error_of_the_model(tmp_path: Path, classifier_folder: Path) -> None:
    """Whatever the library raises."""
    shutil.copy(classifier_folder / "config.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"none")
    with pytest.raises(ModelError, match="cannot load"):
        pytorch.load(Folder("sentiment", "m", tmp_path), CLASSIFIER, Device())


def test_without_tokenizer_json_the_older_files_are_read(
    tmp_path: Path, classifier_folder: Path
) -> None:
    """Many models of the hub have a vocab.txt only."""
    vocabulary = word_pieces().get_vocab()
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    shutil.copy(classifier_folder / "config.json", tmp_path)
    made = pytorch.tokenizer(Folder("sentiment", "m", tmp_path))
    sentence = "Ada met Babbage in London."
    assert made.encode(sentence).ids == word_pieces().encode(sentence).ids


def test_no_tokenizer_at_all_is_an_error_of_the_model(
    tmp_path: Path, classifier_folder: Path
) -> None:
    """Transformers would make one without words."""
    shutil.copy(classifier_folder / "config.json", tmp_path)
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        pytorch.tokenizer(Folder("sentiment", "m", tmp_path))
