"""Of replicas of a stage, those that answer get the calls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from ray.exceptions import RayActorError
from ray.serve._private.common import (
    DeploymentHandleSource,
    DeploymentID,
    RunningReplicaInfo,
)
from ray.serve.request_router import PendingRequest, ReplicaID, RunningReplica

from app.serving import unreached
from app.serving.router import AnsweringReplicas, Patience
from tests.support.fakes import with_timeout

STAGE = DeploymentID("Entities", "wiki-digest")
SOON_S = 0.02


class FakeReplica:
    """A replica that tells its queue's length while `answers` is set, and counts the questions."""

    max_ongoing_requests = 32
    node_id = "node"
    availability_zone = None

    def __init__(self, name: str) -> None:
        self.replica_id = ReplicaID(name, STAGE)
        self.answers = asyncio.Event()
        self.answers.set()
        self.is_reachable = True
        self.asked = 0

    async def get_queue_len(self, **_: float) -> int:
        """The length; an error where it cannot be reached."""
        self.asked += 1
        if not self.is_reachable:
            raise RayActorError
        await self.answers.wait()
        return 0


class FakeActor:
    """The actor of a replica, as Ray names it; its calls fail where it cannot be reached."""

    def __init__(self) -> None:
        self.is_reachable = True
        self.get_num_ongoing_requests = self

    async def remote(self) -> int:
        """The number of calls under way."""
        if not self.is_reachable:
            raise RayActorError
        return 0


@dataclass(frozen=True, eq=False)
class KnownReplica(RunningReplicaInfo):
    """What Serve tells a router of a replica."""

    actor: FakeActor = field(default_factory=FakeActor)

    def get_actor_handle(self) -> Any:
        """Its actor, as far as a router calls it."""
        return self.actor


class Routed:
    """A router with replicas that do not run."""

    def __init__(self, *names: str, **patience: float) -> None:
        self.router = AnsweringReplicas(  # type: ignore[no-untyped-call]  # its mixins are Serve's
            deployment_id=STAGE,
            handle_source=DeploymentHandleSource.REPLICA,
            use_replica_queue_len_cache=True,
        )
        self.router.initialize_state(**dict.fromkeys(Patience._fields, 60.0) | patience)
        self.replicas = {name: FakeReplica(name) for name in names}
        self.update(*names)

    def update(self, *names: str) -> None:
        """Serve names these replicas."""
        given = [self.replicas[name] for name in names]
        self.router.update_replicas(cast("list[RunningReplica]", given))

    def call(self, name: str) -> None:
        """Send a call to a replica."""
        self.router.on_send_request(self.replicas[name].replica_id)

    def accept(self, name: str) -> None:
        """Let a replica accept its call."""
        self.router.on_new_queue_len_info(self.replicas[name].replica_id, 1)

    def finish(self, name: str) -> None:
        """End a call of a replica."""
        self.router.on_request_completed(self.replicas[name].replica_id, "a call")

    async def chosen(self) -> set[str]:
        """The names of all replicas that are chosen, in many tries."""
        candidates = list(self.router.curr_replicas.values())
        names = set()
        for _ in range(40):
            (ranked,) = await self.router.choose_replicas(candidates, request())
            names |= {one.replica_id.unique_id for one in ranked}
        return names

    async def until_chosen(self, *names: str) -> None:
        """Wait until these, and no others, are chosen."""
        async with asyncio.timeout(60):
            while await self.chosen() != set(names):  # noqa: ASYNC110 - no event says so
                await asyncio.sleep(SOON_S)

    async def until_unreached(self) -> None:
        """Wait until calls to the deployment are refused."""
        await self.until(lambda: STAGE.name in unreached.DEPLOYMENTS)

    async def until(self, look: Callable[[], bool]) -> None:
        """Wait until this is so, while there are calls."""
        async with asyncio.timeout(60):
            while not look():
                await self.chosen()
                await asyncio.sleep(SOON_S)


def request() -> PendingRequest:
    """A call that has no replica yet."""
    return PendingRequest(args=[], kwargs={}, metadata=None)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
async def no_probe_is_left() -> AsyncIterator[None]:
    """Cancel what asks replicas that never answer."""
    yield
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    unreached.DEPLOYMENTS.clear()


async def test_a_replica_that_tells_no_length_of_its_queue_is_unreached_until_it_does() -> None:
    """It gets no call: Serve asks those of which it has not heard for long."""
    routed = Routed(accepted_s=SOON_S, lost_s=SOON_S)
    known = KnownReplica(ReplicaID("a", STAGE), "node", "127.0.0.1", None, "actor", 32)
    known.actor.is_reachable = False
    routed.router.update_replicas([routed.router.create_replica_wrapper(known)])
    await routed.until_unreached()
    known.actor.is_reachable = True
    await routed.until(lambda: STAGE.name not in unreached.DEPLOYMENTS)


async def test_a_replica_that_tells_the_length_of_its_queue_owes_nothing() -> None:
    """Of two that owed an answer, the one that has given it is chosen."""
    routed = Routed(accepted_s=SOON_S)
    infos = [KnownReplica(ReplicaID(n, STAGE), "node", "127.0.0.1", None, n, 32) for n in "ab"]
    told, silent = (routed.router.create_replica_wrapper(info) for info in infos)
    routed.router.update_replicas([told, silent])
    infos[1].actor.is_reachable = False
    for replica in (told, silent):
        routed.router.on_send_request(replica.replica_id)
    assert await told.get_queue_len(deadline_s=60) == 0
    await routed.until_chosen("a")


async def test_two_of_many_replicas_are_chosen() -> None:
    routed = Routed("a", "b", "c")
    candidates = list(routed.router.curr_replicas.values())
    (ranked,) = await routed.router.choose_replicas(candidates, request())
    assert len(ranked) == 2
    assert await routed.chosen() == {"a", "b", "c"}


async def test_a_replica_that_accepts_no_call_gets_no_more_until_it_answers() -> None:
    routed = Routed("a", "b", accepted_s=SOON_S)
    silent = routed.replicas["a"]
    silent.answers.clear()
    routed.call("a")
    await routed.until_chosen("b")
    silent.answers.set()
    await routed.until_chosen("a", "b")


async def test_a_replica_that_cannot_be_reached_is_asked_again() -> None:
    routed = Routed("a", "b", accepted_s=SOON_S)
    silent = routed.replicas["a"]
    silent.is_reachable = False
    routed.call("a")
    await routed.until_chosen("b")
    silent.is_reachable = True
    await routed.until_chosen("a", "b")
    assert silent.asked > 1


async def test_a_replica_is_asked_by_one_probe_at_a_time() -> None:
    routed = Routed("a", "b", accepted_s=SOON_S)
    silent = routed.replicas["a"]
    silent.answers.clear()
    routed.call("a")
    await routed.until_chosen("b")
    before = silent.asked
    for _ in range(5):
        await routed.chosen()
    assert silent.asked - before <= 1


async def test_a_replica_that_accepts_its_calls_is_chosen() -> None:
    routed = Routed("a", "b", accepted_s=SOON_S)
    routed.replicas["b"].answers.clear()
    routed.call("a")
    routed.accept("a")
    routed.call("b")
    await routed.until_chosen("a")


async def test_a_replica_that_finishes_no_call_gets_no_more_until_its_callers_give_up() -> None:
    routed = Routed("a", "b", finished_s=SOON_S)
    routed.call("a")
    routed.accept("a")
    await routed.until_chosen("b")
    routed.finish("a")
    assert await routed.chosen() == {"a", "b"}


async def test_all_are_chosen_if_none_answers() -> None:
    routed = Routed("a", "b", accepted_s=SOON_S)
    one, other = routed.replicas.values()
    one.answers.clear()
    other.answers.clear()
    routed.call("a")
    await routed.until_chosen("b")
    routed.call("b")
    await routed.until_chosen("a", "b")
    assert other.asked
    assert not one.answers.is_set()


async def test_a_deployment_is_unreached_while_no_replica_answers() -> None:
    routed = Routed("a", "b", accepted_s=SOON_S, lost_s=SOON_S)
    one, other = routed.replicas.values()
    one.is_reachable = other.is_reachable = False
    routed.call("a")
    await routed.until_chosen("b")
    assert STAGE.name not in unreached.DEPLOYMENTS
    routed.call("b")
    await routed.until_unreached()
    one.is_reachable = True
    await routed.until_chosen("a")
    assert STAGE.name not in unreached.DEPLOYMENTS


@pytest.mark.parametrize("named", [(), ("b",), ("a", "b")])
async def test_a_deployment_is_not_unreached_once_serve_names_other_replicas(
    named: tuple[str, ...],
) -> None:
    """Or none: then Serve may be about to start one."""
    routed = Routed("a", "b", accepted_s=SOON_S, lost_s=SOON_S)
    routed.update("a")
    routed.replicas["a"].is_reachable = False
    routed.call("a")
    await routed.until_unreached()
    routed.update(*named)
    assert STAGE.name not in unreached.DEPLOYMENTS


async def test_a_replica_that_serve_has_replaced_is_not_asked_any_more() -> None:
    routed = Routed("a", "b", accepted_s=SOON_S)
    silent = routed.replicas["a"]
    silent.is_reachable = False
    routed.call("a")
    await routed.until_chosen("b")
    routed.update("b")
    await with_timeout(asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}))
    assert await routed.chosen() == {"b"}


def test_unknown_arguments_of_the_router_are_refused() -> None:
    with pytest.raises(TypeError, match="acepted_s"):
        AnsweringReplicas.initialize_state(object.__new__(AnsweringReplicas), acepted_s=1)
