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
"""The label that the chart sets on a worker: the name of its group. Ray's autoscaler does not know
Ray's own label for that before a worker runs."""
NEW_CLUSTER = "NewCluster"
INCREMENTAL = "NewClusterWithIncrementalUpgrade"
NO_UPGRADE = "None"
"""KubeRay's types of upgrades."""
_EPSILON = 1e-6
"""Tolerance for sums of fractions."""


class Group(NamedTuple):
    """A group of equal workers: their minimum and maximum number, and the CPUs and GPUs of each."""

    name: str
    least: int
    most: int
    cpus: float
    gpus: int = 0


@dataclass
class Worker:
    """A worker: its free CPUs, the free share of each GPU, and its replicas."""

    group: str
    cpus: float
    gpus: list[float]
    holds: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, group: Group) -> Self:
        """An empty worker of a group."""
        return cls(group.name, group.cpus, [1.0] * group.gpus)

    def take(self, name: str, options: DeploymentOptions) -> bool:
        """Place a replica here if there is room; whether it was placed."""
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
        """The indices of GPUs with room: n whole ones, or one for a fraction; None if too few."""
        share, count = min(wanted, 1.0), max(1, int(wanted)) if wanted else 0
        free = [at for at, left in enumerate(self.gpus) if left >= share - _EPSILON]
        return free[:count] if len(free) >= count else None


class Placement(NamedTuple):
    """The workers with their replicas, and the number of unplaced replicas by deployment."""

    workers: list[Worker]
    unplaced: Counter[str]

    @property
    def faults(self) -> list[str]:
        """A sentence for each deployment with unplaced replicas."""
        return [
            f"{name}: no worker has room for {count} of its replicas"
            for name, count in self.unplaced.items()
        ]


class Plan(NamedTuple):
    """A release: its deployments, and its groups of workers."""

    config: Config
    groups: tuple[Group, ...]
    pods: Mapping[str, str] = {}
    """The resource requests of a pod of each group, and of the head."""
    fault_tolerant: bool = False
    """Whether the state of the head outlives it."""
    upgrade: str = NEW_CLUSTER
    surge_percent: int = 100
    """Replicas that a new cluster gains at a time, in an incremental upgrade."""

    @classmethod
    def of(cls, service: Mapping[str, Any]) -> Self:
        """The plan of a RayService with one wiki-digest application.

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
        kept = "gcsFaultToleranceOptions" in cluster
        made = tuple(_group(group) for group in groups)
        return cls(config, made, pods, kept, *_upgrade(spec.get("upgradeStrategy", {})))

    @property
    def least(self) -> Placement:
        """The minimum replicas, on the minimum of workers; on the maximum if they do not fit."""
        few = self._place(_least, [(group, group.least) for group in self.groups])
        return self._place(_least, self._grown) if few.unplaced else few

    @property
    def most(self) -> Placement:
        """The maximum replicas, on the maximum of workers."""
        return self._place(lambda options: options.replicas.most, self._grown)

    def at(self, capacity: int) -> Placement:
        """So many percent of the minimum replicas, on the maximum of workers."""
        return self._place(lambda options: _share(_least(options), capacity), self._grown)

    @property
    def _grown(self) -> list[tuple[Group, int]]:
        return [(group, group.most) for group in self.groups]

    def _place(
        self, count: Callable[[DeploymentOptions], int], sizes: list[tuple[Group, int]]
    ) -> Placement:
        """First fit: replicas with a label selector first, then the largest, like Ray's packing."""
        workers = [Worker.of(group) for group, size in sizes for _ in range(size)]
        unplaced = Counter[str]()
        for name, options in sorted(self.config.deployed.items(), key=_order, reverse=True):
            for _ in range(count(options)):
                if not any(worker.take(name, options) for worker in workers):
                    unplaced[name] += 1
        return Placement(workers, unplaced)


def _least(options: DeploymentOptions) -> int:
    return options.replicas.least


def _share(replicas: int, capacity: int) -> int:
    """As Serve rounds them for its `target_capacity`: half up, and at least one unless it is 0."""
    return max(1, (replicas * capacity + 50) // 100) if replicas and capacity else 0


def _upgrade(strategy: Mapping[str, Any]) -> tuple[str, int]:
    options = strategy.get("clusterUpgradeOptions", {})
    return strategy.get("type", NEW_CLUSTER), options.get("maxSurgePercent", 100)


def _group(spec: Mapping[str, Any]) -> Group:
    params = spec["rayStartParams"]
    counts = float(params["num-cpus"]), int(params.get("num-gpus", 0))
    return Group(spec["groupName"], spec["minReplicas"], spec["maxReplicas"], *counts)


def _requests(spec: Mapping[str, Any]) -> str:
    containers = spec["template"]["spec"]["containers"]
    requests = containers[0]["resources"].get("requests", {})
    return ", ".join(f"{name} {amount}" for name, amount in requests.items())


def _allowed(actor: ActorOptions, group: str) -> bool:
    """Whether a label selector of the replica, or one of its fallbacks, matches the group."""
    fallbacks = [strategy["label_selector"] for strategy in actor.fallback_strategy or ()]
    wanted = [actor.label_selector or {}, *fallbacks]
    return any(_matches(labels.get(GROUP_LABEL, group), group) for labels in wanted)


def _matches(selector: str, value: str) -> bool:
    """Whether a value matches a selector in Ray's syntax: `a`, `!a`, `in(a,b)`, `!in(a,b)`."""
    listed = re.fullmatch(r"(!?)(?:in\((.*)\)|(.*))", selector)
    assert listed  # the last alternative matches any text
    values = [name.strip() for name in (listed[2] or listed[3]).split(",")]
    return (value in values) is not bool(listed[1])


def _order(item: tuple[str, DeploymentOptions]) -> tuple[bool, float, float]:
    actor = item[1].ray_actor_options
    return actor.label_selector is not None, actor.num_gpus, actor.num_cpus
