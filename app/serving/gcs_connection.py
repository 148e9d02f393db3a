"""A connection to Ray's GCS that is open before Ray needs it on a replica's event loop.

Ray loads the class of an actor that it meets first from the GCS, and waits for it on the loop. gRPC
opens a connection that was lost only when it is used, and may first try the address of a head that
is gone: for the first two seconds with the actors of a new head, replicas answered nothing.
"""

import logging
import time
from collections.abc import Callable
from threading import Thread
from typing import Final

from ray.exceptions import RayError
from ray.experimental.internal_kv import _internal_kv_exists

INTERVAL_S: Final = 1
"""Less than the time in which Serve's controller starts after a GCS does."""
_KEY: Final = b"wiki-digest"
_log = logging.getLogger("ray.serve")


def keep_open(
    use: Callable[[], object] = lambda: _internal_kv_exists(_KEY), interval_s: float = INTERVAL_S
) -> Thread:
    """Use the connection of this process every `interval_s` seconds, until the process ends."""
    thread = Thread(target=_use, args=(use, interval_s), name="gcs-connection", daemon=True)
    thread.start()
    return thread


def _use(use: Callable[[], object], interval_s: float) -> None:
    while True:
        try:
            use()
        except RayError as error:
            _log.debug("the GCS did not answer", exc_info=error)
        time.sleep(interval_s)
