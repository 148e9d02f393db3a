import json
from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models.encoding import Encoder
from app.models.model_dir import ModelDir
from tests.support.fake_classifiers import whole_words
from tests.support.tiny_models import byte_pairs


def folder(path: Path, window: int) -> ModelDir:
    """A folder that says how many tokens its model reads."""
    config = {"max_position_embeddings": window, "pad_token_id": 0}
    (path / "config.json").write_text(json.dumps(config))
    return ModelDir("sentiment", "m", path)


def test_rows_are_framed_and_padded_to_the_longest(tmp_path: Path) -> None:
    """The mask is 1 where there is something to read."""
    encoder = Encoder.of(folder(tmp_path, 8), whole_words(["a", "b"]))
    ids, mask = encoder.arrays([[4, 5, 4], [5]])
    assert ids.tolist() == [[1, 4, 5, 4, 2], [1, 5, 2, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    assert encoder.room == 6


def test_an_instruction_stands_before_every_text(tmp_path: Path) -> None:
    """Models of many tasks are told so what to do."""
    encoder = Encoder.of(folder(tmp_path, 8), whole_words(["a", "b"]), instruction="a b")
    assert encoder.arrays([[5]])[0].tolist() == [[1, 4, 5, 5, 2]]
    assert encoder.room == 4


def test_the_frame_of_byte_pairs_is_found_too(tmp_path: Path) -> None:
    """It is what the tokenizer's own post-processor puts around a text."""
    encoder = Encoder.of(folder(tmp_path, 8), byte_pairs())
    assert (encoder.prefix, encoder.suffix) == ((0,), (2,))


def test_a_tokenizer_that_pads_and_truncates_is_told_not_to(tmp_path: Path) -> None:
    """What a saved tokenizer was set to must not cut texts without a word."""
    tokenizer = whole_words(["a", "b"])
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    encoder = Encoder.of(folder(tmp_path, 8), tokenizer)
    assert len(encoder.tokenizer.encode("a b a b a b").ids) == 8
    assert len(encoder.tokenizer.encode("a").ids) == 3


def test_a_window_without_room_is_refused(tmp_path: Path) -> None:
    """Else every window would be empty."""
    with pytest.raises(ModelError, match="no room"):
        Encoder.of(folder(tmp_path, 2), whole_words(["a"]))
