"""The export of models; needs torch and onnx."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.models.model_dir import ONNX
from app.models.onnx import WEIGHT_BITS, load, open_session
from tests.support import needs


@pytest.fixture(scope="module")
def graph(onnx_folder: Path) -> Path:
    """The graph of a tiny tagger."""
    return onnx_folder / "tokens" / ONNX


@pytest.fixture(scope="module")
def onnx() -> Any:
    return needs.module("onnx")


def test_weights_have_7_bits_and_the_metadata_says_so(graph: Path, onnx: Any) -> None:
    export = needs.module("training.export")

    assert 0 < export.largest_weight(onnx.load(graph)) <= export.LARGEST
    assert load(graph, 1).get_modelmeta().custom_metadata_map[WEIGHT_BITS] == "7"


def test_embeddings_keep_8_bits(graph: Path, onnx: Any) -> None:
    """They are looked up, not multiplied."""
    tensors = {one.name: one for one in onnx.load(graph).graph.initializer}
    (words,) = (one for name, one in tensors.items() if "word_embeddings.weight_quantized" in name)

    assert onnx.numpy_helper.to_array(words).max() > 127


def test_more_than_7_bits_are_refused(graph: Path, onnx: Any, tmp_path: Path) -> None:
    """Metadata that says too little would let products overflow."""
    export = needs.module("training.export")
    model = onnx.load(graph)
    kind = onnx.TensorProto.INT8
    weights = next(one for one in model.graph.initializer if one.data_type == kind)
    high = np.full(onnx.numpy_helper.to_array(weights).shape, 65, np.int8)
    weights.CopyFrom(onnx.numpy_helper.from_array(high, weights.name))
    onnx.save(model, tmp_path / "wide.onnx")

    with pytest.raises(ValueError, match="more than 7 bits"):
        export.declare_bits(tmp_path / "wide.onnx")


def test_a_session_has_the_number_of_threads_asked_for(graph: Path) -> None:
    session = open_session(graph, 3, wide=False)

    assert session.get_session_options().intra_op_num_threads == 3
