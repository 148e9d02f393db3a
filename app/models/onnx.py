"""Running a model with ONNX Runtime: no torch needed."""

import numpy as np
import onnxruntime as ort

from app.models.encoding import FloatArray, Forward, IntArray
from app.models.model_dir import ONNX, ModelDir

_ERRORS_ONLY = 3


def forward(model_dir: ModelDir, threads: int) -> Forward:
    """A model's logits as a function of arrays. It runs on the CPU, GPU or not: int8 is for CPUs.

    Raises:
        ModelError: the file is not there, or is no model with an output `logits`.
    """
    path = model_dir.file(ONNX)
    try:
        session = ort.InferenceSession(path, options(threads), providers=["CPUExecutionProvider"])
    except Exception as error:
        raise model_dir.error(f"ONNX Runtime cannot load {path}: {error}") from error
    typed = "token_type_ids" in {one.name for one in session.get_inputs()}
    if "logits" not in {one.name for one in session.get_outputs()}:
        raise model_dir.error(f"{path} has no output `logits`")

    def run(ids: IntArray, mask: IntArray) -> FloatArray:
        feed = {"input_ids": ids, "attention_mask": mask}
        if typed:
            feed["token_type_ids"] = np.zeros_like(ids)
        return np.asarray(session.run(["logits"], feed)[0], np.float32)

    return run


def options(threads: int) -> ort.SessionOptions:
    """How sessions are run, and their scores measured."""
    chosen = ort.SessionOptions()
    chosen.intra_op_num_threads = threads
    chosen.inter_op_num_threads = 1
    chosen.log_severity_level = _ERRORS_ONLY
    # Spinning threads would burn the CPU of the replicas beside this one.
    chosen.add_session_config_entry("session.intra_op.allow_spinning", "0")
    chosen.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # CPUs without VNNI add int8 products in 16 bits, which overflow: on them alone, do it exactly.
    chosen.add_session_config_entry("session.x64quantprecision", "1")
    return chosen
