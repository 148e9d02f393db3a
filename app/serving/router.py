"""Serve's router for calls to stages: a circuit breaker for replicas that do not answer.

It runs in the process of the caller. Serve's own counts calls only, and finds out by health checks,
in a minute and a half, that a replica has stalled, or that the network to its node is cut.
"""

import asyncio
import logging
import random
import time
from typing import NamedTuple

from ray.exceptions import RayError
from ray.serve._private.common import RunningReplicaInfo
from ray.serve.request_router import (
    FIFOMixin,
    LocalityMixin,
    PendingRequest,
    ReplicaID,
    RequestRouter,
    RunningReplica,
)

from app.core.overdue import Overdue
from app.serving import unreached

_log = logging.getLogger("ray.serve")


class Patience(NamedTuple):
    """Seconds without a sign of a replica."""

    accepted_s: float = 1.0
    """a call accepted or rejected, which takes a moment, whatever the models do; then others get
    its calls"""
    finished_s: float = 10.0
    """a call finished, while there are some: it is stuck, or the slowest; likewise"""
    lost_s: float = 5.0
    """an answer to a probe; if this is so of all replicas, the deployment is in
    `unreached.DEPLOYMENTS`"""


class WatchedReplica(RunningReplica):
    """A replica that owes an answer once it is asked for its queue's length.

    Serve asks before it calls one of which it has not heard for ten seconds, so a replica that no
    longer answers may get no call at all.
    """

    def __init__(self, replica_info: RunningReplicaInfo, owed: Overdue) -> None:
        super().__init__(replica_info)
        self._owed = owed

    async def get_queue_len(self, *, deadline_s: float) -> int:
        """The length, at most `deadline_s` seconds later: then Serve cancels it."""
        self._owed.called(self.replica_id)
        length = await super().get_queue_len(deadline_s=deadline_s)
        self._owed.forget(self.replica_id)
        return length


class AnsweringReplicas(FIFOMixin, LocalityMixin, RequestRouter):
    """Chooses the less busy of two random replicas, among those that answer.

    A replica that does not accept calls is asked for its queue's length, until it answers. If none
    answers, all are chosen from.
    """

    def initialize_state(self, **kwargs: float) -> None:
        """Serve calls this with `request_router_kwargs`: those of `Patience`."""
        self._patience = Patience(**kwargs)
        self._unaccepted = Overdue(self._patience.accepted_s)
        self._unfinished = Overdue(self._patience.finished_s)
        self._probes: dict[ReplicaID, asyncio.Task[None]] = {}
        self._lost: set[ReplicaID] = set()

    async def choose_replicas(
        self,
        candidate_replicas: list[RunningReplica],
        pending_request: PendingRequest | None = None,
    ) -> list[list[RunningReplica]]:
        """Two of the candidates at most; Serve calls the less busy one."""
        near = self.apply_locality_routing(pending_request)
        candidates = [one for one in candidate_replicas if one.replica_id in near]
        chosen = [one for one in candidates if self._answers(one)] or candidates
        return [random.sample(chosen, min(2, len(chosen)))]

    def create_replica_wrapper(self, replica_info: RunningReplicaInfo) -> RunningReplica:
        """A replica that Serve names for the first time."""
        return WatchedReplica(replica_info, self._unaccepted)

    def update_replicas(self, replicas: list[RunningReplica]) -> None:
        """Serve names the replicas that there are."""
        for name in self.curr_replicas.keys() - {one.replica_id for one in replicas}:
            self._unaccepted.forget(name)
            self._unfinished.forget(name)
        super().update_replicas(replicas)
        self._tell()

    def on_send_request(self, replica_id: ReplicaID) -> None:
        """A replica is called."""
        super().on_send_request(replica_id)
        self._unaccepted.called(replica_id)
        self._unfinished.called(replica_id)

    def on_new_queue_len_info(self, replica_id: ReplicaID, num_ongoing_requests: int) -> None:
        """A replica has accepted or rejected a call."""
        super().on_new_queue_len_info(replica_id, num_ongoing_requests)
        self._unaccepted.forget(replica_id)  # a call that was cancelled before is not answered

    def on_request_completed(self, replica_id: ReplicaID, internal_request_id: str) -> None:
        """A call has ended: with a result, an error, or because its caller gave up."""
        super().on_request_completed(replica_id, internal_request_id)
        self._unfinished.answered(replica_id)

    def _answers(self, replica: RunningReplica) -> bool:
        name = replica.replica_id
        if name in self._unaccepted and name not in self._probes:
            self._probes[name] = asyncio.create_task(self._probe(replica))
        return name not in self._probes and name not in self._unfinished

    async def _probe(self, replica: RunningReplica) -> None:
        """Ask a replica until it answers, or Serve no longer names it."""
        name = replica.replica_id
        given_up = time.monotonic() + self._patience.lost_s
        is_silent = False
        while name in self.curr_replicas and not await self._has_answered(replica):
            if not is_silent:
                is_silent = True
                _log.warning("%s does not answer: others get its calls", name.to_full_id_str())
            if time.monotonic() > given_up:
                self._lost.add(name)
                self._tell()
            await asyncio.sleep(self._patience.accepted_s)
        if is_silent:
            _log.warning("%s answers again, or is replaced", name.to_full_id_str())
        self._unaccepted.forget(name)
        self._lost.discard(name)
        del self._probes[name]
        self._tell()

    async def _has_answered(self, replica: RunningReplica) -> bool:
        within_s = self._patience.accepted_s
        try:
            async with asyncio.timeout(within_s):
                await replica.get_queue_len(deadline_s=within_s)
        except (TimeoutError, RayError):
            return False
        return True

    def _tell(self) -> None:
        replicas = self.curr_replicas.keys()
        if replicas and replicas <= self._lost:
            unreached.DEPLOYMENTS.add(self._deployment_id.name)
        else:
            unreached.DEPLOYMENTS.discard(self._deployment_id.name)
