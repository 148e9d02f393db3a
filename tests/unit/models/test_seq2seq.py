import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.config.settings import SummarizerSettings
from app.core.errors import ModelError
from app.models.device import Device
from app.models.seq2seq import Seq2Seq
from tests.support.tiny_tokenizers import rows


@pytest.fixture(scope="module")
def writer(writer_folder: Path) -> Seq2Seq:
    settings = SummarizerSettings(
        model=str(writer_folder), max_tokens=16, min_tokens=8, num_beams=2
    )
    return Seq2Seq.load("summarizer", settings, Device())


@contextmanager
def _captured(name: str, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Capture a logger that does not propagate."""
    logging.getLogger(name).addHandler(caplog.handler)
    try:
        yield
    finally:
        logging.getLogger(name).removeHandler(caplog.handler)


def test_the_text_of_a_row_does_not_depend_on_its_batch(writer: Seq2Seq) -> None:
    together = writer(rows(writer)[:3])
    assert together == [writer([row])[0] for row in rows(writer)[:3]]
    assert len(set(together)) > 1


def test_the_text_has_no_special_tokens(writer: Seq2Seq) -> None:
    assert not any(mark in text for text in writer(rows(writer)[:3]) for mark in ("</s>", "<pad>"))


def test_the_length_is_within_the_bounds_in_the_settings(writer: Seq2Seq) -> None:
    ends = {1, 2}
    for written in writer.generate(*writer.encoder.arrays(rows(writer)[:3])):
        assert 8 <= sum(token not in ends for token in written[1:]) <= 16


def test_the_settings_replace_the_models_own_lengths_without_a_warning(
    writer_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Summary models set both; transformers would warn about both at every call."""
    shutil.copytree(writer_folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "generation_config.json"
    own = {"max_length": 142, "min_length": 56, "no_repeat_ngram_size": 3}
    path.write_text(json.dumps(json.loads(path.read_text()) | own))
    settings = SummarizerSettings(model=str(tmp_path), max_tokens=16, min_tokens=8, num_beams=2)
    model = Seq2Seq.load("summarizer", settings, Device())
    with caplog.at_level("WARNING"), _captured("transformers", caplog):
        written = model.generate(*model.encoder.arrays(rows(model)[:3]))
    assert all(len(one) <= 17 for one in written)
    assert caplog.records == []


def test_a_model_on_a_cpu_runs_in_float32(writer: Seq2Seq) -> None:
    assert (writer.info.backend, writer.info.device) == ("torch", "cpu")
    assert writer.info.dtype == "float32"


def test_a_model_without_a_decoder_is_a_model_error(tagger_folder: Path) -> None:
    with pytest.raises(ModelError, match="AutoModelForSeq2SeqLM"):
        Seq2Seq.load("summarizer", SummarizerSettings(model=str(tagger_folder)), Device())
