import json
from pathlib import Path

import pytest

from app.errors import ModelError
from app.models.folder import Folder
from app.models.reader import Reader
from tests.support.fake_networks import whole_words
from tests.support.tiny_tokenizers import byte_pairs


def folder(path: Path, window: int) -> Folder:
    """A folder that says how many tokens its model reads."""
    config = {"max_position_embeddings": window, "pad_token_id": 0}
    (path / "config.json").write_text(json.dumps(config))
    return Folder("sentiment", "m", path)


def test_rows_are_framed_and_padded_to_the_longest(tmp_path: Path) -> None:
    """The mask is 1 where there is something to read."""
    reader = Reader.of(folder(tmp_path, 8), whole_words(["a", "b"]))
    ids, mask = reader.arrays([[4, 5, 4], [5]])
    assert ids.tolist() == [[1, 4, 5, 4, 2], [1, 5, 2, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    assert reader.room == 6


def test_an_instruction_stands_before_every_text(tmp_path: Path) -> None:
    """Models of many tasks are told so what to do."""
    reader = Reader.of(folder(tmp_path, 8), whole_words(["a", "b"]), instruction="a b")
    assert reader.arrays([[5]])[0].tolist() == [[1, 4, 5, 5, 2]]
    assert reader.room == 4


def test_the_frame_of_byte_pairs_is_found_too(tmp_path: Path) -> None:
    """It is what the tokenizer's own post-processor puts around a text."""
    reader = Reader.of(folder(tmp_path, 8), byte_pairs())
    assert (reader.prefix, reader.suffix) == ((0,), (2,))


def test_a_tokenizer_that_pads_and_truncates_is_told_not_to(tmp_path: Path) -> None:
    """What a saved tokenizer was set to must not cut texts without a word."""
    tokenizer = whole_words(["a", "b"])
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    reader = Reader.of(folder(tmp_path, 8), tokenizer)
    assert len(reader.tokenizer.encode("a b a b a b").ids) == 8
    assert len(reader.tokenizer.encode("a").ids) == 3


def test_a_window_without_room_is_refused(tmp_path: Path) -> None:
    """Else every window would be empty."""
    with pytest.raises(ModelError, match="no room"):
        Reader.of(folder(tmp_path, 2), whole_words(["a"]))
