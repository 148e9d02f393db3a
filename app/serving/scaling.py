"""Policies for Serve's autoscaler: `autoscaling_config.policy` names one, and gives its arguments.

Serve's controller, on the head, asks a policy several times in a second for the number of replicas
that a deployment should have, and applies the bounds, factors and delays of `autoscaling_config`.
"""

import math
from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from ray.serve.autoscaling_policy import replica_queue_length_autoscaling_policy
from ray.serve.config import AutoscalingContext

Decision = tuple[float, dict[str, object]]
"""The wanted number of replicas, and what the policy wants to know next time."""


class Schedule:
    """At least so many replicas from a time of the day on; more if the load asks for them.

    `times` has numbers of replicas by time as `07:30`, in `timezone`. The last time of a day holds
    until the first of the next.

    Raises:
        ValueError: a time is not one, or there is none.
        ZoneInfoNotFoundError: the timezone is not known.
    """

    def __init__(self, times: Mapping[str, int], timezone: str = "UTC") -> None:
        self._zone = ZoneInfo(timezone)
        self._steps = sorted((time.fromisoformat(at), count) for at, count in times.items())
        if not self._steps:
            raise ValueError("a schedule needs a time")

    def __call__(self, context: AutoscalingContext) -> Decision:
        """The number by the schedule or by the load, whichever is larger."""
        by_load, state = replica_queue_length_autoscaling_policy(context)
        return max(by_load, self.at(context.current_time or 0.0)), state

    def at(self, now: float) -> int:
        """The number of the schedule at a time in seconds since 1970."""
        clock = datetime.fromtimestamp(now, self._zone).time()
        begun = [count for at, count in self._steps if at <= clock]
        return begun[-1] if begun else self._steps[-1][1]


class QueueLength:
    """More replicas as long as requests wait for one, fewer once the rest can do the work.

    One more for each `queued` waiting requests; without any, as many as the requests in progress
    need at `ongoing` in each.
    """

    def __init__(self, queued: float = 4, ongoing: float = 4) -> None:
        if not (queued > 0 and ongoing > 0):
            raise ValueError("queued and ongoing must be above 0")
        self._queued, self._ongoing = queued, ongoing

    def __call__(self, context: AutoscalingContext) -> Decision:
        """The number by what waits, or by what is in progress."""
        now = context.current_num_replicas
        if waiting := context.total_queued_requests:
            return now + math.ceil(waiting / self._queued), {}
        needed = math.ceil(context.total_running_requests / self._ongoing)
        return min(now, needed), {}
