import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import ModelError
from app.models.model_dir import ModelDir, fingerprint


def folder(path: Path, **files: Any) -> ModelDir:
    """A folder with these JSON files."""
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return ModelDir("sentiment", "./some-model", path)


def test_the_error_about_a_missing_file_names_stage_model_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        folder(tmp_path).json("config.json")
    for part in ("sentiment", "./some-model", "config.json is missing", str(tmp_path)):
        assert part in str(error.value)


@pytest.mark.parametrize("content", ["{", "[]", '"text"'])
def test_a_broken_config_is_a_model_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        _ = folder(tmp_path).config


def test_labels_are_in_the_order_of_the_outputs(tmp_path: Path) -> None:
    assert folder(tmp_path, config={"id2label": {"1": "B", "0": "A"}}).labels == ("A", "B")


@pytest.mark.parametrize("names", [None, {"0": "A", "2": "C"}, ["A", "B"]])
def test_an_output_without_a_label_is_a_model_error(tmp_path: Path, names: object) -> None:
    """A wrong order would swap classes without an error."""
    with pytest.raises(ModelError, match="id2label"):
        _ = folder(tmp_path, config={"id2label": names}).labels


@pytest.mark.parametrize(
    ("config", "tokenizer", "window"),
    [
        ({"max_position_embeddings": 512}, {"model_max_length": 256}, 256),
        ({"max_position_embeddings": 512}, {"model_max_length": 1e30}, 512),
        ({"max_position_embeddings": 512}, {}, 512),
        ({"n_positions": 300}, {}, 300),
        ({"max_position_embeddings": 514, "model_type": "xlm-roberta", "pad_token_id": 1}, {}, 512),
        ({}, {}, 512),
    ],
)
def test_the_window_is_the_smallest_stated_limit(
    tmp_path: Path, config: dict[str, Any], tokenizer: dict[str, Any], window: int
) -> None:
    """An input of one token more would exceed the model's positions."""
    assert folder(tmp_path, config=config, tokenizer_config=tokenizer).window == window


def test_a_broken_tokenizer_is_a_model_error(tmp_path: Path) -> None:
    """The library raises a bare Exception."""
    with pytest.raises(ModelError, match="not a tokenizer"):
        folder(tmp_path, tokenizer={"model": "none"}).tokenizer()


def test_the_revision_is_the_hubs_commit_or_a_fingerprint_of_the_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    local = ModelDir("entities", "m", tmp_path).info("torch", "cpu", "float32")
    hub = ModelDir("entities", "m", tmp_path, "c0ffee").info("torch", "cpu", "float32")
    assert local.revision == fingerprint(tmp_path / "model.safetensors")
    assert len(local.revision) == 12
    assert hub.revision == "c0ffee"


def test_onnx_is_preferred_to_other_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    assert not folder(tmp_path).is_onnx
    (tmp_path / "model.int8.onnx").touch()
    assert folder(tmp_path).is_onnx
    assert folder(tmp_path).weights == [tmp_path / "model.int8.onnx"]


def test_the_languages_are_those_of_the_card_unless_the_settings_state_some(
    tmp_path: Path,
) -> None:
    (tmp_path / "README.md").write_text("---\nlanguage: en\n---\n")
    weights = tmp_path / "model.safetensors"
    weights.touch()
    card = ModelDir("sentiment", "m", tmp_path)
    assert card.info("onnx", "cpu", "int8").languages == ("en",)
    assert replace(card, stated=("ja",)).languages == ("ja",)
    assert replace(card, stated=()).languages == ()
