"""Inference with torch and transformers: the optional extra `hub`.

Both are imported inside functions only, so that the rest works without them. The protocols are
the part of their classes that is used.
"""

from types import ModuleType
from typing import Final, NamedTuple, Protocol

import numpy as np
from tokenizers import Tokenizer

from app.core.errors import ModelError
from app.models.device import Device
from app.models.encoding import FloatArray, Forward, IntArray
from app.models.model_dir import ModelDir

_VOCABULARIES: Final = ("vocab.*", "*.model")


class _Tensor(Protocol):
    """`torch.Tensor`."""

    def to(self, device: str) -> "_Tensor": ...
    def float(self) -> "_Tensor": ...
    def cpu(self) -> "_Tensor": ...
    def numpy(self) -> FloatArray: ...
    def tolist(self) -> list[list[int]]: ...


class _Output(Protocol):
    """`transformers.utils.ModelOutput` of a classifier."""

    logits: _Tensor


class _GenerationConfig(Protocol):
    """`transformers.GenerationConfig`."""

    max_length: int | None
    min_length: int | None


class Module(Protocol):
    """`transformers.PreTrainedModel`; only models that generate text have the last two members."""

    def to(self, device: str) -> "Module":
        """Move the weights to a device."""

    def eval(self) -> "Module":
        """Switch dropout off."""

    def __call__(self, *, input_ids: _Tensor, attention_mask: _Tensor) -> _Output:
        """Run the model on arrays of the shape (rows, tokens)."""

    generation_config: _GenerationConfig

    def generate(self, *, input_ids: _Tensor, attention_mask: _Tensor, **options: int) -> _Tensor:
        """The generated token ids of each row."""


class Libraries(NamedTuple):
    """The modules `torch` and `transformers`."""

    torch: ModuleType
    transformers: ModuleType


class TorchPlacement(NamedTuple):
    """The torch names of a model's device and dtype, and its share of a shared GPU's memory."""

    device: str
    dtype: str
    share: float | None = None


def libraries(stage: str, model: str) -> Libraries:
    """Import torch and transformers.

    Raises:
        ModelError: one is not installed; the message names the stage and the model.
    """
    try:
        import torch  # noqa: PLC0415  (the extra `hub`)
        import transformers  # noqa: PLC0415  (likewise)
    except ImportError as error:
        raise ModelError(
            f"{stage}: model {model!r} needs {error.name or 'torch'}, which is not installed: "
            "pip install 'wiki-digest[hub]'"
        ) from error
    return Libraries(torch, transformers)


def placement_for(device: Device, *, bf16: bool) -> TorchPlacement:
    """The placement on a device; `bf16` states whether its GPU supports bfloat16."""
    if device.gpus <= 0:
        return TorchPlacement("cpu", "float32")
    share = device.gpus if device.gpus < 1 else None
    return TorchPlacement("cuda:0", "bfloat16" if bf16 else "float16", share)


def configure_process(torch: ModuleType, device: Device) -> TorchPlacement:
    """Limit this process to its threads and its share of GPU memory; returns the placement.

    cuDNN's attention is off: it plans each new shape in each thread, which takes 55 ms on an H200,
    where a pass of bert-base takes 5 ms.
    """
    bf16 = device.gpus > 0 and torch.cuda.is_bf16_supported(including_emulation=False)
    placement = placement_for(device, bf16=bf16)
    torch.set_num_threads(device.threads)
    torch.backends.cuda.enable_cudnn_sdp(device.gpus <= 0)
    if placement.share is not None:
        torch.cuda.set_per_process_memory_fraction(placement.share, 0)
    return placement


def load(model_dir: ModelDir, auto: str, device: Device) -> tuple[Module, TorchPlacement]:
    """The model on its device, loaded by transformers' class `auto` (such as AutoModel).

    Raises:
        ModelError: a file is missing, the model is of another kind, or the device is unavailable.
    """
    torch, transformers = libraries(model_dir.stage, model_dir.model)
    if not model_dir.weights:
        raise model_dir.error(f"model.safetensors is missing in {model_dir.path}")
    transformers.utils.logging.disable_progress_bar()
    try:
        placement = configure_process(torch, device)
        model, info = getattr(transformers, auto).from_pretrained(
            model_dir.path,
            local_files_only=True,
            dtype=getattr(torch, placement.dtype),
            output_loading_info=True,
        )
        model.to(placement.device).eval()
    except Exception as error:
        raise model_dir.error(f"{auto} cannot load {model_dir.path}: {error}") from error
    if info["missing_keys"] or info["mismatched_keys"]:
        raise model_dir.error(f"it was not trained as {auto}: weights are missing or do not fit")
    return model, placement


def forward(model_dir: ModelDir, auto: str, device: Device) -> tuple[Forward, TorchPlacement]:
    """The model as a function, and its placement. Raises what `load` raises."""
    torch, _ = libraries(model_dir.stage, model_dir.model)
    model, placement = load(model_dir, auto, device)

    def run(ids: IntArray, mask: IntArray) -> FloatArray:
        with torch.inference_mode():
            feed = [torch.from_numpy(array).to(placement.device) for array in (ids, mask)]
            logits = model(input_ids=feed[0], attention_mask=feed[1]).logits
            return np.asarray(logits.float().cpu().numpy())

    return run, placement


def tokenizer(model_dir: ModelDir) -> Tokenizer:
    """The tokenizer in tokenizer.json, or one that transformers builds from older files.

    tokenizer.json is preferred: AutoTokenizer would rebuild the normalizer of a BERT tokenizer,
    and drop the embedded models' case marks.

    Raises:
        ModelError: the folder has no tokenizer, or not a fast one.
    """
    if (model_dir.path / "tokenizer.json").is_file():
        return model_dir.tokenizer()
    if not any(True for pattern in _VOCABULARIES for _ in model_dir.path.glob(pattern)):
        # Transformers would build a tokenizer without a vocabulary: every word would be unknown.
        raise model_dir.error(f"tokenizer.json is missing in {model_dir.path}")
    _, transformers = libraries(model_dir.stage, model_dir.model)
    try:
        auto = transformers.AutoTokenizer.from_pretrained(model_dir.path, local_files_only=True)
        backend = auto.backend_tokenizer
    except Exception as error:
        raise model_dir.error(
            f"no tokenizer can be built from {model_dir.path}: {error}"
        ) from error
    if not isinstance(backend, Tokenizer):
        raise model_dir.error(
            f"its tokenizer is not a fast one; put a tokenizer.json in {model_dir.path}"
        )
    return backend
