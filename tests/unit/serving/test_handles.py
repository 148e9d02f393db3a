import asyncio
from collections.abc import Callable, Generator, Iterator
from typing import Any, cast

import pytest
from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError

from app.core.errors import DigestError, NoArticle, Overloaded, StageFailed
from app.core.tracing import belong_to
from app.core.values import Summary
from app.metrics.table import REFUSED, RETRIES
from app.serving import unreached
from app.serving.handles import Observers, StageClient
from tests.support.fake_recorder import FakeRecorder
from tests.support.fakes import DECLINED, SUMMARY, TONE, article, with_timeout
from tests.support.recorded_traces import RecordedTraces

STALLED, SLOW = object(), object()
"""The result that never comes, and the one that comes after a second attempt."""
OWN = NoArticle("nothing matches", ("Ada",))


class FakeResponse:
    """A response with this result; it raises the result if that is an exception."""

    def __init__(self, result: object) -> None:
        self._result = result
        self.cancelled = False

    def __await__(self) -> Generator[Any, None, object]:
        yield from asyncio.sleep(0).__await__()
        if self._result is STALLED:
            yield from asyncio.Event().wait().__await__()
        if self._result is SLOW:
            yield from asyncio.sleep(0.1).__await__()
            return SUMMARY
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result

    def cancel(self) -> None:
        self.cancelled = True


class FakeHandle:
    """A deployment that responds with these results, one for each call."""

    deployment_name = "Summarizer"

    def __init__(self, *results: object) -> None:
        self.responses = [FakeResponse(result) for result in results]
        self.calls = 0
        self.spans: list[tuple[object, ...]] = []

    def remote(self, _: object = None, *span: object) -> FakeResponse:
        self.calls += 1
        self.spans.append(span)
        return self.responses[self.calls - 1]


class InfoHandle(FakeHandle):
    """A deployment that responds so when asked for its model."""

    @property
    def info(self) -> FakeHandle:
        return self


def client(handle: FakeHandle) -> StageClient[Summary]:
    return StageClient(cast("Any", handle), Summary)


def task_error(cause: Exception) -> RayTaskError:
    return RayTaskError("call", "traceback", cause)


@pytest.fixture
def silence() -> Iterator[Callable[[], None]]:
    """From its call on, no replica of the deployment answers."""
    yield lambda: unreached.DEPLOYMENTS.add(FakeHandle.deployment_name)
    unreached.DEPLOYMENTS.clear()


async def test_a_stage_of_which_no_replica_answers_fails_at_once(
    silence: Callable[[], None],
) -> None:
    silence()
    handle = FakeHandle(SUMMARY)
    with pytest.raises(StageFailed, match="no replica of the stage answers"):
        await client(handle)(article())
    assert handle.calls == 0


async def test_a_call_under_way_fails_once_no_replica_of_the_stage_answers(
    silence: Callable[[], None],
) -> None:
    handle = FakeHandle(STALLED, STALLED)
    call = StageClient(cast("Any", handle), Summary, hedge_after_s=0.1)(article())
    asyncio.get_running_loop().call_later(0.15, silence)
    with pytest.raises(StageFailed, match="no replica of the stage answers"):
        await with_timeout(call)
    assert handle.calls == 2


async def test_a_result_is_returned_after_one_call() -> None:
    handle = FakeHandle(SUMMARY)
    assert await client(handle)(article()) is SUMMARY
    assert handle.calls == 1


async def test_a_call_whose_replica_died_is_retried_once() -> None:
    handle = FakeHandle(RayActorError(), SUMMARY)
    assert await client(handle)(article()) is SUMMARY
    assert handle.calls == 2


async def test_a_second_death_is_an_error() -> None:
    handle = FakeHandle(RayActorError(), RayActorError(), SUMMARY)
    with pytest.raises(RayActorError):
        await client(handle)(article())
    assert handle.calls == 2


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (BackPressureError(1, 1), Overloaded("a stage's queue is full")),
        (
            DeploymentUnavailableError(cast("Any", "Summarizer")),
            StageFailed("a stage has no replica that works"),
        ),
        (task_error(OWN), OWN),
        (task_error(ValueError("secret")), StageFailed("ValueError")),
    ],
    ids=["full", "unavailable", "own", "other"],
)
async def test_an_error_of_ray_becomes_a_digest_error(
    raised: Exception, expected: DigestError
) -> None:
    with pytest.raises(type(expected)) as caught:
        await client(FakeHandle(raised))(article())
    assert caught.value.args == expected.args


async def test_a_result_of_another_type_is_an_error() -> None:
    """As from a replica of another version of the graph."""
    with pytest.raises(StageFailed, match="answered with a Tone"):
        await client(FakeHandle(TONE))(article())


async def test_a_cancelled_call_is_cancelled_in_the_replica() -> None:
    handle = FakeHandle(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await client(handle)(article())
    assert handle.responses[0].cancelled


async def test_a_call_without_an_answer_is_repeated_once() -> None:
    recorder, handle = FakeRecorder(), FakeHandle(STALLED, SUMMARY)
    ask = StageClient(
        cast("Any", handle), Summary, "summarizer", Observers(recorder), hedge_after_s=0.3
    )
    assert await with_timeout(ask(article())) is SUMMARY
    assert handle.calls == 2
    assert recorder.counted(RETRIES) == {("summarizer", "slow"): 1}


async def test_a_stage_may_decline() -> None:
    result: object = await client(FakeHandle(DECLINED))(article())
    assert result is DECLINED


async def test_a_retry_and_a_full_queue_are_counted() -> None:
    recorder = FakeRecorder()
    handle = FakeHandle(RayActorError(), SUMMARY, BackPressureError(1, 1))
    ask = StageClient(cast("Any", handle), Summary, "summarizer", Observers(recorder))
    assert recorder.value(RETRIES, "summarizer", "died") == recorder.value(REFUSED, "queue") == 0
    await ask(article())
    with pytest.raises(Overloaded):
        await ask(article())
    assert recorder.counted(RETRIES) == {("summarizer", "died"): 1}
    assert recorder.counted(REFUSED) == {("queue",): 1}


async def test_a_queue_that_is_full_at_the_retry_is_counted() -> None:
    recorder = FakeRecorder()
    handle = FakeHandle(RayActorError(), BackPressureError(1, 1))
    with pytest.raises(Overloaded):
        await StageClient(cast("Any", handle), Summary, "summarizer", Observers(recorder))(
            article()
        )
    assert recorder.counted(REFUSED) == {("queue",): 1}


async def test_a_second_attempt_that_is_refused_is_no_refused_call() -> None:
    recorder, handle = FakeRecorder(), FakeHandle(SLOW, BackPressureError(1, 1))
    ask = StageClient(
        cast("Any", handle), Summary, "entities", Observers(recorder), hedge_after_s=0.3
    )
    assert await with_timeout(ask(article())) is SUMMARY
    assert recorder.counted(REFUSED) == {}


async def test_the_model_of_a_stage_whose_replica_dies_is_a_failure_of_the_stage() -> None:
    with pytest.raises(StageFailed, match="the replica of a stage died"):
        await client(InfoHandle(RayActorError())).info()


async def test_a_call_tells_the_deployment_its_span() -> None:
    traces, handle = RecordedTraces(), FakeHandle(SUMMARY, SUMMARY)
    calling = StageClient(cast("Any", handle), Summary, observers=Observers(tracer=traces))
    with traces.begin("GET /", {}):
        await calling(article())
        expected = traces.here()
    belong_to("")
    await calling(article())
    assert handle.spans == [(expected,), ()]
