"""Whether the replicas of all deployments find a place in the groups of workers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.deployments import Deployment

GROUP_LABEL = "ray.io/node-group"
"""Ray's own label of a node: the name of its group."""


class Group(NamedTuple):
    """So many workers of one kind, and what Ray counts in each."""

    name: str
    workers: int
    cpus: float
    gpus: float = 0.0


@dataclass
class _Worker:
    group: str
    cpus: float
    gpus: float
    holds: Counter[str] = field(default_factory=Counter)

    def has_room_for(self, name: str, options: Deployment) -> bool:
        actor = options.ray_actor_options
        wanted = (actor.label_selector or {}).get(GROUP_LABEL, self.group)
        most = options.max_replicas_per_node or float("inf")
        fits = actor.num_cpus <= self.cpus + _EPSILON and actor.num_gpus <= self.gpus + _EPSILON
        return wanted == self.group and fits and self.holds[name] < most

    def take(self, name: str, options: Deployment) -> None:
        self.cpus -= options.ray_actor_options.num_cpus
        self.gpus -= options.ray_actor_options.num_gpus
        self.holds[name] += 1


_EPSILON = 1e-6


def homeless(deployed: dict[str, tuple[Deployment, int]], groups: Sequence[Group]) -> list[str]:
    """A sentence for each deployment of which not all of so many replicas find a worker.

    The largest are placed first, each in the first worker that has room, as Ray's packing does.
    """
    workers = [_Worker(g.name, g.cpus, g.gpus) for g in groups for _ in range(g.workers)]
    faults = Counter[str]()
    for name, (options, replicas) in sorted(deployed.items(), key=_size, reverse=True):
        for _ in range(replicas):
            room = next((w for w in workers if w.has_room_for(name, options)), None)
            if room:
                room.take(name, options)
            else:
                faults[name] += 1
    return [
        f"{name}: no worker has room for {count} of its replicas" for name, count in faults.items()
    ]


def _size(item: tuple[str, tuple[Deployment, int]]) -> tuple[float, float]:
    actor = item[1][0].ray_actor_options
    return actor.num_gpus, actor.num_cpus


def least(options: Deployment) -> int:
    """Replicas at least."""
    scaling = options.autoscaling_config
    return scaling.min_replicas if scaling else options.num_replicas or 1


def most(options: Deployment) -> int:
    """Replicas at most."""
    scaling = options.autoscaling_config
    return scaling.max_replicas if scaling else options.num_replicas or 1
