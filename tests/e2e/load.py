"""Load: clients with persistent connections, each requesting one term after the other."""

import random
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

import requests

from app.sources.corpus import FOLDER
from tests.e2e.support import MEDIUM_S, Release, Served
from tests.support.eventually import eventually

CLIENTS = 8
MEASURED_S = 15
SLOWEST_S = 40
"""The chart's `requestTimeoutSeconds`. The table has the times, long on a slow machine."""
TERMS = [path.stem for path in sorted(FOLDER.glob("*.txt"))]

ONE_TO_THREE = {
    "max_replicas": 3,
    "target_ongoing_requests": 0.2,
    "metrics_interval_s": 1,
    "look_back_period_s": 2,
    "upscale_delay_s": 2,
    "downscale_delay_s": 10,
}
"""Serve's autoscaling of a deployment with the shortest delays."""

VOLUME = "faultTolerance.redis.persistence.enabled=true"
COLUMNS = ("case", "sent", "failed", "slowest", "")


class Load:
    """Sends requests from entry to exit; counts them, and records lost ones and the slowest.

    `rate` is the total of requests a second; by default, each client sends as fast as it gets
    answers.
    """

    def __init__(self, release: Served, rate: float = float("inf")) -> None:
        self._release = release
        self._every_s = CLIENTS / rate
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]
        self.sent = 0
        self.lost: list[str] = []
        self.slowest_s = 0.0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def row(self, case: str, note: str = "") -> tuple[str, ...]:
        """A row of the summary table."""
        return case, f"{self.sent:,}", str(len(self.lost)), f"{self.slowest_s:.2f} s", note

    def _client(self, seed: int) -> None:
        chance = random.Random(seed)
        due = time.monotonic() + chance.uniform(0, min(self._every_s, 1))
        with requests.Session() as session:
            while not self._stopped.wait(due - time.monotonic()):
                started = time.monotonic()
                fault = self._ask(session, chance.choice(TERMS))
                self._count(fault, time.monotonic() - started)
                due = max(due + self._every_s, time.monotonic())

    def _ask(self, session: requests.Session, term: str) -> str:
        """The fault of an answer; empty if it is complete."""
        try:
            answer = session.get(
                f"{self._release.address}/v1/digest",
                params={"term": term},
                headers={"Host": self._release.host},
                timeout=60,
            )
        except requests.RequestException as error:
            return type(error).__name__
        if not answer.headers.get("Content-Type", "").startswith("application/json"):
            return f"{answer.status_code} {answer.text[:80]!r}"
        ended = answer.json().get("status")
        return "" if ended in {"ok", "rejected"} else f"{answer.status_code} {ended}"

    def _count(self, fault: str, seconds: float) -> None:
        with self._lock:
            self.sent += 1
            self.slowest_s = max(self.slowest_s, seconds)
            if fault:
                at = time.strftime("%H:%M:%S", time.gmtime())
                self.lost.append(f"{at}, after {seconds:.2f} s: {fault}")


def capacity(release: Served) -> float:
    """The requests a second that a release answers under full load."""
    with Load(release) as load:
        time.sleep(MEASURED_S)
    assert load.lost == []
    return load.sent / MEASURED_S


class Busy(NamedTuple):
    """A release, and its capacity in requests a second."""

    release: Release
    capacity: float

    def during(self, event: Callable[[Release], object]) -> Load:
        """Send half of the capacity during an event, and a while after it."""
        with Load(self.release, self.capacity / 2) as load:
            eventually("requests are sent", lambda: load.sent > 20, MEDIUM_S)
            event(self.release)
            after = load.sent
            eventually("requests are still sent", lambda: load.sent > after + 20, MEDIUM_S)
        return load


def busy_with(release: Release, *values: str) -> Busy:
    """Install a release with its head's state in Redis and no cache; measure its capacity."""
    release.upgrade("faultTolerance.enabled=true", "settings.digest.cache_size=0", *values)
    release.wait()
    eventually("the ingress routes traffic to the release", release.answers, MEDIUM_S)
    return Busy(release, capacity(release))
