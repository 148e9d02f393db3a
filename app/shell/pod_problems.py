"""Why the pods of a release do not start, by Kubernetes' own objects."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

CLUSTER, KIND = "ray.io/cluster", "ray.io/node-type"
"""KubeRay's labels of a pod."""
_STARTING = {"ContainerCreating", "PodInitializing"}
_UNREACHED = re.compile(r"i/o timeout|deadline exceeded|Client\.Timeout")
"""What Go's HTTP client says of a host that does not answer, as behind a NetworkPolicy."""
_SELECTORS = (
    "the operator does not reach port 8265 of the head: do the chart's values operator.podSelector "
    "and operator.namespaceSelector match the operator's pod?"
)

_TOLD_WITHIN = timedelta(seconds=15)
"""KubeRay asks a head that is ready every two seconds, and says of a failure only in its log."""


def pod_problems(pod: Any) -> Iterator[str]:
    """Why a pod does not start, a sentence each."""
    status = pod.status
    for condition in status.conditions or ():
        if condition.type == "PodScheduled" and condition.status == "False":
            yield f"{pod.metadata.name} has no node: {condition.message}"
    for container in [*(status.init_container_statuses or ()), *(status.container_statuses or ())]:
        waiting = container.state.waiting
        if waiting and waiting.reason not in _STARTING:
            yield f"{pod.metadata.name} waits, {waiting.reason}: {waiting.message}"


def unreached(pods: Iterable[Any], untold: Collection[str], now: datetime) -> Iterator[str]:
    """Whether the operator is kept from a head: it tells nothing of a cluster whose head is ready.

    `untold` are the names of clusters of whose applications it has no status.
    """
    if any(_is_head_of(pod, untold) and _ready_for(pod, now) > _TOLD_WITHIN for pod in pods):
        yield _SELECTORS


def _is_head_of(pod: Any, clusters: Collection[str]) -> bool:
    labels = pod.metadata.labels or {}
    return labels.get(KIND) == "head" and labels.get(CLUSTER) in clusters


def _ready_for(pod: Any, now: datetime) -> timedelta:
    for condition in pod.status.conditions or ():
        if condition.type == "Ready" and condition.status == "True":
            return now - (condition.last_transition_time or now)
    return timedelta()


def warning(events: list[Any]) -> Iterator[str]:
    """The latest event, if it is a warning that occurred more than once.

    If Serve rejects its config, only KubeRay's warning says so; a normal event says that Serve
    accepted it. A single warning means little: KubeRay often tries before Serve can answer.
    """
    newest = max(events, key=_occurred_at, default=None)
    if newest and newest.type == "Warning" and (newest.count or 1) > 1:
        yield f"KubeRay warns, {newest.reason}: {newest.message.split(' err: ', 1)[-1]}"
        if _UNREACHED.search(newest.message):
            yield _SELECTORS


def _occurred_at(event: Any) -> datetime:
    at: datetime = event.last_timestamp or event.metadata.creation_timestamp
    return at
