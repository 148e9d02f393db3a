"""What a replica was given to compute on."""

from typing import NamedTuple


class Device(NamedTuple):
    """Threads of CPU, and the fraction of one GPU (0: none; 1 or more: whole ones)."""

    threads: int = 1
    gpus: float = 0.0
