"""A MediaWiki's `api.php` over HTTP: time limits, further tries, answers that can be trusted."""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError
from urllib3.util import Timeout

from app.config import settings
from app.core.backoff import retry_after_s, wait_s
from app.core.errors import SourceFailed, SourceTimeout, WikiBusy

PATIENCE = 4
"""An errand may take this many times `timeout_s`: an ordinary one needs that many answers."""
REQUESTS = 24
"""Requests of one errand at most; pages that redirect in a circle would make it endless."""
LARGEST = 16 * 2**20
"""Bytes of one answer at most. MediaWiki itself stops at 8 MiB unless told otherwise."""
_COURTESY = {"maxlag": 5, "utf8": 1}
"""Be refused when the wiki's databases lag 5 s behind; letters as letters, not as \\u escapes."""
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 8.0
_BUSY = frozenset({"maxlag", "ratelimited", "readonly"})
_CHUNK = 65_536
_REASONS = {
    "NameResolutionError": "its name is not known",
    "NewConnectionError": "it takes no connections",
    "SSLError": "TLS or its certificate failed",
    "TooManyRedirects": "it leads from one address to the next",
    "DecodeError": "its compression is broken",
}


class RequestBudget:
    """The requests that one search needs: all within one time, and not too many."""

    def __init__(self, api: "Api", seconds: float) -> None:
        self.host = api.host
        self._api = api
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._requests = 0

    def ask(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What the wiki answers.

        Raises:
            SourceFailed: nothing that makes sense, or nothing at all.
            SourceTimeout: too late.
        """
        self._requests += 1
        if self._requests > REQUESTS:
            raise SourceFailed(f"{self.host} leads in circles")
        return self._api.ask(params, self)

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            SourceTimeout: none are.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise SourceTimeout(f"{self.host} took longer than {self._seconds:g} s in all")
        return left


class Api:
    """One wiki's `api.php`. Threads may share it; `pause` waits between two tries."""

    def __init__(
        self, url: str, wanted: settings.WikipediaSettings, pause: Callable[[float], None]
    ) -> None:
        self.host = urlsplit(url).hostname or "the wiki"
        self._url = url
        self._timeout_s = wanted.timeout_s
        self._retries = wanted.retries
        self._pause = pause
        self._session = requests.Session()
        self._session.headers["User-Agent"] = wanted.user_agent
        # No cookies: they are all that threads would change in a session that they share.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=wanted.max_concurrent))

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def errand(self) -> RequestBudget:
        """A search begins; its time runs from now on."""
        return RequestBudget(self, PATIENCE * self._timeout_s)

    def ask(self, params: Mapping[str, Any], errand: RequestBudget) -> dict[str, Any]:
        """What the wiki answers, after up to `retries` further tries within the errand's time."""
        tries = 0
        while True:
            try:
                return self._once(params, errand)
            except WikiBusy as busy:
                wait = wait_s(tries, busy.retry_after_s, _FIRST_WAIT_S, _LONGEST_WAIT_S)
                tries += 1
                if tries > self._retries:
                    raise SourceFailed(f"{busy.detail} ({tries} tries)") from None
                if wait >= errand.left():
                    raise SourceFailed(
                        f"{busy.detail}, and time is up before the next try"
                    ) from None
            self._pause(wait)

    def _once(self, params: Mapping[str, Any], errand: RequestBudget) -> dict[str, Any]:
        seconds = min(self._timeout_s, errand.left())
        try:
            return self._meaning(*self._exchange(params, seconds))
        except (requests.Timeout, ReadTimeoutError, TimeoutError):
            raise SourceTimeout(f"{self.host} did not answer within {seconds:.3g} s") from None
        except (requests.ConnectionError, ProtocolError) as error:
            raise WikiBusy(f"{self.host} cannot be reached: {_reason(error)}") from None
        except (requests.RequestException, HTTPError) as error:
            raise SourceFailed(f"{self.host} cannot be asked: {_reason(error)}") from None

    def _exchange(
        self, params: Mapping[str, Any], seconds: float
    ) -> tuple[requests.Response, bytes]:
        """The answer's head and body. Its time counts as a whole, not anew for each packet."""
        until = time.monotonic() + seconds
        limit: Any = Timeout(total=seconds)  # requests takes one, its type stubs do not know
        with self._session.get(
            self._url,
            params={**params, **_COURTESY},
            timeout=limit,
            stream=True,
            allow_redirects=False,  # each would have a time, and a size, of its own
        ) as answer:
            body = bytearray()
            while chunk := answer.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > LARGEST:
                    raise SourceFailed(
                        f"{self.host} answered with more than {LARGEST // 2**20} MiB"
                    )
                if time.monotonic() > until:
                    raise TimeoutError
        return answer, bytes(body)

    def _meaning(self, answer: requests.Response, body: bytes) -> dict[str, Any]:
        """The JSON of an answer, once nothing speaks against it."""
        status, later = answer.status_code, retry_after_s(answer.headers.get("Retry-After", ""))
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise WikiBusy(f"{self.host} answered with HTTP status {status}", later)
        if status != HTTPStatus.OK:
            elsewhere = answer.headers.get("Location", "")[:200]
            where = f", which leads to {elsewhere}: give that as api_url" if elsewhere else ""
            raise SourceFailed(f"{self.host} answered with HTTP status {status}{where}")
        told = self._parsed(body)
        if "error" not in told:
            return told
        code, info = _fault(told["error"])
        if code in _BUSY or code.startswith("internal_api_error"):
            raise WikiBusy(f"{self.host} is too busy: {info}", later)
        raise SourceFailed(f"{self.host} refused: {info}")

    def _parsed(self, body: bytes) -> dict[str, Any]:
        start = body[:1_000].lstrip()
        if not start:
            raise SourceFailed(f"{self.host} answered with an empty page")
        if start.startswith(b"<"):
            raise SourceFailed(f"{self.host} answered with HTML instead of JSON: is it an api.php?")
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise SourceFailed(f"{self.host} answered with broken JSON") from None
        if not isinstance(told, dict):
            raise SourceFailed(f"{self.host} answered with JSON that is no MediaWiki's")
        return told


def _fault(error: Any) -> tuple[str, str]:
    """The code and the message of a MediaWiki's error."""
    told = error if isinstance(error, dict) else {}
    return str(told.get("code", "")), str(told.get("info", "it does not say why"))[:200]


def _reason(error: BaseException) -> str:
    """In plain words, what lies under the exceptions that libraries wrap around each other."""
    layers: list[Any] = [error]
    while layers:
        layer = layers.pop()
        if known := _REASONS.get(type(layer).__name__):
            return known
        if isinstance(layer, BaseException):
            layers += [*layer.args, getattr(layer, "reason", None)]
    return "it hung up"
