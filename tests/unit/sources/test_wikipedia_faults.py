import pickle
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NamedTuple

import pytest

from app.config.settings import WikipediaSettings
from app.core.errors import SourceFailed, SourceTimeout
from app.core.values import Article
from app.sources.wikipedia import Wikipedia
from devtools.server import free_port
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
    NOTHING,
    SLOW,
    TRUNCATED,
    Fault,
    FaultyWiki,
    error,
    odd,
    status,
)
from tests.support.tiny_wiki import TinyWiki

TERM = "Ada Lovelace"
CIRCLE = {"pages": {"1": {}}, "redirects": [{"from": TERM, "to": TERM}]}
LAG = "Waiting for a database server: 6 seconds lagged."


class Outcome(NamedTuple):
    """How a find among faults ended."""

    result: Article | SourceFailed
    waits: list[float]
    requests: int

    @property
    def detail(self) -> str:
        assert isinstance(self.result, SourceFailed), self.result
        return self.result.detail


def find(*faults: Fault, wiki: TinyWiki | None = None, **settings: Any) -> Outcome:
    """Look for the term; waits between tries are noted down, not made."""
    waits: list[float] = []
    with FaultyWiki(wiki or TinyWiki(), *faults) as server:
        wanted = {"kind": "wikipedia", "api_url": server.url, **settings}
        source = Wikipedia(WikipediaSettings.model_validate(wanted), waits.append)
        try:
            return Outcome(source.find(TERM), waits, len(server.asked))
        except SourceFailed as failed:
            return Outcome(failed, waits, len(server.asked))
        finally:
            source.close()


EACH_PASSING = pytest.mark.parametrize(
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


@EACH_PASSING
def test_what_may_pass_is_tried_again(fault: Fault) -> None:
    """And the article is found after all."""
    outcome = find(fault, fault)
    assert isinstance(outcome.result, Article)
    assert len(outcome.waits) == 2


@EACH_PASSING
def test_no_more_is_tried_than_the_settings_allow(fault: Fault) -> None:
    """Here a single time."""
    outcome = find(fault, fault, retries=0)
    assert isinstance(outcome.result, SourceFailed)
    assert outcome.waits == []
    assert outcome.requests == 1


def test_each_wait_is_longer_than_the_one_before() -> None:
    """By chance more or less, so that not all come back at once."""
    first, second, third = find(*[status(500)] * 3, retries=3).waits
    assert 0.25 <= first <= 0.5 <= second <= 1.0 <= third <= 2.0


def test_the_wait_that_the_wiki_asks_for_is_kept() -> None:
    """In seconds."""
    (wait,) = find(status(429, "7")).waits
    assert 7 < wait <= 7.5


def test_a_date_to_come_back_at_is_kept() -> None:
    """As HTTP allows it."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
    (wait,) = find(status(503, later)).waits
    assert 5 < wait <= 9.5


@pytest.mark.parametrize("value", ["", "soon", "-5", "²", "Fri, 99 Nov 2026 99:00:00 GMT"])
def test_a_wait_that_cannot_be_read_is_chosen_here(value: str) -> None:
    """Like one that is not given."""
    (wait,) = find(status(429, value)).waits
    assert 0.25 <= wait <= 0.5


@pytest.mark.parametrize("value", ["3600", "9" * 400, "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wait_that_takes_too_long_is_not_begun(value: str) -> None:
    """The one who asked would be gone."""
    outcome = find(status(429, value))
    assert "answered with HTTP status 429, and time is up before the next try" in outcome.detail
    assert outcome.waits == []
    assert outcome.requests == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HTML, "answered with HTML instead of JSON: is it an api.php?"),
        (TRUNCATED, "answered with broken JSON"),
        (DEEP, "answered with broken JSON"),
        (EMPTY, "answered with an empty page"),
        (BLANK, "answered with an empty page"),
        (HUGE, "answered with more than 16 MiB"),
        (LIST, "answered with JSON that is no MediaWiki's"),
        (NOTHING, "answered with what no MediaWiki answers"),
        (odd([]), "answered with what no MediaWiki answers"),
        (odd({"search": [{}]}), "answered with what no MediaWiki answers"),
        (odd({"search": None}), "answered with what no MediaWiki answers"),
        (status(404), "answered with HTTP status 404"),
        (status(403), "answered with HTTP status 403"),
        (error("badvalue", "Unrecognized value."), "refused: Unrecognized value."),
        (error("long", "x" * 999), f"refused: {'x' * 200}"),
        (Fault(b'{"error": 1}'), "refused: it does not say why"),
        (BROKEN_GZIP, "cannot be asked: its compression is broken"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_nonsense_is_called_by_its_name_and_not_asked_for_again(
    fault: Fault, expected: str
) -> None:
    """It would come again."""
    outcome = find(fault)
    assert outcome.detail == f"127.0.0.1 {expected}"
    assert outcome.requests == 1


@pytest.mark.parametrize("fault", [SLOW, DRIPPING], ids=["silent", "dripping"])
def test_a_slow_wiki_is_not_waited_for(fault: Fault) -> None:
    """Also one that keeps sending a little."""
    begun = time.monotonic()
    outcome = find(fault, timeout_s=0.1)
    assert isinstance(outcome.result, SourceTimeout)
    assert outcome.detail == "127.0.0.1 did not answer within 0.1 s"
    assert time.monotonic() - begun < 2


def test_all_requests_of_a_find_share_one_time() -> None:
    """As much as four slow answers may take, however many more are needed."""
    begun = time.monotonic()
    circle = odd(CIRCLE, delay_s=0.04)
    outcome = find(odd({"search": [{"title": TERM}]}), *[circle] * 24, timeout_s=0.15)
    assert isinstance(outcome.result, SourceTimeout)
    assert outcome.requests < 24
    assert time.monotonic() - begun < 2


def test_further_tries_end_with_the_time() -> None:
    """However many are allowed."""
    slow = status(500)._replace(delay_s=0.15)
    outcome = find(*[slow] * 10, retries=10, timeout_s=0.3)
    assert isinstance(outcome.result, SourceFailed)
    assert outcome.requests < 5


def test_pages_that_lead_in_circles_are_left() -> None:
    """Before the time is up."""
    outcome = find(odd({"search": [{"title": TERM}]}), *[odd(CIRCLE)] * 50)
    assert outcome.detail == "127.0.0.1 leads in circles"
    assert outcome.requests == 24


def test_a_wiki_without_plain_text_is_found_out() -> None:
    """The sentence says what it lacks."""
    outcome = find(wiki=TinyWiki(extracts=False))
    expected = "127.0.0.1 gives no plain text of 'Ada Lovelace': does it lack TextExtracts?"
    assert outcome.detail == expected


def test_a_wiki_that_is_not_there_is_named() -> None:
    """After all tries."""
    wanted = {"kind": "wikipedia", "api_url": f"http://127.0.0.1:{free_port()}/w/api.php"}
    waits: list[float] = []
    with pytest.raises(SourceFailed) as caught:
        Wikipedia(WikipediaSettings.model_validate(wanted), waits.append).find(TERM)
    expected = "127.0.0.1 cannot be reached: it takes no connections (3 tries)"
    assert expected == caught.value.detail
    assert len(waits) == 2


def test_a_wiki_that_takes_a_connection_and_says_nothing_is_too_slow() -> None:
    """As some firewalls do."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/w/api.php"
        wanted = {"kind": "wikipedia", "api_url": url, "timeout_s": 0.1}
        with pytest.raises(SourceTimeout):
            Wikipedia(WikipediaSettings.model_validate(wanted)).find(TERM)


def test_a_failure_is_forgotten() -> None:
    """The next find begins anew."""
    with FaultyWiki(TinyWiki(), HTML) as server:
        wanted = {"kind": "wikipedia", "api_url": server.url}
        source = Wikipedia(WikipediaSettings.model_validate(wanted))
        with pytest.raises(SourceFailed):
            source.find(TERM)
        assert source.find(TERM).title == TERM


def test_a_failure_travels_between_processes() -> None:
    """As a sentence, with nothing of the libraries below."""
    failed = find(SLOW, timeout_s=0.05).result
    assert isinstance(failed, SourceTimeout)
    copy = pickle.loads(pickle.dumps(failed))
    assert (type(copy), copy.args) == (SourceTimeout, failed.args)
