"""Inference with ONNX Runtime, without torch.

CPUs without VNNI add two int8 products in 16 bits, which overflow. ONNX Runtime can avoid that at
the cost of a quarter more time. Weights of 7 bits cannot overflow: 2 x 255 x 64 < 2^15. Our export
writes such weights, and says so in the graph's metadata.
"""

from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort

from app.models.encoding import FloatArray, Forward, IntArray
from app.models.model_dir import ONNX, ModelDir

WEIGHT_BITS: Final = "weight_bits"  # the key in a graph's metadata
_ERRORS_ONLY = 3


def forward(model_dir: ModelDir, threads: int) -> Forward:
    """The model as a function. It runs on the CPU even if there is a GPU: int8 is for CPUs.

    Raises:
        ModelError: the file does not exist, or is not a model with an output `logits`.
    """
    path = model_dir.file(ONNX)
    try:
        session = load(path, threads)
    except Exception as error:
        raise model_dir.error(f"ONNX Runtime cannot load {path}: {error}") from error
    takes_types = "token_type_ids" in {node.name for node in session.get_inputs()}
    if "logits" not in {node.name for node in session.get_outputs()}:
        raise model_dir.error(f"{path} has no output `logits`")

    def run(ids: IntArray, mask: IntArray) -> FloatArray:
        feed = {"input_ids": ids, "attention_mask": mask}
        if takes_types:
            feed["token_type_ids"] = np.zeros_like(ids)
        return np.asarray(session.run(["logits"], feed)[0], np.float32)

    return run


def load(path: Path, threads: int) -> ort.InferenceSession:
    """A session that computes exactly, in serving and when the model's scores are measured."""
    fast = open_session(path, threads, wide=False)
    narrow = fast.get_modelmeta().custom_metadata_map.get(WEIGHT_BITS) == "7"
    return fast if narrow else open_session(path, threads, wide=True)


def open_session(path: Path, threads: int, *, wide: bool) -> ort.InferenceSession:
    """A session on the CPU; a wide one adds in 32 bits at once, on CPUs without VNNI."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Spinning threads would take CPU time from other replicas.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.x64quantprecision", str(int(wide)))
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
