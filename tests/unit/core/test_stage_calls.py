import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.core.errors import DeadlineExceeded, NoArticle, Overloaded, StageFailed
from app.core.stage_calls import StageCalls, ignore
from app.core.values import Missing, StageDone, Tone
from tests.support.fakes import TONE, FakeStage, article, soon

NEVER = 600.0


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[StageDone] = []

    def __call__(self, event: StageDone) -> None:
        self.events.append(event)


def run(seconds: float = NEVER, told: Listener | None = None) -> StageCalls:
    """A run whose time is up in so many seconds."""
    return StageCalls(asyncio.get_running_loop().time() + seconds, told or ignore)


def asked(result: Any) -> Callable[[], Awaitable[Any]]:
    """A stage that answers so."""
    return asking(FakeStage(result))


def asking(stage: FakeStage) -> Callable[[], Awaitable[Any]]:
    """A question to a stage."""
    return lambda: stage(article())


def held() -> FakeStage:
    """A stage that does not answer."""
    stage = FakeStage(TONE)
    stage.gate.clear()
    return stage


async def test_a_result_is_handed_on() -> None:
    """Whether or not the answer could do without it."""
    assert await run().require("sentiment", asked(TONE)) is TONE
    assert await run().attempt("sentiment", asked(TONE)) is TONE


async def test_the_time_of_each_stage_is_kept() -> None:
    """In milliseconds, under the stage's name."""
    one = run()
    await one.require("sentiment", asked(TONE))
    await one.attempt("summarizer", asked(ValueError()))
    assert list(one.ms) == ["sentiment", "summarizer"]
    assert all(0 <= ms < 10_000 for ms in one.ms.values())


async def test_each_stage_that_finishes_is_told_of() -> None:
    """With its result and the time that is kept."""
    told = Listener()
    one = run(told=told)
    await one.require("sentiment", asked(TONE))
    assert told.events == [StageDone(stage="sentiment", ms=one.ms["sentiment"], result=TONE)]


async def test_of_an_article_only_the_heading_is_told() -> None:
    """Its text may be long, and was not asked for."""
    told = Listener()
    await run(told=told).require("source", asked(article()))
    assert [event.result for event in told.events] == [article().heading]


async def test_a_stage_that_fails_is_told_of_without_a_result() -> None:
    """Its time is kept, too."""
    told = Listener()
    one = run(told=told)
    await one.attempt("entities", asked(ValueError("no")))
    assert told.events == [StageDone(stage="entities", ms=one.ms["entities"], result=None)]


@pytest.mark.parametrize("error", [NoArticle("nothing matches"), Overloaded("full", 7)])
async def test_an_error_of_ours_goes_on_as_it_is(error: Exception) -> None:
    """It knows best what it means."""
    with pytest.raises(type(error)) as raised:
        await run().require("source", asked(error))
    assert raised.value is error


async def test_any_other_error_becomes_one_that_names_the_stage_and_leaks_nothing() -> None:
    """The kind is said, the message may hold secrets; the log has the cause."""
    with pytest.raises(StageFailed) as raised:
        await run().require("sentiment", asked(ValueError("password: hunter2")))
    error = raised.value
    assert (error.detail, error.stage) == ("sentiment failed: ValueError", "sentiment")
    assert "hunter2" not in repr(error)
    assert repr(error.__cause__) == "ValueError('password: hunter2')"


async def test_a_failure_of_what_the_answer_can_do_without_is_noted() -> None:
    """There is no result, and it is said which is missing and why."""
    one = run()
    assert await one.attempt("entities", asked(ValueError("secret"))) is None
    assert await one.attempt("summarizer", asked(StageFailed("too long", "summarizer"))) is None
    assert one.missing == [
        Missing(stage="entities", reason="entities failed: ValueError"),
        Missing(stage="summarizer", reason="too long"),
    ]


async def test_nothing_is_missing_where_nothing_failed() -> None:
    """Neither before nor after."""
    one = run()
    await one.attempt("sentiment", asked(TONE))
    assert one.missing == []


async def test_a_stage_that_does_not_answer_in_time_is_cancelled() -> None:
    """The error names it, and what it was doing is ended."""
    stage = held()
    with pytest.raises(DeadlineExceeded) as raised:
        await soon(run(seconds=0.01).require("sentiment", asking(stage)))
    assert raised.value.detail == "sentiment did not answer in time"
    assert stage.cancelled == 1


async def test_what_the_answer_can_do_without_is_not_waited_for_beyond_the_deadline() -> None:
    """It is missing, because it was too slow."""
    one = run(seconds=0.01)
    assert await soon(one.attempt("summarizer", asking(held()))) is None
    assert one.missing == [
        Missing(stage="summarizer", reason="summarizer did not answer in time"),
    ]


async def test_time_that_is_up_already_is_up_for_the_next_stage() -> None:
    """A deadline is for the whole request."""
    with pytest.raises(DeadlineExceeded):
        await soon(run(seconds=-1).require("sentiment", asking(held())))


async def test_cancelling_a_request_is_not_an_error_of_a_stage() -> None:
    """It passes through, and nothing is noted as missing."""
    stage, one = held(), run()
    task: asyncio.Task[Tone | None] = asyncio.create_task(one.attempt("sentiment", asking(stage)))
    await soon(stage.started.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(task)
    assert (stage.cancelled, one.missing) == (1, [])
