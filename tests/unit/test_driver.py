import asyncio
from typing import Any

import pytest

from app.config.settings import Settings
from app.core.errors import DeadlineExceeded, NoArticle, StageFailed
from app.core.values import Article, Digest, Missing, StageDone, Status, Tone
from app.driver import Driver
from tests.support.fakes import (
    ENTITIES,
    NEGATIVE_TONE,
    SUMMARY,
    TONE,
    FakeStage,
    FakeStages,
    article,
    with_timeout,
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
        stage.may_answer.clear()
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
    assert digest.ms.keys() == {"source", *OF_ARTICLES}
    assert calls(stages) == [1, 1, 1]


async def test_stages_are_asked_in_their_order() -> None:
    """The article first, then the gate, and the branches only when the gate has answered."""
    source = FakeStage(article())
    source.may_answer.clear()
    stages = FakeStages(source)
    (gate,) = hold(stages, "sentiment")
    task = asyncio.create_task(stages.driver().digest("ada"))
    await with_timeout(source.started.wait())
    assert calls(stages) == [0, 0, 0]
    source.may_answer.set()
    await with_timeout(gate.started.wait())
    assert calls(stages) == [1, 0, 0]
    gate.may_answer.set()
    await with_timeout(task)
    assert calls(stages) == [1, 1, 1]


async def test_the_branches_run_at_the_same_time() -> None:
    """Each answers only when the other has been asked."""
    stages = FakeStages()
    summarizer, entities = hold(stages, *BRANCHES)
    summarizer.may_answer, entities.may_answer = entities.started, summarizer.started
    assert (await with_timeout(stages.driver().digest("ada"))).status == Status.OK


async def test_a_rejected_article_asks_no_branch() -> None:
    """The answer says what the gate saw, and goes out."""
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    digest = await stages.driver().digest("ada")
    assert (digest.status, digest.tone) == (Status.REJECTED, NEGATIVE_TONE)
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
    stages.sentiment.result = NEGATIVE_TONE
    assert (await driver(stages, **OPEN).digest("ada")).status == Status.REJECTED


async def test_a_source_that_is_too_slow_fails_the_request() -> None:
    """It is cancelled, and nothing else is asked."""
    source = FakeStage(article())
    source.may_answer.clear()
    stages = FakeStages(source)
    with pytest.raises(DeadlineExceeded, match="source did not answer in time"):
        await with_timeout(driver(stages, **AT_ONCE).digest("ada"))
    assert (source.cancelled, calls(stages)) == (1, [0, 0, 0])


async def test_a_gate_that_is_too_slow_fails_the_request() -> None:
    """It is cancelled, and no branch is asked."""
    stages = FakeStages()
    (gate,) = hold(stages, "sentiment")
    with pytest.raises(DeadlineExceeded, match="sentiment did not answer in time"):
        await with_timeout(driver(stages, **AT_ONCE).digest("ada"))
    await with_timeout(gate.ended.wait())
    assert (gate.cancelled, calls(stages)) == (1, [1, 0, 0])


async def test_a_branch_that_is_too_slow_leaves_the_part_that_is_finished() -> None:
    """The slow one is cancelled, and said to be missing."""
    stages = FakeStages()
    (entities,) = hold(stages, "entities")
    digest = await with_timeout(driver(stages, digest={"deadline_s": 0.3}).digest("ada"))
    assert (digest.status, digest.summary) == (Status.DEGRADED, SUMMARY)
    assert digest.missing == (late("entities"),)
    await with_timeout(entities.ended.wait())
    assert entities.cancelled == 1


async def test_a_deadline_may_be_sooner_than_the_settings_allow() -> None:
    """Who asks for many terms shares one deadline among them."""
    stages = FakeStages()
    hold(stages, "sentiment")
    past = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineExceeded):
        await with_timeout(stages.driver().digest("ada", deadline=past))


async def test_a_deadline_cannot_be_later_than_the_settings_allow() -> None:
    """Nobody can ask for more time."""
    stages = FakeStages()
    hold(stages, "sentiment")
    tomorrow = asyncio.get_running_loop().time() + 86_400
    with pytest.raises(DeadlineExceeded):
        await with_timeout(driver(stages, **AT_ONCE).digest("ada", deadline=tomorrow))


async def test_a_deadline_of_nought_is_a_deadline() -> None:
    """A time that is long past is not the same as none."""
    stages = FakeStages()
    hold(stages, "sentiment")
    with pytest.raises(DeadlineExceeded):
        await with_timeout(stages.driver().digest("ada", deadline=0.0))


async def test_a_client_who_leaves_cancels_the_work_of_its_stages() -> None:
    """Both branches end at once."""
    stages = FakeStages()
    branches = hold(stages, *BRANCHES)
    task = asyncio.create_task(stages.driver().digest("ada"))
    for stage in branches:
        await with_timeout(stage.started.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await with_timeout(task)
    for stage in branches:
        await with_timeout(stage.ended.wait())
    assert [stage.cancelled for stage in branches] == [1, 1]


async def test_a_client_may_leave_between_the_gate_and_the_branches() -> None:
    """No branch is asked, and no call is left unawaited (Python would warn, which fails a test)."""
    stages = FakeStages()

    def leave(event: StageDone) -> None:
        if event.stage == "sentiment":
            asyncio.get_running_loop().call_soon(task.cancel)

    task = asyncio.create_task(stages.driver().digest("ada", leave))
    with pytest.raises(asyncio.CancelledError):
        await with_timeout(task)
    assert calls(stages) == [1, 0, 0]


async def test_requests_for_one_article_at_the_same_time_share_its_stages() -> None:
    """Each stage is asked once, and all are answered."""
    stages = FakeStages(FakeStage(article()))
    (gate,) = hold(stages, "sentiment")
    one = stages.driver()
    asked = asyncio.gather(*(one.digest(term) for term in ("ada", "lovelace", "countess")))
    await with_timeout(gate.started.wait())
    gate.may_answer.set()
    digests = await with_timeout(asked)
    assert [digest.term for digest in digests] == ["ada", "lovelace", "countess"]
    assert [digest.status for digest in digests] == [Status.OK] * 3
    assert calls(stages) == [1, 1, 1]


async def test_one_of_those_who_share_may_leave() -> None:
    """The others are still answered."""
    stages = FakeStages()
    (gate,) = hold(stages, "sentiment")
    one = stages.driver()
    first, second = (asyncio.create_task(one.digest("ada")) for _ in range(2))
    await with_timeout(gate.started.wait())
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await with_timeout(first)
    gate.may_answer.set()
    assert (await with_timeout(second)).status == Status.OK
    assert (gate.calls, gate.cancelled) == (1, 0)


async def test_different_articles_do_not_share() -> None:
    """Not even versions of one article."""
    versions = iter("12")

    async def revised(_: str) -> Article:
        return article().model_copy(update={"revision": next(versions)})

    stages = FakeStages(revised)
    one = stages.driver()
    assert [(await one.digest("ada")).cached for _ in range(2)] == [False, False]
    assert calls(stages) == [2, 2, 2]


@pytest.mark.parametrize("tone", [TONE, NEGATIVE_TONE], ids=["passed", "rejected"])
async def test_what_was_said_of_an_article_is_remembered(tone: Tone) -> None:
    """The second answer says that it was, and is otherwise the same; no stage is asked again."""
    stages = FakeStages()
    stages.sentiment.result = tone
    one = stages.driver()
    first = await one.digest("ada")
    before = calls(stages)
    second = await one.digest("ada")
    assert (first.cached, second.cached) == (False, True)
    assert same(first, second)
    assert calls(stages) == before


async def test_without_a_cache_all_is_asked_again() -> None:
    """And no answer says that it was remembered."""
    stages = FakeStages()
    one = driver(stages, digest={"cache_size": 0})
    assert [(await one.digest("ada")).cached for _ in range(2)] == [False, False]
    assert calls(stages) == [2, 2, 2]


async def test_whole_digests_fit_into_the_cache() -> None:
    """A cache of one remembers every part of one answer, and of no more."""
    stages = FakeStages()
    one = driver(stages, digest={"cache_size": 1})
    terms = ("ada", "ada", "babbage", "babbage", "ada")
    assert [(await one.digest(term)).cached for term in terms] == [False, True, False, True, False]


@pytest.mark.parametrize("failing", BRANCHES)
async def test_only_what_failed_is_asked_again(failing: str) -> None:
    """The part that is there already is kept; the answer was not all at hand."""
    stages = FakeStages()
    stage: FakeStage = getattr(stages, failing)
    good, stage.result = stage.result, SECRET
    one = stages.driver()
    assert (await one.digest("ada")).status == Status.DEGRADED
    stage.result = good
    digest = await one.digest("ada")
    assert (digest.status, digest.cached) == (Status.OK, False)
    assert calls(stages) == [1, *(2 if name == failing else 1 for name in BRANCHES)]


async def test_a_gate_that_failed_is_asked_again() -> None:
    """Also where its failure let the article pass."""
    stages = FakeStages()
    stages.sentiment.result = SECRET
    one = driver(stages, **OPEN)
    await one.digest("ada")
    stages.sentiment.result = NEGATIVE_TONE
    assert (await one.digest("ada")).status == Status.REJECTED
    assert calls(stages) == [2, 1, 1]


async def test_stages_are_told_of_as_they_finish() -> None:
    """Source, gate, then the branches, the faster one first; with the times of the answer."""
    stages, told = FakeStages(), list[StageDone]()
    summarizer, entities = hold(stages, *BRANCHES)
    entities.may_answer.set()

    def tell(event: StageDone) -> None:
        told.append(event)
        if event.stage == "entities":
            summarizer.may_answer.set()

    digest = await with_timeout(stages.driver().digest("ada", tell))
    names = ["source", "sentiment", "entities", "summarizer"]
    results = [article("ada").heading, TONE, ENTITIES, SUMMARY]
    assert told == [
        StageDone(stage=name, ms=digest.ms[name], result=result)
        for name, result in zip(names, results, strict=True)
    ]


async def test_what_is_remembered_is_told_of_too() -> None:
    """A stream looks the same, only faster."""
    stages = FakeStages()
    one = stages.driver()
    first, second = list[StageDone](), list[StageDone]()
    await one.digest("ada", first.append)
    await one.digest("ada", second.append)
    assert [(done.stage, done.result) for done in second] == [
        (done.stage, done.result) for done in first
    ]


async def test_a_request_that_fails_tells_of_the_stage_that_did() -> None:
    """Without a result, and of nothing after it."""
    stages, told = FakeStages(), list[StageDone]()
    stages.sentiment.result = SECRET
    with pytest.raises(StageFailed):
        await stages.driver().digest("ada", told.append)
    assert [(done.stage, done.result is None) for done in told] == [
        ("source", False),
        ("sentiment", True),
    ]
