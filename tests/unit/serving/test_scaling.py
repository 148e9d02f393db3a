from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from ray.serve._private.common import DeploymentID
from ray.serve.config import AutoscalingConfig, AutoscalingContext

from app.serving.scaling import QueueLength, Schedule
from tests.support.chart import CHART, needs_helm, serve_config, service

BERLIN = {"07:30": 4, "19:00": 2}


def context(
    replicas: int = 2, requests: float = 0, queued: float = 0, at: str = "2026-11-27T12:00"
) -> AutoscalingContext:
    """What Serve tells a policy: so many requests, of which `queued` wait, at a time in Berlin."""
    now = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    return AutoscalingContext(
        deployment_id=DeploymentID("Entities"),
        deployment_name="Entities",
        app_name="wiki-digest",
        current_num_replicas=replicas,
        target_num_replicas=replicas,
        running_replicas=[],
        total_num_requests=requests,
        total_queued_requests=queued,
        aggregated_metrics=None,
        raw_metrics=None,
        capacity_adjusted_min_replicas=1,
        capacity_adjusted_max_replicas=9,
        policy_state={},
        last_scale_up_time=None,
        last_scale_down_time=None,
        current_time=now,
        config=AutoscalingConfig(max_replicas=9),
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [("07:29", 2), ("07:30", 4), ("18:59", 4), ("19:00", 2), ("23:59", 2), ("00:00", 2)],
)
def test_the_schedule_changes_at_its_times(at: str, expected: int) -> None:
    """The last time holds over midnight."""
    wanted, _ = Schedule(BERLIN, "Europe/Berlin")(context(at=f"2026-11-27T{at}"))
    assert wanted == expected


def test_the_schedule_follows_summer_time() -> None:
    winter, summer = (f"2026-{day}T07:30" for day in ("11-27", "07-01"))
    schedule = Schedule(BERLIN, "Europe/Berlin")
    assert [schedule(context(at=at))[0] for at in (winter, summer)] == [4, 4]
    assert [Schedule(BERLIN)(context(at=at))[0] for at in (winter, summer)] == [2, 2]


def test_the_load_may_ask_for_more_than_the_schedule() -> None:
    """By Serve's own policy, whose target is two requests for each replica."""
    wanted, _ = Schedule(BERLIN, "Europe/Berlin")(context(replicas=4, requests=12))
    assert wanted == 6


@pytest.mark.parametrize("times", [{}, {"25:00": 1}, {"morning": 1}])
def test_a_schedule_without_times_is_refused(times: Mapping[str, int]) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat|hour"):
        Schedule(times)


def test_an_unknown_timezone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Schedule(BERLIN, "Europe/Nowhere")


@pytest.mark.parametrize(
    ("requests", "queued", "expected"),
    [(9, 1, 3), (12, 4, 3), (13, 5, 4), (8, 0, 2), (4, 0, 1), (5, 0, 2), (0, 0, 0)],
)
def test_replicas_follow_what_waits(requests: float, queued: float, expected: int) -> None:
    """Never up without a queue; down to what the requests in progress need."""
    wanted, _ = QueueLength()(context(requests=requests, queued=queued))
    assert wanted == expected


@pytest.mark.parametrize("arguments", [{"queued": 0}, {"ongoing": -1}])
def test_a_queue_length_that_is_not_positive_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        QueueLength(**arguments)


def scaled(file: Path) -> dict[str, Any]:
    """The autoscaling of the one deployment that scales."""
    (application,) = serve_config(service(file))["applications"]
    (found,) = [d for d in application["deployments"] if "autoscaling_config" in d]
    return dict(found["autoscaling_config"])


@needs_helm
@pytest.mark.parametrize(
    ("name", "policy"), [("queue", QueueLength), ("schedule", Schedule)], ids=["queue", "schedule"]
)
def test_serve_makes_the_policies_of_the_examples(name: str, policy: type[object]) -> None:
    """As its controller does: it unpickles the class, and calls it with the arguments."""
    config = AutoscalingConfig(**scaled(CHART / "ci" / f"{name}-values.yaml"))
    kind = config.policy.get_policy()
    assert kind.__name__ == policy.__name__
    wanted, state = kind(**config.policy.policy_kwargs)(context(replicas=3, requests=9, queued=1))
    assert (wanted > 0, state) == (True, {})
