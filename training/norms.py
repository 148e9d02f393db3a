"""Layer normalization in elementary operations, for the CPU.

ONNX Runtime's kernel takes 2.2 us for a token of 384 numbers, the ten operations 0.8 to 1.1. They
are written so that ONNX Runtime does not fuse them again: a square is a product, not a power.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

FUSED: Final = "SkipLayerNormalization"
_EPSILON: Final = "layer_norm_epsilon"
_MEAN: Final = {"axes": [-1]}


def spread(model: onnx.ModelProto) -> None:
    """Replace each sum with normalization in the graph by elementary operations."""
    nodes = list(model.graph.node)
    fused = [one for one in nodes if one.op_type == FUSED]
    if not fused:
        return
    (epsilon,) = {one.f for node in fused for one in node.attribute if one.name == "epsilon"}
    model.graph.initializer.append(numpy_helper.from_array(np.array(epsilon, np.float32), _EPSILON))
    del model.graph.node[:]
    for at, node in enumerate(nodes):
        model.graph.node.extend(_steps(node, f"norm{at}") if node.op_type == FUSED else [node])


def _steps(node: onnx.NodeProto, name: str) -> Iterator[onnx.NodeProto]:
    """The operations of one node, whose inputs are two summands, scale, shift and a bias."""
    one, other, scale, shift, *bias = node.input
    for at, summand in enumerate(bias):
        yield _step("Add", [one, summand], f"{name}.biased{at}")
        one = f"{name}.biased{at}"
    yield _step("Add", [one, other], f"{name}.sum")
    yield _step("ReduceMean", [f"{name}.sum"], f"{name}.mean", **_MEAN)
    yield _step("Sub", [f"{name}.sum", f"{name}.mean"], f"{name}.centred")
    yield _step("Mul", [f"{name}.centred"] * 2, f"{name}.squares")
    yield _step("ReduceMean", [f"{name}.squares"], f"{name}.variance", **_MEAN)
    yield _step("Add", [f"{name}.variance", _EPSILON], f"{name}.positive")
    yield _step("Sqrt", [f"{name}.positive"], f"{name}.deviation")
    yield _step("Div", [f"{name}.centred", f"{name}.deviation"], f"{name}.unit")
    yield _step("Mul", [f"{name}.unit", scale], f"{name}.scaled")
    yield _step("Add", [f"{name}.scaled", shift], node.output[0])


def _step(kind: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, [output], name=output, **attributes)
