import gzip
import json
import socket
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NamedTuple

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from app.config.settings import WikipediaSettings
from app.core.errors import SourceFailed, SourceTimeout
from app.core.tracing import OFF, Tracer
from app.metrics.kinds import SILENT, Recorder
from app.metrics.table import SOURCE_REQUESTS, SOURCE_RETRIES, SOURCE_SECONDS
from app.sources.mediawiki import REQUESTS, Answer, Api
from devtools.server import free_port
from tests.support.fake_clock import FakeClock
from tests.support.fake_recorder import FakeRecorder
from tests.support.faulty_wiki import (
    BLANK,
    BROKEN_GZIP,
    CUT,
    DEEP,
    DRIPPING,
    EMPTY,
    HTML,
    HUGE,
    LIST,
    SLOW,
    TRUNCATED,
    Fault,
    FaultyWiki,
    error,
    status,
)
from tests.support.http_server import HttpServer, Request
from tests.support.recorded_traces import RecordedTraces
from tests.support.tiny_wiki import TinyWiki

UNREAD = "the wiki's answer cannot be read: 127.0.0.1"
PARAMS = {"meta": "siteinfo"}
EXPECTED = TinyWiki().answer(PARAMS)
LAG = "Waiting for a database server: 6 seconds lagged."


def packed(body: bytes) -> Fault:
    """An answer that is packed as well as gzip can."""
    return Fault(gzip.compress(body), headers={"Content-Encoding": "gzip"})


class Outcome(NamedTuple):
    """The answer or failure of one request among faults, and how it came about."""

    result: Answer | SourceFailed
    waits: list[float]
    requests: int

    @property
    def detail(self) -> str:
        assert isinstance(self.result, SourceFailed), self.result
        return self.result.detail


def api(
    url: str, clock: FakeClock, recorder: Recorder = SILENT, tracer: Tracer = OFF, **settings: Any
) -> Api:
    values = {"kind": "wikipedia", "api_url": url, **settings}
    given = WikipediaSettings.model_validate(values)
    return Api(given, clock.sleep, clock.monotonic, recorder, tracer)


def get(
    *faults: Fault,
    recorder: Recorder = SILENT,
    **settings: Any,
) -> Outcome:
    """Send one request to a wiki with faults; waits are recorded and take no time."""
    clock = FakeClock()
    with (
        FaultyWiki(TinyWiki(), *faults) as server,
        closing(api(server.url, clock, recorder, **settings)) as client,
    ):
        try:
            result: Answer | SourceFailed = client.budget().get(PARAMS)
        except SourceFailed as failed:
            result = failed
    return Outcome(result, clock.slept, len(server.requests))  # all have arrived by now


each_transient_fault = pytest.mark.parametrize(
    "fault",
    [
        status(429),
        status(500),
        status(502),
        status(503),
        error("maxlag", LAG),
        error("maxlag", LAG, http=503),
        error("ratelimited", "You've exceeded your rate limit."),
        error("readonly", "The wiki is currently in read-only mode."),
        error("internal_api_error_DBQueryError", "[x] Caught exception of type DBQueryError."),
        CUT,
    ],
    ids=lambda fault: f"{fault.status} {fault.body[:40]!r}",
)


@each_transient_fault
def test_a_transient_fault_is_retried(fault: Fault) -> None:
    outcome = get(fault, fault)
    assert outcome.result == EXPECTED
    assert len(outcome.waits) == 2


@each_transient_fault
def test_the_number_of_retries_follows_the_settings(fault: Fault) -> None:
    outcome = get(fault, fault, retries=0)
    assert isinstance(outcome.result, SourceFailed)
    assert outcome.waits == []
    assert outcome.requests == 1


def test_waits_grow_exponentially_with_jitter() -> None:
    first, second, third = get(*[status(500)] * 3, retries=3).waits
    assert 0.25 <= first <= 0.5 <= second <= 1.0 <= third <= 2.0


def test_retry_after_in_seconds_is_respected() -> None:
    (wait,) = get(status(429, "7")).waits
    assert 7 < wait <= 7.5


def test_retry_after_as_a_date_is_respected() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
    (wait,) = get(status(503, later)).waits
    assert 5 < wait <= 9.5


@pytest.mark.parametrize("value", ["", "soon", "-5", "²", "Fri, 99 Nov 2026 99:00:00 GMT"])
def test_an_invalid_retry_after_is_ignored(value: str) -> None:
    (wait,) = get(status(429, value)).waits
    assert 0.25 <= wait <= 0.5


@pytest.mark.parametrize("value", ["3600", "9" * 400, "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wait_beyond_the_budget_fails_at_once(value: str) -> None:
    outcome = get(status(429, value))
    assert outcome.detail.endswith("answered with HTTP status 429; no time is left for a retry")
    assert outcome.waits == []
    assert outcome.requests == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HTML, f"{UNREAD} answered with HTML instead of JSON: is it an api.php?"),
        (TRUNCATED, f"{UNREAD} answered with broken JSON"),
        (DEEP, f"{UNREAD} answered with broken JSON"),
        (EMPTY, f"{UNREAD} answered with an empty page"),
        (BLANK, f"{UNREAD} answered with an empty page"),
        (HUGE, f"{UNREAD} answered with more than 8 MiB"),
        (LIST, f"{UNREAD} answered with JSON that is not an object"),
        (status(404), "127.0.0.1 answered with HTTP status 404"),
        (status(403), "127.0.0.1 answered with HTTP status 403"),
        (error("badvalue", "Unknown value."), "127.0.0.1 rejected the request: Unknown value."),
        (error("long", "x" * 999), f"127.0.0.1 rejected the request: {'x' * 200}"),
        (Fault(b'{"error": 1}'), "127.0.0.1 rejected the request: no reason given"),
        (packed(b" " * 2**21), f"{UNREAD} answered with 100 times what it sent, or more"),
        (BROKEN_GZIP, f"{UNREAD} answered with broken compression"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_an_invalid_answer_is_described_and_not_retried(fault: Fault, expected: str) -> None:
    outcome = get(fault)
    assert outcome.detail == expected
    assert outcome.requests == 1


def test_an_answer_that_was_packed_as_well_as_text_can_be_is_read() -> None:
    """Much better than pages are: to a twentieth."""
    text = "".join(f"{word:07x} " * 8 for word in range(2**16))
    fault = packed(json.dumps({"query": text}).encode())
    assert len(fault.body) * 20 < len(text) > 2**21
    assert get(fault).result == {"query": text}


def test_a_redirect_is_not_followed_but_named() -> None:
    moved = Fault(b"", 301, {"Location": "https://tiny.test/api.php"})
    expected = ", a redirect to https://tiny.test/api.php: set api_url to that address"
    assert get(moved).detail == f"127.0.0.1 answered with HTTP status 301{expected}"


def test_the_body_of_a_redirect_has_the_same_limits() -> None:
    place = {"Location": "https://tiny.test/api.php"}
    outcome = get(DRIPPING._replace(status=302, headers=place), timeout_s=0.2)
    assert outcome.detail == "127.0.0.1 did not answer within 0.2 s"
    large = HUGE._replace(status=302, headers=place)
    assert get(large).detail == f"{UNREAD} answered with more than 8 MiB"


def test_a_silent_wiki_times_out() -> None:
    outcome = get(SLOW, timeout_s=0.1)
    assert isinstance(outcome.result, SourceTimeout)
    assert outcome.detail == "127.0.0.1 did not answer within 0.1 s"
    assert outcome.requests == 1


def test_the_time_limit_covers_an_answer_as_a_whole() -> None:
    outcome = get(DRIPPING, timeout_s=0.2)
    assert isinstance(outcome.result, SourceTimeout)
    assert outcome.detail == "127.0.0.1 did not answer within 0.2 s"
    assert outcome.requests == 1


class SlowHeader(HttpServer):
    """Sends a header byte by byte, without an end."""

    def answer(self, request: Request) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        with suppress(OSError):
            while not self.closing.wait(0.01):
                request.wfile.write(b"x")


@pytest.mark.parametrize("has_proxy", [False, True])
def test_the_time_limit_covers_a_header_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, *, has_proxy: bool
) -> None:
    with SlowHeader() as server:
        if has_proxy:
            monkeypatch.setenv("http_proxy", server.address)
        url = "http://tiny.test/w/api.php" if has_proxy else f"{server.address}/w/api.php"
        with (
            closing(api(url, FakeClock(), timeout_s=0.2)) as client,
            pytest.raises(SourceTimeout, match=r"did not answer within 0\.2 s"),
        ):
            client.budget().get(PARAMS)


def test_a_connection_without_an_answer_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/w/api.php"
        with (
            closing(api(url, FakeClock(), timeout_s=0.1)) as client,
            pytest.raises(SourceTimeout),
        ):
            client.budget().get(PARAMS)


def test_an_unreachable_wiki_is_named_after_all_retries() -> None:
    clock = FakeClock()
    url = f"http://127.0.0.1:{free_port()}/w/api.php"
    with closing(api(url, clock)) as client, pytest.raises(SourceFailed) as caught:
        client.budget().get(PARAMS)
    assert caught.value.detail == "127.0.0.1 cannot be reached: no connection (3 tries)"
    assert len(clock.slept) == 2


def test_the_requests_of_a_budget_share_its_time() -> None:
    clock = FakeClock()
    with FaultyWiki(TinyWiki()) as server, closing(api(server.url, clock, timeout_s=5)) as client:
        budget = client.budget()
        for _ in range(4):
            budget.get(PARAMS)
            clock.now += 5
        with pytest.raises(SourceTimeout, match=r"took longer than 20 s in total"):
            budget.get(PARAMS)
        assert len(server.requests) == 4


def test_a_request_gets_no_more_than_the_remaining_time() -> None:
    clock = FakeClock()
    with (
        FaultyWiki(TinyWiki(), SLOW) as server,
        closing(api(server.url, clock, timeout_s=1)) as client,
    ):
        budget = client.budget()
        clock.now += 3.9
        with pytest.raises(SourceTimeout, match=r"did not answer within 0\.1 s"):
            budget.get(PARAMS)


def test_retries_end_with_the_budget() -> None:
    outcome = get(*[status(500)] * 11, retries=10, timeout_s=1)
    assert outcome.detail == "127.0.0.1 answered with HTTP status 500; no time is left for a retry"
    assert sum(outcome.waits) < 4
    assert outcome.requests < 6


def test_a_budget_limits_the_number_of_requests() -> None:
    with FaultyWiki(TinyWiki()) as server, closing(api(server.url, FakeClock())) as client:
        budget = client.budget()
        for _ in range(REQUESTS):
            budget.get(PARAMS)
        with pytest.raises(SourceFailed, match="needs more than 32 requests"):
            budget.get(PARAMS)
        assert len(server.requests) == REQUESTS


def test_every_request_names_the_client_and_sends_maxlag() -> None:
    agent = "me (me@example.org)"
    with (
        FaultyWiki(TinyWiki()) as server,
        closing(api(server.url, FakeClock(), user_agent=agent)) as client,
    ):
        client.budget().get(PARAMS)
    (request,) = server.requests
    assert request.headers["User-Agent"] == agent
    assert request.params["maxlag"] == "5"


@pytest.mark.parametrize(
    ("fault", "answered"),
    [
        (status(429), "429"),
        (status(503), "5xx"),
        (error("maxlag", LAG), "busy"),
        (error("maxlag", LAG, http=503), "5xx"),
        (CUT, "unreachable"),
    ],
    ids=["429", "5xx", "busy", "busy with 503", "unreachable"],
)
def test_a_retry_is_counted_by_the_status_before(fault: Fault, answered: str) -> None:
    recorder = FakeRecorder()
    get(fault, recorder=recorder)
    assert recorder.counted(SOURCE_REQUESTS) == {(answered,): 1, ("2xx",): 1}
    assert recorder.counted(SOURCE_RETRIES) == {(answered,): 1}
    assert len(recorder.observed(SOURCE_SECONDS)) == 2


@pytest.mark.parametrize(
    ("fault", "answered"),
    [
        (status(404), "4xx"),
        (status(301), "3xx"),
        (HTML, "2xx"),
        (HUGE, "failed"),
        (BROKEN_GZIP, "failed"),
    ],
    ids=["4xx", "3xx", "no JSON", "too large", "broken"],
)
def test_a_failed_request_is_counted_by_its_status(fault: Fault, answered: str) -> None:
    recorder = FakeRecorder()
    get(fault, recorder=recorder)
    assert recorder.counted(SOURCE_REQUESTS) == {(answered,): 1}
    assert recorder.counted(SOURCE_RETRIES) == {}


def test_a_slow_wiki_is_counted_as_a_timeout() -> None:
    recorder = FakeRecorder()
    get(SLOW, recorder=recorder, timeout_s=0.05)
    assert recorder.counted(SOURCE_REQUESTS) == {("timeout",): 1}


def test_a_last_try_is_not_a_retry() -> None:
    recorder = FakeRecorder()
    get(*[status(500)] * 3, recorder=recorder, retries=2)
    assert recorder.counted(SOURCE_REQUESTS) == {("5xx",): 3}
    assert recorder.counted(SOURCE_RETRIES) == {("5xx",): 2}


def test_a_request_and_its_retries_are_spans_with_their_status() -> None:
    traces, clock = RecordedTraces(), FakeClock()
    faults = (status(503), HTML)
    with (
        FaultyWiki(TinyWiki(), *faults) as server,
        closing(api(server.url, clock, tracer=traces)) as client,
        pytest.raises(SourceFailed),
        traces.begin("GET /", {}),
    ):
        client.budget().get(PARAMS)
    busy, failed, _ = traces.spans
    shared = {"http.request.method": "GET", "server.address": "127.0.0.1"}
    assert busy.attributes == {
        **shared,
        "http.response.status_code": 503,
        "error.type": "WikiBusy",
    }
    assert failed.attributes == {
        **shared,
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
        "error.type": "SourceFailed",
    }
    assert {span.kind for span in (busy, failed)} == {SpanKind.CLIENT}
    assert {span.status.status_code for span in (busy, failed)} == {StatusCode.ERROR}
