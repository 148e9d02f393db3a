"""The deployments of which no replica answers this process: a call would wait for its deadline.

Their routers write it, `StageClient` reads it. It is no part of `router.py`, whose module Serve
pickles by value: its globals are copies in the process of the caller.
"""

from typing import Final

DEPLOYMENTS: Final[set[str]] = set()
