import pytest

from app.metrics.report import CacheReport, StageReport, report
from app.metrics.table import (
    COMPUTE_SECONDS,
    ENTRIES,
    FAILURES,
    IN_PROGRESS,
    LIMIT,
    LOOKUPS,
    QUEUE_SECONDS,
    REFUSED,
    REQUEST_SECONDS,
    REQUESTS,
    STAGE_ARTICLES,
)
from app.metrics.tally import Tally
from tests.support.fake_clock import FakeClock


def test_a_replica_without_metrics_has_an_empty_report() -> None:
    found = report(Tally(), "Sentiment", "abc")
    assert (found.deployment, found.replica) == ("Sentiment", "abc")
    assert found.uptime_s >= 0
    assert (found.in_progress, found.limit, found.timed, found.timed_s) == (0, 0, 0, 0)
    assert (found.requests, found.refused, found.stages, found.caches) == ({}, {}, {}, {})


def test_the_load_is_that_of_the_gauges() -> None:
    made = Tally()
    made.watch(IN_PROGRESS, lambda: 3)
    made.watch(LIMIT, lambda: 256)
    found = report(made, "Digest", "abc")
    assert (found.in_progress, found.limit) == (3, 256)


def test_the_uptime_is_counted_from_the_start() -> None:
    clock = FakeClock()
    made = Tally(clock.monotonic)
    clock.sleep(7)
    assert report(made, "Digest", "abc").uptime_s == pytest.approx(7)


def test_requests_are_summed_by_outcome_and_refusals_by_reason() -> None:
    made = Tally()
    for route, cached in (("/", "false"), ("/v1/digest", "false"), ("/v1/digest", "true")):
        made.add(REQUESTS, route, "ok", cached)
    made.add(REQUESTS, "/", "no-article", "false")
    made.add(REQUESTS, "/", "internal", "false", amount=0)
    made.add(REFUSED, "share")
    found = report(made, "Digest", "abc")
    assert found.requests == {"ok": 3, "no-article": 1}
    assert found.refused == {"share": 1}


def test_times_of_all_routes_are_summed() -> None:
    made = Tally()
    made.observe(REQUEST_SECONDS, 0.5, "/")
    made.observe(REQUEST_SECONDS, 1.5, "/v1/digest")
    found = report(made, "Digest", "abc")
    assert (found.timed, found.timed_s) == (2, 2.0)


def test_a_stage_that_the_replica_holds_has_its_totals() -> None:
    made = Tally()
    made.watch(STAGE_ARTICLES, lambda: 2, "entities")
    for seconds in (0.25, 0.5, 0.25):
        made.observe(QUEUE_SECONDS, seconds, "entities")
    made.observe(COMPUTE_SECONDS, 1, "entities")
    made.observe(COMPUTE_SECONDS, 9, "sentiment")
    made.add(FAILURES, "entities")
    assert report(made, "Entities", "abc").stages == {
        "entities": StageReport(
            in_progress=2,
            articles=3,
            batches=1,
            failures=1,
            queue_s=1,
            compute_s=1,
        )
    }


def test_a_cache_has_its_entries_and_lookups() -> None:
    made = Tally()
    made.watch(ENTRIES, lambda: 4, "tones")
    made.watch(LOOKUPS, lambda: 5, "tones", "hit")
    made.watch(LOOKUPS, lambda: 6, "tones", "miss")
    assert report(made, "Digest", "abc").caches == {
        "tones": CacheReport(entries=4, hits=5, misses=6)
    }
