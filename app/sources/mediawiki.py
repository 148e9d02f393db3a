"""HTTP client for a MediaWiki's `api.php`: time limits, retries and validation of answers."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TypeAlias, cast
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError
from urllib3.util import Timeout

from app.config.settings import WikipediaSettings
from app.core.backoff import retry_after_s, wait_s
from app.core.errors import SourceFailed, SourceTimeout, Unreadable, WikiBusy
from app.core.tracing import OFF, Attributes, Span, Tracer
from app.metrics.kinds import SILENT, Recorder, declare
from app.metrics.table import ANSWER, SOURCE_REQUESTS, SOURCE_RETRIES, SOURCE_SECONDS, status_label
from app.sources.base import SUGGESTIONS_AT_ONCE
from app.sources.bodies import GZIP, LARGEST, json_object, unpacked
from app.sources.reading import READING
from app.sources.timed_http import Session

Params: TypeAlias = Mapping[str, str | int]
Answer: TypeAlias = dict[str, object]

BUDGET_FACTOR = 4
"""The time of one search, as a multiple of `timeout_s`: most searches need four requests."""
UNREADABLE = "the wiki's answer cannot be read"
REQUESTS = 32
"""The most requests of one search. An ambiguous title needs the most: all its options are tried."""
_SHARED_PARAMS = {"maxlag": 5, "utf8": 1}
"""Refuse the request if the wiki's databases lag by 5 s; send UTF-8 instead of \\u escapes."""
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 8.0
_BUSY = frozenset({"maxlag", "ratelimited", "readonly"})
_CHUNK = 65_536
_REASONS = {
    "NameResolutionError": "unknown host name",
    "NewConnectionError": "no connection",
    "SSLError": "TLS or its certificate failed",
    "TooManyRedirects": "too many redirects",
}


class RequestBudget:
    """The time and the number of requests that one search may use."""

    def __init__(self, api: "Api", seconds: float, clock: Callable[[], float]) -> None:
        self.host = api.host
        self._api = api
        self._seconds = seconds
        self._clock = clock
        self._deadline = clock() + seconds
        self._requests = 0

    def get(self, params: Params) -> Answer:
        """Send a request within this budget; retries do not count as requests.

        Raises:
            SourceFailed: the answer is invalid, no answer came, or too many requests were sent.
            SourceTimeout: the time is up.
        """
        self._requests += 1
        if self._requests > REQUESTS:
            raise SourceFailed(f"{self.host} needs more than {REQUESTS} requests")
        return self._api.get(params, self)

    def remaining_s(self) -> float:
        """Seconds until the deadline.

        Raises:
            SourceTimeout: the deadline has passed.
        """
        remaining = self._deadline - self._clock()
        if remaining <= 0:
            raise SourceTimeout(f"{self.host} took longer than {self._seconds:g} s in total")
        return remaining


class Api:
    """One wiki's `api.php`. Thread-safe; `pause` sleeps between retries."""

    def __init__(
        self,
        settings: WikipediaSettings,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        recorder: Recorder = SILENT,
        tracer: Tracer = OFF,
    ) -> None:
        default = f"https://{settings.language}.wikipedia.org/w/api.php"
        self.address = str(settings.api_url or default)
        self.host = urlsplit(self.address).hostname or "the wiki"
        self._timeout_s = settings.timeout_s
        self._retries = settings.retries
        self._pause = pause
        self._clock = clock
        self._recorder = recorder
        self._tracer = tracer
        declare(recorder, SOURCE_REQUESTS, ANSWER.values)
        declare(recorder, SOURCE_RETRIES, ("429", "5xx", "busy", "unreachable"))
        self._session = Session(settings.max_concurrent + SUGGESTIONS_AT_ONCE)
        self._session.headers["User-Agent"] = settings.user_agent
        # No cookies: they are the only state of a session that concurrent requests would change.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def budget(self) -> RequestBudget:
        """A budget for one search; its time starts now."""
        return RequestBudget(self, BUDGET_FACTOR * self._timeout_s, self._clock)

    def get(self, params: Params, budget: RequestBudget) -> Answer:
        """The wiki's answer, after at most `retries` retries within the budget's time."""
        tries = 0
        while True:
            try:
                with self._tracer.span("GET api.php", "client", self._attributes(tries)) as span:
                    return self._get_once(params, budget, span)
            except WikiBusy as busy:
                status = busy.answered
                wait = wait_s(tries, busy.retry_after_s, _FIRST_WAIT_S, _LONGEST_WAIT_S)
                tries += 1
                if tries > self._retries:
                    raise SourceFailed(f"{busy.detail} ({tries} tries)") from None
                if wait >= budget.remaining_s():
                    raise SourceFailed(f"{busy.detail}; no time is left for a retry") from None
            self._recorder.add(SOURCE_RETRIES, status)
            self._pause(wait)

    def _attributes(self, tries: int) -> Attributes:
        """Of the span of a request: without its query, which holds the term."""
        attributes = {"http.request.method": "GET", "server.address": self.host}
        return {**attributes, "http.request.resend_count": tries} if tries else attributes

    def _get_once(self, params: Params, budget: RequestBudget, span: Span) -> Answer:
        seconds = min(self._timeout_s, budget.remaining_s())
        started, status = self._clock(), "failed"
        try:
            response, sent = self._exchange(params, seconds)
            with READING, self._readable():
                body = unpacked(sent, response.headers.get("Content-Encoding", ""))
                span.set({"http.response.status_code": response.status_code})
                status = status_label(response.status_code)
                return self._parse_answer(response, body)
        except (requests.Timeout, ReadTimeoutError):
            status = "timeout"
            raise SourceTimeout(f"{self.host} did not answer within {seconds:.3g} s") from None
        except (requests.ConnectionError, ProtocolError) as error:
            status = "unreachable"
            reason = f"{self.host} cannot be reached: {_reason(error)}"
            raise WikiBusy(reason, answered=status) from None
        except (requests.RequestException, HTTPError) as error:
            raise SourceFailed(f"the request to {self.host} failed: {_reason(error)}") from None
        except WikiBusy as busy:
            status = busy.answered = "busy" if status == "2xx" else status
            raise
        finally:
            self._recorder.add(SOURCE_REQUESTS, status)
            self._recorder.observe(SOURCE_SECONDS, self._clock() - started)

    def _exchange(self, params: Params, seconds: float) -> tuple[requests.Response, bytes]:
        """The response and its body as it was sent, which arrive within the time."""
        with self._session.get(
            self.address,
            params={**params, **_SHARED_PARAMS},
            headers={"Accept-Encoding": GZIP},
            timeout=cast("float", Timeout(total=seconds)),  # the type stubs lack urllib3's Timeout
            stream=True,
        ) as response:
            sent = bytearray()
            read = partial(response.raw.read1, _CHUNK, decode_content=False)
            while len(sent) <= LARGEST and (chunk := read()):
                sent += chunk
        return response, bytes(sent)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except Unreadable as error:
            raise SourceFailed(f"{UNREADABLE}: {self.host} answered with {error}") from None

    def _parse_answer(self, response: requests.Response, body: bytes) -> Answer:
        """The JSON of a successful answer."""
        status, wait = response.status_code, retry_after_s(response.headers.get("Retry-After", ""))
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise WikiBusy(f"{self.host} answered with HTTP status {status}", wait)
        if status != HTTPStatus.OK:
            target = response.headers.get("Location", "")[:200]
            hint = f", a redirect to {target}: set api_url to that address" if target else ""
            raise SourceFailed(f"{self.host} answered with HTTP status {status}{hint}")
        answer = json_object(body)
        if "error" not in answer:
            return answer
        code, info = _code_and_info(answer["error"])
        if code in _BUSY or code.startswith("internal_api_error"):
            raise WikiBusy(f"{self.host} is overloaded: {info}", wait)
        raise SourceFailed(f"{self.host} rejected the request: {info}")


def _code_and_info(error: object) -> tuple[str, str]:
    """The code and the message of an error that MediaWiki reports."""
    members = error if isinstance(error, dict) else {}
    return str(members.get("code", "")), str(members.get("info", "no reason given"))[:200]


def _reason(error: BaseException) -> str:
    """A plain description of the known cause among nested exceptions of requests and urllib3."""
    layers: list[object] = [error]
    while layers:
        layer = layers.pop()
        if known := _REASONS.get(type(layer).__name__):
            return known
        if isinstance(layer, BaseException):
            layers += [*layer.args, getattr(layer, "reason", None)]
    return "the connection was closed"
