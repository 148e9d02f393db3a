"""The compute resources of a replica."""

from typing import NamedTuple

from app.models.token_count import TokenCount


class Device(NamedTuple):
    """CPU threads, and GPUs: 0, a fraction of one GPU, or a number of whole ones.

    The models on it count their tokens in `tokens`, if there is one.
    """

    threads: int = 1
    gpus: float = 0.0
    tokens: TokenCount | None = None
