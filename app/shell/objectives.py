"""Whether a release has kept its service level objectives, by a load's results or by Prometheus."""

import math
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from app.core.errors import ShellError
from app.metrics.table import FAILED, KEPT, REQUEST_SECONDS, REQUESTS

QUANTILE = 0.95
"""The share of answers that must be within the time."""
GETS = ("/", "/v1/digest", "/v1/digest/stream")
"""Routes whose time counts: a POST has as many terms as its client likes."""


class Objectives(NamedTuple):
    """The share of requests that must not fail by our fault, and the time of most answers."""

    availability: float = 0.999
    p95_s: float = 1.0


class Measured(NamedTuple):
    """Requests, of which some failed by our fault, and the time within which 95 % were answered.

    Errors of clients (4xx) are no requests here. Without an answer there is no time.
    """

    requests: float
    failed: float
    p95_s: float | None


class Verdict(NamedTuple):
    """An objective, what was measured, and whether it was kept."""

    objective: str
    target: str
    measured: str
    kept: bool
    note: str = ""


def verdicts(measured: Measured, objectives: Objectives) -> tuple[Verdict, ...]:
    """The verdict on each objective.

    Raises:
        ShellError: there were no requests to judge by.
    """
    if measured.requests <= 0:
        raise ShellError("no requests were found, so there is nothing to judge by")
    return _availability(measured, objectives.availability), _latency(measured, objectives.p95_s)


def _availability(measured: Measured, target: float) -> Verdict:
    share = 1 - measured.failed / measured.requests
    allowed = (1 - target) * measured.requests
    note = f"{measured.failed:,.0f} of {measured.requests:,.0f} failed"
    if allowed:
        note += f", {measured.failed / allowed:.0%} of the budget"
    return Verdict("availability", f"{target:.3%}", f"{share:.3%}", share >= target, note)


def _latency(measured: Measured, target_s: float) -> Verdict:
    if measured.p95_s is None:
        kept, note = measured.failed < measured.requests, "no answer whose time counts"
        return Verdict("p95", f"{target_s:g} s", "-", kept, note)
    return Verdict("p95", f"{target_s:g} s", f"{measured.p95_s:.3f} s", measured.p95_s <= target_s)


class Line(BaseModel):
    """A line of a load: the HTTP status (null without an answer), and the seconds that it took."""

    status: int | None
    seconds: Annotated[float, Field(ge=0)]

    @property
    def failed(self) -> bool:
        """Whether it failed by the fault of the release."""
        return self.status is None or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def answered(self) -> bool:
        """Whether it is an answer whose time counts."""
        return self.status is not None and self.status < HTTPStatus.BAD_REQUEST


def of_lines(lines: Iterable[str]) -> Measured:
    """What the lines of a load say.

    Raises:
        ShellError: a line is not one of a load.
    """
    found = [_line(number, text) for number, text in enumerate(lines, 1) if text.strip()]
    failed = sum(one.failed for one in found)
    missing = sum(one.status == HTTPStatus.NOT_FOUND for one in found)
    times = sorted(one.seconds for one in found if one.answered)
    p95_s = times[math.ceil(QUANTILE * len(times)) - 1] if times else None
    return Measured(len(times) + missing + failed, failed, p95_s)


def _line(number: int, text: str) -> Line:
    try:
        return Line.model_validate_json(text)
    except ValidationError:
        raise ShellError(f"line {number} is no JSON object with `status` and `seconds`") from None


def of_prometheus(ask: Callable[[str], float | None], window: str, selector: str) -> Measured:
    """What Prometheus knows of the last `window`; `ask` returns the value of a query."""
    requests, failed, times = (ask(query) for query in queries(window, selector))
    return Measured(requests or 0, failed or 0, times)


def queries(window: str, selector: str = "") -> tuple[str, str, str]:
    """The queries for requests, failures and the time of 95 %.

    Cached answers have no time of their own: they are below every bucket.
    """

    def increase(name: str, *matchers: str) -> str:
        inside = ",".join(filter(None, (selector, *matchers)))
        return f"(increase({name}{{{inside}}}[{window}]))"

    requests, times = REQUESTS.exported, f"{REQUEST_SECONDS.exported}_bucket"
    timed = f'route=~"{"|".join(GETS)}"'
    remembered = increase(requests, timed, 'cached="true"')
    cached = f"(sum{remembered} or vector(0))"
    buckets = f"sum by (le) {increase(times, timed)}"
    return (
        f"sum{increase(requests, _outcome(KEPT + FAILED))}",
        f"sum{increase(requests, _outcome(FAILED))}",
        f"histogram_quantile({QUANTILE}, {buckets} + on() group_left() {cached})",
    )


def _outcome(values: Iterable[str]) -> str:
    return f'outcome=~"{"|".join(values)}"'
