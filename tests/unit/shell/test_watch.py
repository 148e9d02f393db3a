from typing import Any

import pytest

from app.core.errors import ShellError, Unreached
from app.shell.objectives import Objectives
from app.shell.watch import WatchTimes, watch
from tests.support.fake_clock import FakeClock
from tests.support.pages import page
from tests.support.rayservices import application, moving, service

Pages = dict[str, str]
"""The metrics of each Ray cluster."""
OLD = page("old", ok=9_000, internal=500)
"""Of before the upgrade."""


def moved() -> dict[str, Any]:
    """The RayService once the new cluster has all traffic."""
    made = service()
    made["status"]["activeServiceStatus"]["rayClusterName"] = "r-2"
    return made


class FakeCluster:
    """Its states in turn, each with the metrics of its Ray clusters; the last one stays."""

    def __init__(self, *states: tuple[dict[str, Any], Pages]) -> None:
        self._states = iter(states)
        self._pages: Pages = {}
        self._last: dict[str, Any] = {}

    def service(self) -> dict[str, Any]:
        self._last, self._pages = next(self._states, (self._last, self._pages))
        return self._last

    def metrics(self, cluster: str) -> list[str]:
        return [self._pages[cluster]] if cluster in self._pages else []


class CutOff(FakeCluster):
    """Its metrics cannot be read."""

    def metrics(self, cluster: str) -> list[str]:
        raise Unreached(f"{cluster} timed out")


def watched(
    cluster: FakeCluster, timeout_s: float = 600, after_s: float = 60
) -> tuple[str, list[str], FakeClock]:
    """Why it should be turned back, what was logged, and the clock."""
    said: list[str] = []
    clock = FakeClock()
    times = WatchTimes(timeout_s, after_s, settle_s=0, poll_s=10)
    return watch(cluster, Objectives(), times, said.append, clock), said, clock


def new(ok: int, internal: int = 0, slow: int = 0) -> Pages:
    """The metrics of both clusters; those of the old one do not change."""
    return {"r-1": OLD, "r-2": page("new", ok=ok, internal=internal, slow=slow)}


def test_a_good_version_is_watched_until_it_has_all_traffic() -> None:
    why, said, clock = watched(
        FakeCluster(
            (service(observed=1), {"r-1": OLD}),
            (moving(0), new(0)),
            (moving(50), new(500)),
            (moved(), new(900)),
        )
    )
    assert why == ""
    assert len(clock.slept) == 3
    assert "50 % of the traffic" in said[2]
    assert said[3] == "of the new version's 900 requests 0 failed, 0 answers were slow"


def test_a_version_with_errors_is_turned_back_at_the_second_look() -> None:
    """Those of the old version before the upgrade do not excuse it."""
    why, said, _ = watched(
        FakeCluster(
            (service(observed=1), {"r-1": OLD}),
            (moving(10), new(10, internal=5)),
            (moving(10), new(10, internal=5)),
            (moving(20), new(10, internal=25)),
        )
    )
    assert why == "20 of the new version's 20 requests failed, 100.0%; 0.1% are allowed"
    assert said[1].startswith("5 of the new version's 15 requests failed")
    assert said[1].endswith("looking once more")


def test_a_version_whose_first_answers_were_slow_goes_on() -> None:
    why, said, _ = watched(
        FakeCluster((moving(10), new(20, slow=20)), (moving(50), new(500, slow=20)), (moved(), {}))
    )
    assert why == ""
    assert sum(line.endswith("looking once more") for line in said) == 1


def test_cached_answers_do_not_hide_that_a_version_is_slow() -> None:
    cached = page("new", cached="true", ok=900)
    states = [(moving(10), {"r-1": OLD, "r-2": cached + page("new", ok=n, slow=n)}) for n in (6, 9)]
    why, _, _ = watched(FakeCluster((service(observed=1), {"r-1": OLD}), *states))
    assert why == "3 of the new version's 3 answers took more than 1 s, 100.0%; 5.0% are allowed"


def test_a_version_that_is_as_slow_as_the_old_one_always_was_goes_on() -> None:
    old = page("old", ok=900, slow=450)
    states = [(moving(10), {"r-1": old, "r-2": page("new", ok=n, slow=n // 2)}) for n in (20, 40)]
    why, _, _ = watched(FakeCluster((service(observed=1), {"r-1": old}), *states, (moved(), {})))
    assert why == ""


def test_both_versions_may_fail_when_the_source_does() -> None:
    both = {
        "r-1": page("old", ok=9_100, internal=600),
        "r-2": page("new", ok=10, internal=10),
    }
    first = (service(observed=1), {"r-1": OLD})
    why, _, _ = watched(FakeCluster(first, (moving(20), both), (moved(), both)))
    assert why == ""


def test_a_switch_at_once_is_watched_for_a_while() -> None:
    why, _, clock = watched(
        FakeCluster((service(observed=1), {"r-1": OLD}), (moved(), new(50))), after_s=60
    )
    assert why == ""
    assert sum(clock.slept) == 70


def test_a_version_that_fails_after_a_switch_at_once_is_turned_back() -> None:
    states = [(moved(), new(0, internal=n)) for n in (5, 10)]
    why, _, _ = watched(FakeCluster((service(observed=1), {"r-1": OLD}), *states))
    assert why.startswith("5 of the new version's 5 requests failed")


def test_new_replicas_of_the_same_cluster_are_the_new_version() -> None:
    """As after a change of settings."""
    states = [(service(), {"r-1": OLD + page("next", internal=n)}) for n in (5, 10)]
    why, _, _ = watched(FakeCluster((service(), {"r-1": OLD}), *states))
    assert why.startswith("5 of the new version's 5 requests failed")


def test_the_replicas_of_before_are_never_blamed() -> None:
    worse = OLD.replace("500.0", "5000.0")
    assert worse != OLD
    assert watched(FakeCluster((service(), {"r-1": OLD}), (service(), {"r-1": worse})))[0] == ""


def test_a_replica_that_has_gone_still_counts() -> None:
    states = [
        (moving(10), new(0, internal=5)),
        (moving(10), {"r-1": OLD, "r-2": page("other", internal=5)}),
    ]
    why, _, _ = watched(FakeCluster((service(observed=1), {"r-1": OLD}), *states))
    assert why.startswith("5 of the new version's 5 requests failed")


def test_a_version_that_cannot_be_deployed_is_turned_back() -> None:
    failed = moving(0, b=application("DEPLOY_FAILED", "no model"))
    assert watched(FakeCluster((failed, {})))[0] == "b cannot be deployed: no model"


def test_an_upgrade_that_does_not_end_in_time_is_turned_back() -> None:
    why, _, _ = watched(FakeCluster((moving(10), new(10))), timeout_s=100)
    assert why.startswith("not done after 100 s; last status: moving traffic to the new cluster")


def test_a_good_version_is_kept_if_the_time_is_up() -> None:
    """Although it was to be watched for longer."""
    why, _, clock = watched(FakeCluster((moved(), new(50))), timeout_s=20, after_s=60)
    assert why == ""
    assert sum(clock.slept) == 30


def test_a_version_that_somebody_else_turns_back_is_left_to_them() -> None:
    with pytest.raises(ShellError, match="is being turned back already"):
        watched(FakeCluster((moving(10), new(0)), (moving(10, returns=True), new(0, internal=9))))


@pytest.mark.parametrize("seen", [moving(10), service()])
def test_metrics_that_cannot_be_read_blame_nobody_and_are_told(seen: dict[str, Any]) -> None:
    why, said, _ = watched(CutOff((seen, {}), (moved(), {})))
    assert why == ""
    assert said[-1].startswith("no request to a new version was found")
