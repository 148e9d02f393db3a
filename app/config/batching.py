"""How a stage's requests are put into batches."""

from typing import Annotated, ClassVar, Final, NamedTuple

from pydantic import Field

from app.config.strict import StrictSettings

BatchSize = Annotated[int, Field(ge=1, le=256)]
BatchWait = Annotated[float, Field(ge=0, le=10)]

_PADDING_SHARE: Final = {"cpu": 64}
"""On one CPU, ten leads of 20 to 500 tokens take 0.22 s if a row adds at most 1/64 of the budget in
padding, and 0.55 s without this limit."""
_GPU_PADDING_SHARE: Final = 2
"""On an H200, bert-base takes 5 ms for one row and for 16 x 512 tokens, so padding is free
below half of the budget."""


class Budget(NamedTuple):
    """Tokens in one forward pass at most, and the padding that one more row may add, in tokens."""

    tokens: int
    padding: int


class BatchSettings(StrictSettings):
    """How requests are put into batches."""

    renamed: ClassVar = {
        "size": "max_batch_size",
        "wait_s": "batch_wait_timeout_s",
        "tokens": "max_batch_tokens",
    }

    max_batch_size: BatchSize = 10
    """articles in one batch at most"""
    batch_wait_timeout_s: BatchWait = 0
    """seconds that the first article of a batch waits for others; a batch fills while others run"""
    max_concurrent_batches: Annotated[int, Field(ge=1, le=16)] | None = None
    """batches that one replica runs at the same time; default: 1 in torch, else 2"""
    max_batch_tokens: Annotated[int, Field(ge=64, le=1_000_000)] | None = None
    """tokens in one forward pass at most, padding included; a batch is split by length to fit;
    default: each row alone in ONNX Runtime; in torch 1,024 on a CPU and 16,384 on a GPU"""

    def concurrent(self, backend: str) -> int:
        """Batches that run at the same time in a backend (`onnx`, `torch`, `extractive`)."""
        return self.max_concurrent_batches or (1 if backend == "torch" else 2)

    def budget(self, device: str, backend: str) -> Budget:
        """What one forward pass of a backend may hold on `device` (`cpu`, `cuda:0`).

        ONNX Runtime quantizes the values of a whole pass together: a row that shares its pass, even
        with one of another article, has other scores. So each row is alone there. A window then
        also fits a core's cache, and takes 0.9 of the time that it takes among eight.
        """
        by_default = 1 if backend == "onnx" else 1024 if device == "cpu" else 16_384
        tokens = self.max_batch_tokens or by_default
        return Budget(tokens, tokens // _PADDING_SHARE.get(device, _GPU_PADDING_SHARE))
