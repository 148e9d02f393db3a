"""tests/chaos/open_loop.py: a load that can see a loss."""

import itertools
import json
import threading
import time

import pytest

from tests.chaos.open_loop import CLIENTS, WAYS, Ask, OpenLoad, Stream, get_digest
from tests.support.eventually import eventually
from tests.support.http_server import HttpServer, Request

JSON = {"Content-Type": "application/json"}
WITHIN_S = 60


class FakeDigests(HttpServer):
    """Answers every way of asking; the term says with which fault, or how slowly."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()
        self.held: list[Request] = []

    def answer(self, request: Request) -> None:
        """Answer, or end the connection."""
        posted = request.body().decode() if request.command == "POST" else ""
        asked = request.path + posted
        if "slow" in asked:
            self.closing.wait(1)
        if "held" in asked:
            self.held.append(request)
            self.released.wait(WITHIN_S)
        if "refused" in asked:
            request.send(503, json.dumps({"status": 503}).encode(), **JSON)
        elif "broken" not in asked:
            digest = json.dumps({"status": "degraded" if "degraded" in asked else "ok"})
            self._send(request, digest, cut="cut" in asked)

    def _send(self, request: Request, digest: str, *, cut: bool) -> None:
        if request.path.startswith("/v1/digest/stream"):
            last = "" if cut else f"event: digest\ndata: {digest}\n\n"
            request.send(200, f'event: stage\ndata: {{"stage": "source"}}\n\n{last}'.encode())
        elif request.command == "POST":
            items = {"items": [{"digest": json.loads(digest), "problem": None}]}
            request.send(200, json.dumps(items).encode(), **JSON)
        else:
            request.send(200, digest.encode(), **JSON)


def loaded(term: str, *ways: Ask, per_s: float = 100, answers: int = 12) -> OpenLoad:
    with FakeDigests() as server:
        stream = Stream("hot", per_s, itertools.repeat(term))
        with OpenLoad(server.address, "some.test", stream, ways=ways or WAYS) as load:
            eventually("answers", lambda: load.answered >= answers, WITHIN_S, 0.01)
    return load


def test_complete_answers_of_all_ways_are_not_lost() -> None:
    load = loaded("ada lovelace")
    assert load.losses.lost == []
    asked = {one.way for one in load.losses.answers}
    assert asked == {"hot, get_digest", "hot, post_digests", "hot, stream_digest"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", ["degraded", "refused", "broken"])
def test_a_fault_is_a_loss_in_all_ways(way: Ask, fault: str) -> None:
    load = loaded(fault, way)
    assert len(load.losses.lost) == load.answered


def test_a_stream_that_is_broken_off_is_lost() -> None:
    load = loaded("cut", *WAYS[-1:])
    assert load.losses.reasons().keys() == {"hot, stream_digest: stream ended with stage"}


def test_requests_leave_when_they_are_due_though_earlier_ones_wait() -> None:
    """A load that waits would have one answer after a second."""
    load = loaded("slow", get_digest, per_s=50, answers=30)
    dues = sorted(one.due for one in load.losses.answers)
    assert dues[20] - dues[0] == pytest.approx(20 / 50)
    assert load.losses.percentile(0) >= 1


def test_a_request_leaves_though_every_client_waits_and_its_time_counts() -> None:
    stream = Stream("hot", 400, itertools.repeat("held"))
    with (
        FakeDigests() as server,
        OpenLoad(server.address, "some.test", stream, ways=(get_digest,)) as load,
    ):
        eventually("more requests", lambda: len(server.held) > CLIENTS + 20, WITHIN_S, 0.01)
        released = time.monotonic()
        server.released.set()
        eventually("answers", lambda: load.answered > CLIENTS + 20, WITHIN_S, 0.01)
    early = [one for one in load.losses.answers if one.due < released]
    assert len(early) > CLIENTS
    assert all(one.ended > released for one in early)
