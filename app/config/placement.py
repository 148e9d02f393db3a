"""Places replicas on workers, before anything runs."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import yaml

from app.config.deployments import ActorOptions, DeploymentOptions
from app.config.loader import Config, read

GROUP_LABEL = "wiki-digest/group"
"""The label of a worker that the chart gives it: the name of its group. Ray's own, which says the
same, is not known to its autoscaler before a worker is there."""
_EPSILON = 1e-6
"""Fractions do not add up to one exactly."""


class Group(NamedTuple):
    """Workers of one kind: how many at least and at most, and what Ray counts in each."""

    name: str
    least: int
    most: int
    cpus: float
    gpus: int = 0


@dataclass
class Worker:
    """One of a group: what is left of it, GPU by GPU, and the replicas that it holds."""

    group: str
    cpus: float
    gpus: list[float]
    holds: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, group: Group) -> Self:
        """An empty one."""
        return cls(group.name, group.cpus, [1.0] * group.gpus)

    def take(self, name: str, options: DeploymentOptions) -> bool:
        """Place a replica here, if there is room."""
        actor = options.ray_actor_options
        most = options.max_replicas_per_node or float("inf")
        gpus = self._gpus_for(actor.num_gpus)
        if not _allowed(actor, self.group) or self.holds[name] >= most or gpus is None:
            return False
        if actor.num_cpus > self.cpus + _EPSILON:
            return False
        self.cpus -= actor.num_cpus
        for at in gpus:
            self.gpus[at] -= min(actor.num_gpus, 1.0)
        self.holds[name] += 1
        return True

    def _gpus_for(self, wanted: float) -> list[int] | None:
        """The GPUs that have room: whole ones, or one for a fraction, which Ray does not spread."""
        share, count = min(wanted, 1.0), max(1, int(wanted)) if wanted else 0
        free = [at for at, left in enumerate(self.gpus) if left >= share - _EPSILON]
        return free[:count] if len(free) >= count else None


class Placement(NamedTuple):
    """The workers with what they hold, and how many replicas of what found no place."""

    workers: list[Worker]
    unplaced: Counter[str]

    @property
    def faults(self) -> list[str]:
        """A sentence for each deployment of which not all replicas have a place."""
        return [
            f"{name}: no worker has room for {count} of its replicas"
            for name, count in self.unplaced.items()
        ]


class Plan(NamedTuple):
    """A release: its deployments, and the groups of workers for them."""

    config: Config
    groups: tuple[Group, ...]
    pods: Mapping[str, str] = {}
    """What a pod of each group, and the head, asks Kubernetes for."""

    @classmethod
    def of(cls, service: Mapping[str, Any]) -> Self:
        """The plan of a RayService with one application of ours.

        Raises:
            ConfigError: its Serve config is not valid.
        """
        spec = service["spec"]
        (application,) = yaml.safe_load(spec["serveConfigV2"])["applications"]
        deployments = {given.pop("name"): given for given in application["deployments"]}
        config = read(Config, {"settings": application["args"], "deployments": deployments})
        cluster = spec["rayClusterConfig"]
        groups = cluster["workerGroupSpecs"]
        pods = {group["groupName"]: _requests(group) for group in groups}
        pods["head"] = _requests(cluster["headGroupSpec"])
        return cls(config, tuple(_group(group) for group in groups), pods)

    @property
    def least(self) -> Placement:
        """All deployments at their fewest replicas, and more workers only where those need them."""
        few = self._place(_least, [(group, group.least) for group in self.groups])
        return self._place(_least, self._grown) if few.unplaced else few

    @property
    def most(self) -> Placement:
        """All deployments at their most replicas, on all workers that there may be."""
        return self._place(lambda options: options.replicas.most, self._grown)

    @property
    def _grown(self) -> list[tuple[Group, int]]:
        return [(group, group.most) for group in self.groups]

    def _place(
        self, count: Callable[[DeploymentOptions], int], sizes: list[tuple[Group, int]]
    ) -> Placement:
        """The largest first, each on the first worker that has room, as Ray's packing does."""
        workers = [Worker.of(group) for group, size in sizes for _ in range(size)]
        unplaced = Counter[str]()
        for name, options in sorted(self.config.deployed.items(), key=_size, reverse=True):
            for _ in range(count(options)):
                if not any(worker.take(name, options) for worker in workers):
                    unplaced[name] += 1
        return Placement(workers, unplaced)


def _least(options: DeploymentOptions) -> int:
    return options.replicas.least


def _group(spec: Mapping[str, Any]) -> Group:
    told = spec["rayStartParams"]
    counts = float(told["num-cpus"]), int(told.get("num-gpus", 0))
    return Group(spec["groupName"], spec["minReplicas"], spec["maxReplicas"], *counts)


def _requests(spec: Mapping[str, Any]) -> str:
    containers = spec["template"]["spec"]["containers"]
    asked = containers[0]["resources"].get("requests", {})
    return ", ".join(f"{name} {amount}" for name, amount in asked.items())


def _allowed(actor: ActorOptions, group: str) -> bool:
    """Whether the labels that a replica asks for, or would do with, let it into the group."""
    fallbacks = [strategy["label_selector"] for strategy in actor.fallback_strategy or ()]
    wanted = [actor.label_selector or {}, *fallbacks]
    return any(_matches(labels.get(GROUP_LABEL, group), group) for labels in wanted)


def _matches(selector: str, value: str) -> bool:
    """Ray's syntax for labels: `a`, `!a`, `in(a,b)`, `!in(a,b)`."""
    listed = re.fullmatch(r"(!?)(?:in\((.*)\)|(.*))", selector)
    assert listed  # the last alternative takes anything
    values = [name.strip() for name in (listed[2] or listed[3]).split(",")]
    return (value in values) is not bool(listed[1])


def _size(item: tuple[str, DeploymentOptions]) -> tuple[float, float]:
    actor = item[1].ray_actor_options
    return actor.num_gpus, actor.num_cpus
