"""Layer normalization in elementary operations; needs onnx."""

from typing import Any

import numpy as np
import onnxruntime
import pytest

from tests.support import needs

WIDTH = 16


def graph(onnx: Any, *, bias: bool) -> Any:
    """The sum of x, y and perhaps a bias, normalized."""
    made, kind = onnx.helper, onnx.TensorProto.FLOAT
    rng = np.random.default_rng(0)
    names = ["scale", "shift", *["bias"] * bias]
    values = [
        onnx.numpy_helper.from_array(rng.normal(size=WIDTH).astype(np.float32), name)
        for name in names
    ]
    node = made.make_node(
        "SkipLayerNormalization", ["x", "y", *names], ["z"], domain="com.microsoft", epsilon=1e-5
    )
    x, y, z = (made.make_tensor_value_info(name, kind, ["n", WIDTH]) for name in "xyz")
    sets = [made.make_opsetid("", 17), made.make_opsetid("com.microsoft", 1)]
    made_graph = made.make_graph([node], "g", [x, y], [z], values)
    return made.make_model(made_graph, opset_imports=sets, ir_version=8)


def output(model: Any, x: Any, y: Any) -> Any:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(["z"], {"x": x, "y": y})[0]


@pytest.mark.parametrize("bias", [False, True])
def test_the_elementary_operations_give_what_the_fused_one_gives(*, bias: bool) -> None:
    """Equal numbers have no deviation: epsilon keeps the quotient finite."""
    onnx = needs.module("onnx")
    x, y = np.random.default_rng(1).normal(size=(2, 5, WIDTH)).astype(np.float32)
    x[0] = y[0] = 3
    model = graph(onnx, bias=bias)
    expected = output(model, x, y)
    needs.module("training.norms").spread(model)

    assert "SkipLayerNormalization" not in {node.op_type for node in model.graph.node}
    np.testing.assert_allclose(output(model, x, y), expected, atol=1e-5)


def test_a_graph_without_normalization_stays_as_it_is() -> None:
    onnx = needs.module("onnx")
    model = graph(onnx, bias=False)
    del model.graph.node[:]
    before = model.SerializeToString()
    needs.module("training.norms").spread(model)

    assert model.SerializeToString() == before
