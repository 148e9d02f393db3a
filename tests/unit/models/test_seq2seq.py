import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import ModelError
from app.models.device import Device
from app.models.seq2seq import Seq2Seq
from app.settings import Summarizer
from tests.support.tiny_tokenizers import rows


@pytest.fixture(scope="module")
def writer(writer_folder: Path) -> Seq2Seq:
    """A loaded BART."""
    given = Summarizer(model=str(writer_folder), max_tokens=16, min_tokens=8, beams=2)
    return Seq2Seq.load("summarizer", given, Device())


@contextmanager
def _heard(name: str, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A logger that does not pass its records on is listened to all the same."""
    logging.getLogger(name).addHandler(caplog.handler)
    try:
        yield
    finally:
        logging.getLogger(name).removeHandler(caplog.handler)


def test_each_row_gets_its_text(writer: Seq2Seq) -> None:
    """The same one, whatever stands beside it in the batch."""
    together = writer(rows(writer)[:3])
    assert together == [writer([row])[0] for row in rows(writer)[:3]]
    assert len(set(together)) > 1


def test_special_tokens_are_not_part_of_the_text(writer: Seq2Seq) -> None:
    """Nor is what pads a shorter one."""
    assert not any(mark in text for text in writer(rows(writer)[:3]) for mark in ("</s>", "<pad>"))


def test_length_stays_between_the_settings_bounds(writer: Seq2Seq) -> None:
    """In tokens, the one that starts the decoder not counted."""
    ends = {1, 2}
    for written in writer.generate(*writer.reader.arrays(rows(writer)[:3])):
        assert 8 <= sum(token not in ends for token in written[1:]) <= 16


def test_the_models_own_lengths_give_way_without_a_word(
    writer_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Models of summaries bring some; transformers would warn of both at every call."""
    shutil.copytree(writer_folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "generation_config.json"
    own = {"max_length": 142, "min_length": 56, "no_repeat_ngram_size": 3}
    path.write_text(json.dumps(json.loads(path.read_text()) | own))
    given = Summarizer(model=str(tmp_path), max_tokens=16, min_tokens=8, beams=2)
    model = Seq2Seq.load("summarizer", given, Device())
    with caplog.at_level("WARNING"), _heard("transformers", caplog):
        written = model.generate(*model.reader.arrays(rows(model)[:3]))
    assert all(len(one) <= 17 for one in written)
    assert caplog.records == []


def test_what_it_says_of_itself(writer: Seq2Seq) -> None:
    """It runs where the replica may, in full precision on a CPU."""
    assert (writer.about.backend, writer.about.device) == ("torch", "cpu")
    assert writer.about.dtype == "float32"


def test_a_model_that_does_not_write_is_refused(tagger_folder: Path) -> None:
    """A tagger has no decoder."""
    with pytest.raises(ModelError, match="AutoModelForSeq2SeqLM"):
        Seq2Seq.load("summarizer", Summarizer(model=str(tagger_folder)), Device())
