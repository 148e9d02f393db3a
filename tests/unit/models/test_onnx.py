import shutil
from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models import onnx
from app.models.model_dir import ONNX, ModelDir
from app.models.resolve import EMBEDDED_FOLDER
from tests.support import needs


def test_a_broken_file_is_a_model_error(tmp_path: Path) -> None:
    """Git LFS keeps a pointer of three lines in place of a file that was not fetched."""
    (tmp_path / ONNX).write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ModelError, match=f"cannot load {tmp_path / ONNX}"):
        onnx.forward(ModelDir("sentiment", "m", tmp_path), threads=1)


def test_a_graph_without_logits_is_a_model_error(tmp_path: Path) -> None:
    made = needs.module("onnx")
    helper, int64 = made.helper, made.TensorProto.INT64
    ids = helper.make_tensor_value_info("input_ids", int64, ["n", "t"])
    out = helper.make_tensor_value_info("last_hidden_state", int64, ["n", "t"])
    node = helper.make_node("Identity", ["input_ids"], ["last_hidden_state"])
    graph = helper.make_graph([node], "g", [ids], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    made.save_model(model, str(tmp_path / ONNX))
    with pytest.raises(ModelError, match="no output `logits`"):
        onnx.forward(ModelDir("sentiment", "m", tmp_path), threads=1)


def test_a_missing_file_is_a_model_error(tmp_path: Path, classifier_folder: Path) -> None:
    shutil.copy(classifier_folder / "config.json", tmp_path)
    with pytest.raises(ModelError, match=rf"{ONNX} is missing"):
        onnx.forward(ModelDir("sentiment", "m", tmp_path), threads=1)


def precision(path: Path) -> str:
    options = onnx.load(path, threads=1).get_session_options()
    return str(options.get_session_config_entry("session.x64quantprecision"))


def test_a_graph_whose_metadata_says_7_bits_is_not_slowed_down() -> None:
    assert precision(EMBEDDED_FOLDER / "entities" / ONNX) == "0"


def test_other_int8_graphs_are_computed_without_overflow(tmp_path: Path) -> None:
    made = needs.module("onnx")
    model = made.load(EMBEDDED_FOLDER / "entities" / ONNX)
    model.ClearField("metadata_props")
    made.save(model, tmp_path / ONNX)

    assert precision(tmp_path / ONNX) == "1"
