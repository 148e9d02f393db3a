"""Lets a process end with its parent."""

import ctypes
import os
import signal
import sys
from typing import Final

VARIABLE: Final = "WIKI_DIGEST_END_WITH_PARENT"
"""Environment variable: set where a process must not outlive its parent."""
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def end_with_parent() -> None:
    """Let the kernel send SIGTERM to this process when its parent ends, if `VARIABLE` is set.

    What replaces this process by exec ends likewise. Only Linux has this.
    """
    if VARIABLE in os.environ and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
