import asyncio

import pytest

from app.core.ahead import Ahead
from tests.support.fakes import FakeStage, with_timeout


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage("done")


async def test_the_calls_of_a_lone_request_run_already(stage: FakeStage) -> None:
    async with Ahead[str, str](wanted=True).begin({"a": stage}, "ada") as calls:
        await with_timeout(stage.ended.wait())
        assert await calls["a"]("ada") == "done"
    assert stage.calls == 1


async def test_a_second_request_calls_when_it_needs_to(stage: FakeStage) -> None:
    ahead, other = Ahead[str, str](wanted=True), FakeStage("other")
    async with ahead.begin({"a": stage}, "ada"), ahead.begin({"a": other}, "bob") as calls:
        await with_timeout(stage.ended.wait())
        assert other.calls == 0
        assert await calls["a"]("bob") == "other"


async def test_nothing_runs_ahead_unless_it_is_wanted(stage: FakeStage) -> None:
    async with Ahead[str, str](wanted=False).begin({"a": stage}, "ada") as calls:
        await asyncio.sleep(0)
        assert stage.calls == 0
        assert await calls["a"]("ada") == "done"


async def test_a_call_that_nobody_waits_for_is_cancelled_at_the_end(stage: FakeStage) -> None:
    stage.may_answer.clear()
    async with Ahead[str, str](wanted=True).begin({"a": stage}, "ada"):
        await with_timeout(stage.started.wait())
    assert stage.cancelled == 1
