import asyncio
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from app.answer import Article, Digest, Missing, StageDone, Status, Tone
from app.driver import Driver
from app.errors import DeadlineExceeded, NoArticle, StageFailed
from app.settings import Settings
from tests.support.fakes import (
    DARK,
    ENTITIES,
    SUMMARY,
    TONE,
    FakeStage,
    FakeStages,
    article,
    soon,
)

SECRET = ValueError("password: hunter2")
AT_ONCE = {"digest": {"deadline_s": 0.01}}
OPEN = {"sentiment": {"fail_open": True}}
OF_ARTICLES = ("sentiment", "summarizer", "entities")
BRANCHES = ("summarizer", "entities")


def driver(stages: FakeStages, **settings: Any) -> Driver:
    """A driver over these, with these settings."""
    return stages.driver(Settings.model_validate(settings))


def calls(stages: FakeStages) -> list[int]:
    """How often sentiment, summarizer and entities were called."""
    return [getattr(stages, name).calls for name in OF_ARTICLES]


def hold(stages: FakeStages, *names: str) -> list[FakeStage]:
    """These stages; they do not answer until their gates are opened."""
    held: list[FakeStage] = [getattr(stages, name) for name in names]
    for stage in held:
        stage.gate.clear()
    return held


def late(stage: str) -> Missing:
    """What is said of a stage that was too slow."""
    return Missing(stage=stage, reason=f"{stage} did not answer in time")


def same(one: Digest, other: Digest) -> bool:
    """Whether two answers say the same, but for how they came about."""
    how = {"ms", "cached"}
    return one.model_dump(exclude=how) == other.model_dump(exclude=how)


async def test_a_digest_has_the_article_and_what_each_stage_said_of_it() -> None:
    """Nothing is missing, and each stage was asked once."""
    stages = FakeStages()
    digest = await stages.driver().digest("ada")
    assert (digest.status, digest.term, digest.title) == (Status.OK, "ada", "ada")
    assert (digest.tone, digest.summary, digest.entities) == (TONE, SUMMARY, ENTITIES)
    assert (digest.missing, digest.cached) == ((), False)
    assert list(digest.ms) == ["source", *digest.ms.keys() - {"source", *BRANCHES}, *BRANCHES]
    assert calls(stages) == [1, 1, 1]


async def test_stages_are_asked_in_their_order() -> None:
    """The article first, then the gate, and the branches only when the gate has answered."""
    source = FakeStage(article())
    source.gate.clear()
    stages = FakeStages(source)
    (gate,) = hold(stages, "sentiment")
    task = asyncio.create_task(stages.driver().digest("ada"))
    await soon(source.started.wait())
    assert calls(stages) == [0, 0, 0]
    source.gate.set()
    await soon(gate.started.wait())
    assert calls(stages) == [1, 0, 0]
    gate.gate.set()
    await soon(task)
    assert calls(stages) == [1, 1, 1]


async def test_the_branches_run_at_the_same_time() -> None:
    """Each answers only when the other has been asked."""
    stages = FakeStages()
    summarizer, entities = hold(stages, *BRANCHES)
    summarizer.gate, entities.gate = entities.started, summarizer.started
    assert (await soon(stages.driver().digest("ada"))).status == Status.OK


async def test_a_rejected_article_asks_no_branch() -> None:
    """The answer says what the gate saw, and goes out."""
    stages = FakeStages()
    stages.sentiment.result = DARK
    digest = await stages.driver().digest("ada")
    assert (digest.status, digest.tone) == (Status.REJECTED, DARK)
    assert (digest.summary, digest.entities, digest.missing) == (None, None, ())
    assert calls(stages) == [1, 0, 0]


@pytest.mark.parametrize("failing", BRANCHES)
async def test_a_branch_that_fails_leaves_the_other(failing: str) -> None:
    """The answer says which part is missing and why, and does not leak the error's message."""
    stages = FakeStages()
    getattr(stages, failing).result = SECRET
    digest = await stages.driver().digest("ada")
    assert digest.status == Status.DEGRADED
    assert digest.missing == (Missing(stage=failing, reason=f"{failing} failed: ValueError"),)
    assert (digest.summary is None, digest.entities is None) == (
        failing == "summarizer",
        failing == "entities",
    )


async def test_both_branches_may_fail() -> None:
    """What is left is the article's heading and its tone."""
    stages = FakeStages()
    stages.summarizer.result = StageFailed("the text is too short", "summarizer")
    stages.entities.result = SECRET
    digest = await stages.driver().digest("ada")
    assert (digest.status, digest.tone) == (Status.DEGRADED, TONE)
    assert set(digest.missing) == {
        Missing(stage="summarizer", reason="the text is too short"),
        Missing(stage="entities", reason="entities failed: ValueError"),
    }


async def test_without_an_article_nothing_else_is_asked() -> None:
    """The source's own error goes out."""
    stages = FakeStages()
    with pytest.raises(NoArticle) as raised:
        await stages.driver().digest("nothing")
    assert raised.value.suggestions == ("Something",)
    assert calls(stages) == [0, 0, 0]


async def test_a_source_that_fails_unforeseen_is_named() -> None:
    """Its message is not told."""
    with pytest.raises(StageFailed) as raised:
        await FakeStages(FakeStage(SECRET)).driver().digest("ada")
    assert (raised.value.stage, raised.value.detail) == ("source", "source failed: ValueError")


async def test_a_gate_that_fails_fails_the_request() -> None:
    """An article of which nothing is known does not pass."""
    stages = FakeStages()
    stages.sentiment.result = SECRET
    with pytest.raises(StageFailed) as raised:
        await stages.driver().digest("ada")
    assert raised.value.args == ("sentiment failed: ValueError", "sentiment")
    assert calls(stages) == [1, 0, 0]


async def test_a_gate_that_fails_open_lets_articles_pass() -> None:
    """The answer is degraded, for its tone is missing."""
    stages = FakeStages()
    stages.sentiment.result = SECRET
    digest = await driver(stages, **OPEN).digest("ada")
    assert digest.status == Status.DEGRADED
    assert digest.missing == (Missing(stage="sentiment", reason="sentiment failed: ValueError"),)
    assert (digest.tone, digest.summary, digest.entities) == (None, SUMMARY, ENTITIES)


async def test_a_gate_that_fails_open_still_rejects() -> None:
    """Where it answers, it is heard."""
    stages = FakeStages()
    stages.sentiment.result = DARK
    assert (await driver(stages, **OPEN).digest("ada")).status == Status.REJECTED


async def test_a_source_that_is_too_slow_fails_the_request() -> None:
    """It is cancelled, and nothing else is asked."""
    source = FakeStage(article())
    source.gate.clear()
    stages = FakeStages(source)
    with pytest.raises(DeadlineExceeded, match="source did not answer in time"):
        await soon(driver(stages, **AT_ONCE).digest("ada"))
    assert (source.cancelled, calls(stages)) == (1, [0, 0, 0])


async def test_a_gate_that_is_too_slow_fails_the_request() -> None:
    """It is cancelled, and no branch is asked."""
    stages = FakeStages()
    (gate,) = hold(stages, "sentiment")
    with pytest.raises(DeadlineExceeded, match="sentiment did not answer in time"):
        await soon(driver(stages, **AT_ONCE).digest("ada"))
    await soon(gate.left.wait())
    assert (gate.cancelled, calls(stages)) == (1, [1, 0, 0])


async def test_a_branch_that_is_too_slow_leaves_the_part_that_is_finished() -> None:
    """The slow one is cancelled, and said to be missing."""
    stages = FakeStages()
    (entities,) = hold(stages, "entities")
    digest = await soon(driver(stages, digest={"deadline_s": 0.1}).digest("ada"))
    assert (digest.status, digest.summary) == (Status.DEGRADED, SUMMARY)
    assert digest.missing == (late("entities"),)
    await soon(entities.left.wait())
    assert entities.cancelled == 1


async def test_a_deadline_may_be_sooner_than_the_settings_allow() -> None:
    """Who asks for many terms shares one deadline among them."""
    stages = FakeStages()
    hold(stages, "sentiment")
    past = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineExceeded):
        await soon(stages.driver().digest("ada", deadline=past))


async def test_a_deadline_cannot_be_later_than_the_settings_allow() -> None:
    """Nobody can ask for more time."""
    stages = FakeStages()
    hold(stages, "sentiment")
    tomorrow = asyncio.get_running_loop().time() + 86_400
    with pytest.raises(DeadlineExceeded):
        await soon(driver(stages, **AT_ONCE).digest("ada", deadline=tomorrow))


async def test_a_deadline_of_nought_is_a_deadline() -> None:
    """A time that is long past is not the same as none."""
    stages = FakeStages()
    hold(stages, "sentiment")
    with pytest.raises(DeadlineExceeded):
        await soon(stages.driver().digest("ada", deadline=0.0))
