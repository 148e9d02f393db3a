"""Exports a fine-tuned torch model to a model folder: int8 ONNX, config and tokenizer.

The graph's inputs are ``input_ids`` and ``attention_mask``, and ``token_type_ids`` if the model
has segment types: int64, shape (batch, sequence), both of any size. Its output is ``logits``.
Weights are quantized per output channel to 7 bits, and activations at run time to 8 (dynamic
quantization): every CPU then adds their products without overflow, see `app.models.onnx`.
Embeddings, which are only looked up, have 8 bits.
"""

import inspect
import json
import logging
import shutil
import warnings
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from app.models.onnx import WEIGHT_BITS, load
from training.loop import Forward, Logits
from training.norms import spread

MODEL: Final = "model.int8.onnx"
OPSET: Final = 17
CLOSE: Final = (
    1e-3  # the largest difference allowed between the logits of the fused and the plain graph
)
LARGEST: Final = 64  # weights: two products with activations of up to 255 then fit into 16 bits
_LOOKUPS: Final = ("EmbedLayerNormalization", "Gather")
_PRODUCTS: Final = ("Attention", "MatMul")
_AXES: Final = {0: "batch", 1: "sequence"}
_FUSIBLE: Final = ("bert", "distilbert")  # model types for which fusion is tried

log = logging.getLogger(__name__)


class _Logits(torch.nn.Module):
    """Wraps a model: inputs by position, and only the logits as output."""

    def __init__(self, model: torch.nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(**dict(zip(self.names, values, strict=True))).logits
        return logits


def export(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, *, fuse: bool = True
) -> Path:
    """Write the model folder. Returns the path of its int8 graph."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        graph = write_graph(model, Path(scratch) / "model.onnx")
        if fuse and model.config.model_type in _FUSIBLE:
            graph = fused(graph, model)
        quantize(graph, folder / MODEL)
    write_config(model, folder)
    write_tokenizer(tokenizer, folder)
    return folder / MODEL


def input_names(model: PreTrainedModel) -> list[str]:
    """The names of the graph's inputs, in order."""
    names = ["input_ids", "attention_mask"]
    takes = "token_type_ids" in inspect.signature(model.forward).parameters
    if takes and getattr(model.config, "type_vocab_size", 0) > 1:
        names.append("token_type_ids")
    return names


def write_graph(model: PreTrainedModel, path: Path) -> Path:
    """Write the float32 graph with eager attention, the only form that fusion recognises."""
    plain = deepcopy(model).train(mode=False)
    plain.set_attn_implementation("eager")
    names = input_names(model)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracing exporter warns that it is deprecated
        torch.onnx.export(
            _Logits(plain, names),
            tuple(_sample(names).values()),
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: _axes(name, plain) for name in (*names, "logits")},
            opset_version=OPSET,
            dynamo=False,
        )
    return path


def _axes(name: str, model: PreTrainedModel) -> dict[int, str]:
    whole_text = "SequenceClassification" in type(model).__name__
    return {0: "batch"} if name == "logits" and whole_text else dict(_AXES)


def _sample(names: Sequence[str]) -> dict[str, torch.Tensor]:
    ids = torch.tensor([[1, 2, 3, 4, 5], [1, 2, 3, 0, 0]])
    filled = {"input_ids": ids, "attention_mask": (ids > 0).long()}
    return {name: filled.get(name, torch.zeros_like(ids)) for name in names}


def fused(graph: Path, model: PreTrainedModel) -> Path:
    """The graph with fused attention, embeddings and GELU, or `graph` if its logits differ."""
    path = graph.with_name("fused.onnx")
    heads, width = model.config.num_attention_heads, model.config.hidden_size
    try:
        better: Any = optimize_model(
            str(graph), model_type="bert", num_heads=heads, hidden_size=width, opt_level=0
        )
        spread(better.model)
        better.save_model_to_file(str(path))
        difference = _distance(graph, path, input_names(model))
    except Exception as error:  # noqa: BLE001  # the plain graph is valid in any case
        log.warning("not fused: %s", error)
        return graph
    return path if difference < CLOSE else graph


def _distance(one: Path, other: Path, names: Sequence[str]) -> float:
    feed = {name: value.numpy() for name, value in _sample(names).items()}
    a, b = (load(path, 1).run(["logits"], feed)[0] for path in (one, other))
    return float(np.abs(a - b).max())


def quantize(graph: Path, path: Path) -> None:
    """Quantize embeddings to 8 bits, and weights to 7."""
    lookups = path.with_suffix(".lookups.onnx")
    _quantize(graph, lookups, _LOOKUPS, reduce_range=False)
    _quantize(lookups, path, _PRODUCTS, reduce_range=True)
    lookups.unlink()
    declare_bits(path)


def declare_bits(path: Path) -> None:
    """Write into the graph's metadata that its weights have 7 bits.

    Raises:
        ValueError: they have more.
    """
    model = onnx.load(path)
    if largest_weight(model) > LARGEST:
        raise ValueError(f"{path} has weights of more than 7 bits")
    model.metadata_props.add(key=WEIGHT_BITS, value="7")
    onnx.save(model, path)


def _quantize(graph: Path, path: Path, kinds: Sequence[str], *, reduce_range: bool) -> None:
    quantize_dynamic(
        graph,
        path,
        op_types_to_quantize=kinds,
        per_channel=True,
        reduce_range=reduce_range,
        weight_type=QuantType.QInt8,
        # Tensors without a type in a fused graph count as float.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def largest_weight(model: onnx.ModelProto) -> int:
    """The largest absolute value of the int8 tensors."""
    tensors = (one for one in model.graph.initializer if one.data_type == onnx.TensorProto.INT8)
    return max(int(np.abs(onnx.numpy_helper.to_array(one).astype(int)).max()) for one in tensors)


def write_config(model: PreTrainedModel, folder: Path) -> None:
    """Write config.json with the labels, and without the path of the base."""
    config = deepcopy(model.config)
    config.architectures = [type(model).__name__]
    config.name_or_path = ""
    config.to_json_file(folder / "config.json")


def write_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write tokenizer.json, with a class that keeps its normalizer.

    BertTokenizer would build its own normalizer and drop the case marks.
    """
    with TemporaryDirectory() as scratch:
        tokenizer.save_pretrained(scratch)
        shutil.copy(Path(scratch) / "tokenizer.json", folder)
    special = {key: str(value) for key, value in tokenizer.special_tokens_map.items()}
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": tokenizer.model_max_length,
        "model_input_names": ["input_ids", "attention_mask"],
        **special,
    }
    text = json.dumps(config, indent=2, sort_keys=True)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")


def onnx_forward(path: Path) -> Forward:
    """The graph as a function of token ids and mask."""
    run = load(path, 1)
    names = [one.name for one in run.get_inputs()]

    def forward(ids: Logits, mask: Logits) -> Logits:
        filled = {"input_ids": ids, "attention_mask": mask}
        feed = {name: filled.get(name, np.zeros_like(ids)) for name in names}
        logits: Logits = run.run(["logits"], feed)[0]
        return logits

    return forward
