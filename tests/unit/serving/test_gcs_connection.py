"""A connection to the GCS is used again and again, by a thread."""

from threading import Event

from ray.exceptions import RaySystemError

from app.serving.gcs_connection import keep_open

DEADLINE_S = 20


class Gcs:
    """Fails the first time."""

    def __init__(self) -> None:
        self.uses = 0
        self.used_twice = Event()

    def __call__(self) -> None:
        """Count one use; the second waits for ever."""
        self.uses += 1
        if self.uses == 1:
            raise RaySystemError("no connection")
        self.used_twice.set()
        Event().wait()


def test_the_connection_is_used_again_after_it_failed() -> None:
    gcs = Gcs()
    thread = keep_open(gcs, interval_s=0)
    assert gcs.used_twice.wait(DEADLINE_S)
    assert thread.daemon, "it would keep the process from ending"
