from itertools import islice

from app.api.about import Status
from app.metrics.report import CacheReport, ReplicaReport, StageReport
from app.shell.top import CacheView, StageView, between, merged, since_start, views
from tests.support.fake_clock import FakeClock


def stage(articles: int, *, in_progress: int = 0, failures: int = 0) -> StageReport:
    """A stage whose batches had two articles, which waited for a quarter of a second each."""
    return StageReport(
        in_progress=in_progress,
        articles=articles,
        batches=articles // 2,
        failures=failures,
        queue_s=articles / 4,
        compute_s=articles / 4,
    )


def replica(name: str, done: int = 0, deployment: str = "Digest") -> ReplicaReport:
    """A replica that has answered so many requests, and as many from its cache."""
    return ReplicaReport(
        deployment=deployment,
        replica=name,
        uptime_s=10,
        in_progress=1,
        limit=8,
        requests={"ok": done * 2, "internal": done},
        timed=done,
        timed_s=done * 3,
        refused={"busy": done},
        stages={"entities": stage(done, in_progress=2, failures=done)},
        caches={"tones": CacheReport(entries=5, hits=done, misses=done * 3)},
    )


def status(*replicas: ReplicaReport, silent: int = 0) -> Status:
    return Status(version="0.1.0", uptime_s=10, models=(), replicas=replicas, silent=silent)


def test_a_view_has_what_was_done_between_two_looks() -> None:
    view = between(status(replica("a", 2)), status(replica("a", 6)), seconds=2)
    assert view.outcomes == {"ok": 4, "internal": 2}
    assert (view.rate, view.refused, view.timed_s) == (6, {"busy": 2}, 3)
    assert view.stages == {"entities": StageView(2, 2, 0.25, 0.5, 2, 6)}
    assert view.caches == {"tones": CacheView(5, 0.25)}


def test_replicas_are_summed() -> None:
    view = between(status(), status(replica("a", 2), replica("b", 4, "Entities")), seconds=2)
    assert (view.in_progress, view.limit) == (2, 16)
    assert view.outcomes == {"ok": 6, "internal": 3}
    assert view.stages["entities"].in_progress == 4
    assert view.caches["tones"].entries == 10
    assert view.replicas == {"Digest": 1, "Entities": 1}


def test_a_replica_that_has_gone_takes_nothing_from_the_others() -> None:
    before = status(replica("a", 2), replica("old", 100))
    view = between(before, status(replica("a", 4)), seconds=1)
    assert view.outcomes == {"ok": 4, "internal": 2}


def test_a_replica_that_is_new_adds_all_that_it_has_done() -> None:
    view = between(status(replica("a", 2)), status(replica("a", 2), replica("new", 3)), seconds=1)
    assert view.outcomes == {"ok": 6, "internal": 3}


def test_a_time_without_requests_has_no_means() -> None:
    view = between(status(replica("a", 2)), status(replica("a", 2)), seconds=1)
    assert (view.rate, view.timed_s, view.caches["tones"].hits) == (0, 0, 0)
    assert view.stages["entities"][1:5] == (0, 0, 0, 0)


def test_the_first_view_is_of_the_time_since_the_start() -> None:
    assert since_start(status(replica("a", 10))).outcomes == {"ok": 2, "internal": 1}


def test_a_release_without_replicas_has_a_view() -> None:
    view = since_start(status(silent=2).model_copy(update={"uptime_s": 0.0}))
    assert (view.rate, view.replicas, view.silent) == (0, {}, 2)


def test_a_replica_that_several_servers_tell_of_is_one() -> None:
    a, b = replica("a", 1), replica("b", 1)
    found = merged([status(a, silent=1), status(a, b)])
    assert found.replicas == (a, b)
    assert found.silent == 1


def test_views_follow_each_other_at_the_interval() -> None:
    clock = FakeClock()
    looks = iter([status(replica("a", n)) for n in (10, 14, 20)])
    shown = [*islice(views(looks.__next__, 2, clock.monotonic, clock.sleep), 3)]
    assert [view.outcomes["internal"] for view in shown] == [1, 2, 3]
    assert clock.slept == [2, 2]
