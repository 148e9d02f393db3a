"""The compute resources of a replica."""

from typing import NamedTuple


class Device(NamedTuple):
    """CPU threads, and GPUs: 0, a fraction of one GPU, or a number of whole ones."""

    threads: int = 1
    gpus: float = 0.0
