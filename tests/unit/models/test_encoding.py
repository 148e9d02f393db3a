import json
from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models.encoding import Encoder
from app.models.model_dir import ModelDir
from app.models.resolve import EMBEDDED_FOLDER
from app.models.token_count import TokenCount
from tests.support.fake_classifiers import whole_words
from tests.support.tiny_tokenizers import byte_pairs


def model_dir(path: Path, window: int) -> ModelDir:
    """A folder with the config of a model with this window."""
    config = {"max_position_embeddings": window, "pad_token_id": 0}
    (path / "config.json").write_text(json.dumps(config))
    return ModelDir("sentiment", "m", path)


def test_rows_are_framed_and_padded_to_the_longest(tmp_path: Path) -> None:
    encoder = Encoder.of(model_dir(tmp_path, 8), whole_words(["a", "b"]))
    ids, mask = encoder.arrays([[4, 5, 4], [5]])
    assert ids.tolist() == [[1, 4, 5, 4, 2], [1, 5, 2, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    assert encoder.room == 6


def test_an_instruction_precedes_every_text(tmp_path: Path) -> None:
    encoder = Encoder.of(model_dir(tmp_path, 8), whole_words(["a", "b"]), instruction="a b")
    assert encoder.arrays([[5]])[0].tolist() == [[1, 4, 5, 5, 2]]
    assert encoder.room == 4


def test_special_tokens_are_read_from_the_post_processor(tmp_path: Path) -> None:
    encoder = Encoder.of(model_dir(tmp_path, 8), byte_pairs())
    assert (encoder.prefix, encoder.suffix) == ((0,), (2,))


def test_padding_and_truncation_of_a_saved_tokenizer_are_switched_off(tmp_path: Path) -> None:
    tokenizer = whole_words(["a", "b"])
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    encoder = Encoder.of(model_dir(tmp_path, 8), tokenizer)
    assert len(encoder.tokenizer.encode("a b a b a b").ids) == 8
    assert len(encoder.tokenizer.encode("a").ids) == 3


def test_a_window_without_room_for_text_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no room"):
        Encoder.of(model_dir(tmp_path, 2), whole_words(["a"]))


ENGLISH, GREEK = "The engine was never finished.", "Είναι όμορφη η Ελλάδα."


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (ENGLISH, True),
        ("Die Donau fließt durch Österreich.", True),
        ("Thành phố Hồ Chí Minh", True),
        (f"{ENGLISH} {GREEK[:9]}", True),
        (GREEK, False),
        ("Москва — столица России.", False),
        ("京都は日本の都市である。人口は約百四十万人である。 The New York Times", False),
        ("ताज महल भारत में है।", False),
        ("กรุงเทพ", False),
        ("القاهرة عاصمة مصر", False),
        ("", True),
    ],
)
def test_the_embedded_models_read_latin_letters(text: str, *, reads: bool) -> None:
    """Their vocabulary has single letters of other scripts."""
    folder = ModelDir("entities", "embedded", EMBEDDED_FOLDER / "entities")
    assert Encoder.of(folder, folder.tokenizer()).reads_script(text) is reads


def test_bytes_are_no_letters_that_a_model_reads(tmp_path: Path) -> None:
    encoder = Encoder.of(model_dir(tmp_path, 8), byte_pairs())
    assert encoder.reads_script("London Science Museum")
    assert not encoder.reads_script(GREEK)


def test_tokens_and_padding_are_counted(tmp_path: Path) -> None:
    count = TokenCount()
    encoder = Encoder.of(model_dir(tmp_path, 8), whole_words(["a", "b"]), tokens=count)
    encoder.arrays([[4, 5, 4], [5]])
    encoder.arrays([[5]])
    assert count.take() == (5 + 3 + 3, 2)
