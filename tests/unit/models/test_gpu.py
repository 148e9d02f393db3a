"""Tests on a GPU; skipped without one."""

from pathlib import Path

import numpy as np
import pytest

from app.config.settings import ModelSettings, SummarizerSettings
from app.models.classifier import Classifier, ClassifierKind, softmax
from app.models.device import Device
from app.models.seq2seq import Seq2Seq
from tests.support import needs
from tests.support.tiny_tokenizers import rows

torch = needs.module("torch")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")

HALF = Device(gpus=0.5)
ROUNDED = 0.03
"""The rounding error of half precision in a probability."""


def test_probabilities_on_a_gpu_equal_those_on_a_cpu(classifier_folder: Path) -> None:
    on_gpu, on_cpu = (_classifier(classifier_folder, device) for device in (HALF, Device()))
    assert on_gpu.info.device == "cuda:0"
    assert on_gpu.info.dtype in {"bfloat16", "float16"}
    gpu, cpu = (softmax(np.stack(classifier(rows(classifier)))) for classifier in (on_gpu, on_cpu))
    np.testing.assert_allclose(gpu, cpu, atol=ROUNDED)


def test_a_summary_is_generated_by_beam_search(writer_folder: Path) -> None:
    model = Seq2Seq.load(
        "summarizer", SummarizerSettings(model=str(writer_folder), num_beams=2), HALF
    )
    assert model.info.device == "cuda:0"
    assert all(model(rows(model)[:2]))


def test_an_allocation_beyond_the_replicas_share_fails(classifier_folder: Path) -> None:
    _classifier(classifier_folder, HALF)
    total = torch.cuda.get_device_properties(0).total_memory
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(int(0.6 * total), dtype=torch.uint8, device="cuda:0")


def _classifier(folder: Path, device: Device) -> Classifier:
    return Classifier.load(
        ClassifierKind.TEXTS, "sentiment", ModelSettings(model=str(folder)), device
    )
