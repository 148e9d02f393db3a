"""Inference with ONNX Runtime, without torch."""

import numpy as np
import onnxruntime as ort

from app.models.encoding import FloatArray, Forward, IntArray
from app.models.model_dir import ONNX, ModelDir

_ERRORS_ONLY = 3


def forward(model_dir: ModelDir, threads: int) -> Forward:
    """The model as a function. It runs on the CPU even if there is a GPU: int8 is for CPUs.

    Raises:
        ModelError: the file does not exist, or is not a model with an output `logits`.
    """
    path = model_dir.file(ONNX)
    try:
        session = ort.InferenceSession(path, options(threads), providers=["CPUExecutionProvider"])
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


def options(threads: int) -> ort.SessionOptions:
    """Session options, in serving and when the model's scores are measured."""
    session_options = ort.SessionOptions()
    session_options.intra_op_num_threads = threads
    session_options.inter_op_num_threads = 1
    session_options.log_severity_level = _ERRORS_ONLY
    # Spinning threads would take CPU time from other replicas.
    session_options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session_options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # CPUs without VNNI add int8 products in 16 bits, which overflow. This computes exactly there,
    # and changes nothing on other CPUs.
    session_options.add_session_config_entry("session.x64quantprecision", "1")
    return session_options
