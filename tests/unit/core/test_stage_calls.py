import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.core.errors import DeadlineExceeded, NoArticle, Overloaded, StageFailed
from app.core.stage_calls import StageCalls, ignore
from app.core.values import Missing, StageDone, Tone
from tests.support.fakes import DECLINED, SUMMARY, TONE, UNREAD, FakeStage, article, with_timeout

NEVER = 600.0


class Recorder:
    """Records events."""

    def __init__(self) -> None:
        self.events: list[StageDone] = []

    def __call__(self, event: StageDone) -> None:
        self.events.append(event)


def calls_within(seconds: float = NEVER, recorder: Recorder | None = None) -> StageCalls:
    """Stage calls with a deadline in `seconds`."""
    return StageCalls(asyncio.get_running_loop().time() + seconds, recorder or ignore)


def stage_with(result: Any) -> Callable[[], Awaitable[Any]]:
    """Return a stage call that returns `result`, or raises it."""
    return call_to(FakeStage(result))


def call_to(stage: FakeStage) -> Callable[[], Awaitable[Any]]:
    return lambda: stage(article())


def unanswering_stage() -> FakeStage:
    stage = FakeStage(TONE)
    stage.may_answer.clear()
    return stage


async def test_a_result_is_returned() -> None:
    assert await calls_within().require("sentiment", stage_with(TONE)) is TONE
    assert await calls_within().attempt("sentiment", stage_with(TONE)) is TONE


async def test_the_duration_of_each_stage_is_recorded() -> None:
    calls = calls_within()
    await calls.require("sentiment", stage_with(TONE))
    await calls.attempt("summarizer", stage_with(ValueError()))
    assert list(calls.ms) == ["sentiment", "summarizer"]
    assert all(0 <= ms < 10_000 for ms in calls.ms.values())


async def test_each_finished_stage_emits_an_event() -> None:
    recorder = Recorder()
    calls = calls_within(recorder=recorder)
    await calls.require("sentiment", stage_with(TONE))
    assert recorder.events == [StageDone(stage="sentiment", ms=calls.ms["sentiment"], result=TONE)]


async def test_the_event_of_an_article_holds_only_its_heading() -> None:
    recorder = Recorder()
    await calls_within(recorder=recorder).require("source", stage_with(article()))
    assert [event.result for event in recorder.events] == [article().heading]


async def test_a_failed_stage_emits_an_event_without_a_result() -> None:
    recorder = Recorder()
    calls = calls_within(recorder=recorder)
    await calls.attempt("entities", stage_with(ValueError("no")))
    assert recorder.events == [StageDone(stage="entities", ms=calls.ms["entities"], result=None)]


@pytest.mark.parametrize("error", [NoArticle("nothing matches"), Overloaded("full", 7)])
async def test_a_digest_error_is_raised_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        await calls_within().require("source", stage_with(error))
    assert raised.value is error


async def test_any_other_error_becomes_stage_failed_without_its_message() -> None:
    """The message may hold secrets; the cause is logged."""
    with pytest.raises(StageFailed) as raised:
        await calls_within().require("sentiment", stage_with(ValueError("password: hunter2")))
    error = raised.value
    assert (error.detail, error.stage) == ("sentiment failed: ValueError", "sentiment")
    assert "hunter2" not in repr(error)
    assert repr(error.__cause__) == "ValueError('password: hunter2')"


async def test_a_failure_of_an_optional_stage_is_recorded_as_missing() -> None:
    calls = calls_within()
    assert await calls.attempt("entities", stage_with(ValueError("secret"))) is None
    assert (
        await calls.attempt("summarizer", stage_with(StageFailed("too long", "summarizer"))) is None
    )
    assert calls.missing == [
        Missing(stage="entities", reason="entities failed: ValueError"),
        Missing(stage="summarizer", reason="too long"),
    ]


async def test_nothing_is_missing_if_nothing_failed() -> None:
    calls = calls_within()
    await calls.attempt("sentiment", stage_with(TONE))
    assert calls.missing == []


async def test_a_stage_that_times_out_is_cancelled() -> None:
    stage = unanswering_stage()
    with pytest.raises(DeadlineExceeded) as raised:
        await with_timeout(calls_within(seconds=0.01).require("sentiment", call_to(stage)))
    assert raised.value.detail == "sentiment did not answer in time"
    assert stage.cancelled == 1


async def test_an_optional_stage_that_times_out_is_missing() -> None:
    calls = calls_within(seconds=0.01)
    assert await with_timeout(calls.attempt("summarizer", call_to(unanswering_stage()))) is None
    assert calls.missing == [
        Missing(stage="summarizer", reason="summarizer did not answer in time"),
    ]


async def test_a_call_after_the_deadline_fails_at_once() -> None:
    with pytest.raises(DeadlineExceeded):
        await with_timeout(
            calls_within(seconds=-1).require("sentiment", call_to(unanswering_stage()))
        )


async def test_a_cancelled_request_does_not_count_as_a_stage_failure() -> None:
    stage, calls = unanswering_stage(), calls_within()
    task: asyncio.Task[Tone | None] = asyncio.create_task(
        calls.attempt("sentiment", call_to(stage))
    )
    await with_timeout(stage.started.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await with_timeout(task)
    assert (stage.cancelled, calls.missing) == (1, [])


async def test_a_declined_article_is_missing_a_result_but_no_stage_failed() -> None:
    recorder = Recorder()
    calls = calls_within(recorder=recorder)
    assert await calls.attempt("entities", stage_with(DECLINED)) is None
    assert calls.missing == [Missing(stage="entities", reason=UNREAD, declined=True)]
    ms = calls.ms["entities"]
    assert recorder.events == [StageDone(stage="entities", ms=ms, result=None, reason=UNREAD)]


def test_a_result_is_accepted_unless_the_stage_declined() -> None:
    calls = StageCalls(NEVER, ignore)
    assert calls.accept("summarizer", SUMMARY) is SUMMARY
    assert calls.accept("entities", DECLINED) is None
    assert calls.missing == [Missing(stage="entities", reason=UNREAD, declined=True)]
