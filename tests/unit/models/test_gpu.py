"""On a GPU, where there is one."""

from pathlib import Path

import numpy as np
import pytest

from app.models.device import Device
from app.models.network import Kind, Network, softmax
from app.models.seq2seq import Seq2Seq
from app.settings import Model, Summarizer
from tests.support import needs
from tests.support.tiny_tokenizers import rows

torch = needs.module("torch")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

HALF = Device(gpus=0.5)
ROUNDED = 0.03
"""What half precision may change in a probability."""


def test_a_classifier_says_what_it_says_on_a_cpu(classifier_folder: Path) -> None:
    """To what half precision rounds off."""
    on_gpu, on_cpu = (_classifier(classifier_folder, device) for device in (HALF, Device()))
    assert on_gpu.about.device == "cuda:0"
    assert on_gpu.about.dtype in {"bfloat16", "float16"}
    here, there = (softmax(np.stack(network(rows(network)))) for network in (on_gpu, on_cpu))
    np.testing.assert_allclose(here, there, atol=ROUNDED)


def test_a_summary_is_written(writer_folder: Path) -> None:
    """By beams, for rows of several lengths."""
    model = Seq2Seq.load("summarizer", Summarizer(model=str(writer_folder), beams=2), HALF)
    assert model.about.device == "cuda:0"
    assert all(model(rows(model)[:2]))


def test_a_replica_that_wants_more_than_its_share_fails(classifier_folder: Path) -> None:
    """And leaves its neighbour the rest."""
    _classifier(classifier_folder, HALF)
    total = torch.cuda.get_device_properties(0).total_memory
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(int(0.6 * total), dtype=torch.uint8, device="cuda:0")


def _classifier(folder: Path, device: Device) -> Network:
    return Network.load(Kind.TEXTS, "sentiment", Model(model=str(folder)), device)
