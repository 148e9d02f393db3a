import asyncio
from typing import Any

import pytest

from app.config.settings import Settings
from app.core.errors import DeadlineExceeded, NoArticle, StageFailed
from app.core.values import Article, Digest, Missing, StageDone, Status, Tone
from app.driver import Driver
from tests.support.fakes import (
    DECLINED,
    ENTITIES,
    NEGATIVE_TONE,
    REFUSED_TONE,
    SUMMARY,
    TONE,
    UNREAD,
    UNREAD_TONE,
    FakeStage,
    FakeStages,
    article,
    with_timeout,
)

SECRET = ValueError("password: hunter2")
SPECULATIVE = {"digest": {"speculative": True}}
AT_ONCE = {"digest": {"deadline_s": 0.01}}
OPEN = {"sentiment": {"fail_open": True}}
OF_ARTICLES = ("sentiment", "summarizer", "entities")
BRANCHES = ("summarizer", "entities")


def driver_with(stages: FakeStages, **settings: Any) -> Driver:
    return stages.driver(Settings.model_validate(settings))


def calls(stages: FakeStages) -> list[int]:
    """Return the number of calls of sentiment, summarizer and entities."""
    return [getattr(stages, name).calls for name in OF_ARTICLES]


def delay(stages: FakeStages, *names: str) -> list[FakeStage]:
    """Return these stages, which do not answer until `may_answer` is set."""
    held: list[FakeStage] = [getattr(stages, name) for name in names]
    for stage in held:
        stage.may_answer.clear()
    return held


def timed_out(stage: str) -> Missing:
    """The missing part of a stage that timed out."""
    return Missing(stage=stage, reason=f"{stage} did not answer in time")


def equal_results(one: Digest, other: Digest) -> bool:
    """Compare two digests without `ms` and `cached`."""
    how = {"ms", "cached"}
    return one.model_dump(exclude=how) == other.model_dump(exclude=how)


async def test_a_digest_has_the_article_and_the_result_of_each_stage() -> None:
    stages = FakeStages()
    digest = await stages.driver().digest("ada")
    assert (digest.status, digest.term, digest.title) == (Status.OK, "ada", "ada")
    assert (digest.tone, digest.summary, digest.entities) == (TONE, SUMMARY, ENTITIES)
    assert (digest.missing, digest.cached) == ((), False)
    assert digest.ms.keys() == {"source", *OF_ARTICLES}
    assert calls(stages) == [1, 1, 1]


async def test_the_branches_wait_for_the_gate_and_the_gate_for_the_source() -> None:
    source = FakeStage(article())
    source.may_answer.clear()
    stages = FakeStages(source)
    (gate,) = delay(stages, "sentiment")
    task = asyncio.create_task(stages.driver().digest("ada"))
    await with_timeout(source.started.wait())
    assert calls(stages) == [0, 0, 0]
    source.may_answer.set()
    await with_timeout(gate.started.wait())
    assert calls(stages) == [1, 0, 0]
    gate.may_answer.set()
    await with_timeout(task)
    assert calls(stages) == [1, 1, 1]


async def test_the_branches_run_concurrently() -> None:
    stages = FakeStages()
    summarizer, entities = delay(stages, *BRANCHES)
    summarizer.may_answer, entities.may_answer = entities.started, summarizer.started
    assert (await with_timeout(stages.driver().digest("ada"))).status == Status.OK


async def test_a_rejected_article_calls_no_branch() -> None:
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    digest = await stages.driver().digest("ada")
    assert (digest.status, digest.tone) == (Status.REJECTED, NEGATIVE_TONE)
    assert (digest.summary, digest.entities, digest.missing) == (None, None, ())
    assert calls(stages) == [1, 0, 0]


async def test_a_speculative_request_begins_the_branches_beside_the_gate() -> None:
    stages = FakeStages()
    (gate,) = delay(stages, "sentiment")
    task = asyncio.create_task(driver_with(stages, **SPECULATIVE).digest("ada"))
    for name in OF_ARTICLES:
        await with_timeout(getattr(stages, name).started.wait())
    gate.may_answer.set()
    digest = await with_timeout(task)
    assert (digest.summary, digest.entities, digest.cached) == (SUMMARY, ENTITIES, False)
    assert calls(stages) == [1, 1, 1]


async def test_a_request_beside_another_is_not_speculative() -> None:
    stages = FakeStages()
    (gate,) = delay(stages, "sentiment")
    driver = driver_with(stages, **SPECULATIVE)
    first = asyncio.create_task(driver.digest("ada"))
    await with_timeout(gate.started.wait())
    gate.started.clear()
    second = asyncio.create_task(driver.digest("bob"))
    await with_timeout(gate.started.wait())
    assert calls(stages) == [2, 1, 1]
    gate.may_answer.set()
    await with_timeout(asyncio.gather(first, second))
    assert calls(stages) == [2, 2, 2]


@pytest.mark.parametrize("tone", [NEGATIVE_TONE, SECRET], ids=["rejected", "failed"])
async def test_a_gate_that_stops_a_speculative_request_cancels_its_branches(tone: object) -> None:
    stages = FakeStages()
    stages.sentiment.result = tone
    branches = delay(stages, *BRANCHES)
    stages.sentiment.may_answer = stages.entities.started
    task = asyncio.create_task(driver_with(stages, **SPECULATIVE).digest("ada"))
    if isinstance(tone, Exception):
        with pytest.raises(StageFailed):
            await with_timeout(task)
    else:
        digest = await with_timeout(task)
        assert (digest.status, digest.missing) == (Status.REJECTED, ())
        assert digest.ms.keys() == {"source", "sentiment"}
    assert [branch.cancelled for branch in branches] == [1, 1]


async def test_a_speculative_request_calls_no_branch_whose_result_is_cached() -> None:
    stages, seen = FakeStages(), list[StageDone]()
    driver = driver_with(stages, **SPECULATIVE)
    await driver.digest("ada")
    assert (await driver.digest("ada", seen.append)).cached
    assert calls(stages) == [1, 1, 1]


async def test_a_failed_branch_of_a_speculative_request_degrades_the_digest() -> None:
    stages = FakeStages()
    stages.entities.result = SECRET
    stages.sentiment.may_answer = stages.entities.ended
    digest = await with_timeout(driver_with(stages, **SPECULATIVE).digest("ada"))
    assert digest.missing == (Missing(stage="entities", reason="entities failed: ValueError"),)
    assert (digest.summary, calls(stages)) == (SUMMARY, [1, 1, 1])


@pytest.mark.parametrize("failing", BRANCHES)
async def test_a_failed_branch_degrades_the_digest_without_the_errors_message(failing: str) -> None:
    stages = FakeStages()
    getattr(stages, failing).result = SECRET
    digest = await stages.driver().digest("ada")
    assert digest.status == Status.DEGRADED
    assert digest.missing == (Missing(stage=failing, reason=f"{failing} failed: ValueError"),)
    assert (digest.summary is None, digest.entities is None) == (
        failing == "summarizer",
        failing == "entities",
    )


async def test_two_failed_branches_leave_the_heading_and_the_tone() -> None:
    stages = FakeStages()
    stages.summarizer.result = StageFailed("the text is too short", "summarizer")
    stages.entities.result = SECRET
    digest = await stages.driver().digest("ada")
    assert (digest.status, digest.tone) == (Status.DEGRADED, TONE)
    assert set(digest.missing) == {
        Missing(stage="summarizer", reason="the text is too short"),
        Missing(stage="entities", reason="entities failed: ValueError"),
    }


async def test_without_an_article_no_other_stage_is_called() -> None:
    stages = FakeStages()
    with pytest.raises(NoArticle) as raised:
        await stages.driver().digest("nothing")
    assert raised.value.suggestions == ("Something",)
    assert calls(stages) == [0, 0, 0]


async def test_an_unexpected_source_error_is_reported_without_its_message() -> None:
    with pytest.raises(StageFailed) as raised:
        await FakeStages(FakeStage(SECRET)).driver().digest("ada")
    assert (raised.value.stage, raised.value.detail) == ("source", "source failed: ValueError")


async def test_a_failed_gate_fails_the_request() -> None:
    stages = FakeStages()
    stages.sentiment.result = SECRET
    with pytest.raises(StageFailed) as raised:
        await stages.driver().digest("ada")
    assert raised.value.args == ("sentiment failed: ValueError", "sentiment")
    assert calls(stages) == [1, 0, 0]


async def test_a_failed_gate_that_fails_open_degrades_the_digest() -> None:
    stages = FakeStages()
    stages.sentiment.result = SECRET
    digest = await driver_with(stages, **OPEN).digest("ada")
    assert digest.status == Status.DEGRADED
    assert digest.missing == (Missing(stage="sentiment", reason="sentiment failed: ValueError"),)
    assert (digest.tone, digest.summary, digest.entities) == (None, SUMMARY, ENTITIES)


async def test_a_gate_that_fails_open_still_rejects() -> None:
    stages = FakeStages()
    stages.sentiment.result = NEGATIVE_TONE
    assert (await driver_with(stages, **OPEN).digest("ada")).status == Status.REJECTED


async def test_a_source_that_times_out_is_cancelled_and_fails_the_request() -> None:
    source = FakeStage(article())
    source.may_answer.clear()
    stages = FakeStages(source)
    with pytest.raises(DeadlineExceeded, match="source did not answer in time"):
        await with_timeout(driver_with(stages, **AT_ONCE).digest("ada"))
    await with_timeout(source.ended.wait())
    assert (source.cancelled, calls(stages)) == (1, [0, 0, 0])


async def test_a_gate_that_times_out_is_cancelled_and_fails_the_request() -> None:
    stages = FakeStages()
    (gate,) = delay(stages, "sentiment")
    with pytest.raises(DeadlineExceeded, match="sentiment did not answer in time"):
        await with_timeout(driver_with(stages, digest={"deadline_s": 0.5}).digest("ada"))
    await with_timeout(gate.ended.wait())
    assert (gate.cancelled, calls(stages)) == (1, [1, 0, 0])


async def test_a_branch_that_times_out_is_cancelled_and_degrades_the_digest() -> None:
    stages = FakeStages()
    (entities,) = delay(stages, "entities")
    digest = await with_timeout(driver_with(stages, digest={"deadline_s": 0.5}).digest("ada"))
    assert (digest.status, digest.summary) == (Status.DEGRADED, SUMMARY)
    assert digest.missing == (timed_out("entities"),)
    await with_timeout(entities.ended.wait())
    assert entities.cancelled == 1


async def test_a_caller_can_shorten_the_deadline() -> None:
    """A request with many terms shares one deadline among them."""
    stages = FakeStages()
    delay(stages, "sentiment")
    past = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineExceeded):
        await with_timeout(stages.driver().digest("ada", deadline=past))


async def test_a_caller_cannot_extend_the_deadline() -> None:
    stages = FakeStages()
    delay(stages, "sentiment")
    tomorrow = asyncio.get_running_loop().time() + 86_400
    with pytest.raises(DeadlineExceeded):
        await with_timeout(driver_with(stages, **AT_ONCE).digest("ada", deadline=tomorrow))


async def test_a_deadline_of_0_is_not_the_same_as_none() -> None:
    stages = FakeStages()
    delay(stages, "sentiment")
    with pytest.raises(DeadlineExceeded):
        await with_timeout(stages.driver().digest("ada", deadline=0.0))


async def test_a_cancelled_request_cancels_its_branches() -> None:
    stages = FakeStages()
    branches = delay(stages, *BRANCHES)
    task = asyncio.create_task(stages.driver().digest("ada"))
    for stage in branches:
        await with_timeout(stage.started.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await with_timeout(task)
    for stage in branches:
        await with_timeout(stage.ended.wait())
    assert [stage.cancelled for stage in branches] == [1, 1]


async def test_a_request_can_be_cancelled_between_the_gate_and_the_branches() -> None:
    """A coroutine that is never awaited would warn, and warnings fail a test."""
    stages = FakeStages()

    def cancel_after_gate(event: StageDone) -> None:
        if event.stage == "sentiment":
            asyncio.get_running_loop().call_soon(task.cancel)

    task = asyncio.create_task(stages.driver().digest("ada", cancel_after_gate))
    with pytest.raises(asyncio.CancelledError):
        await with_timeout(task)
    assert calls(stages) == [1, 0, 0]


async def test_concurrent_requests_for_one_article_share_its_stage_calls() -> None:
    stages = FakeStages(FakeStage(article()))
    (gate,) = delay(stages, "sentiment")
    one = stages.driver()
    requests = asyncio.gather(*(one.digest(term) for term in ("ada", "lovelace", "countess")))
    await with_timeout(gate.started.wait())
    gate.may_answer.set()
    digests = await with_timeout(requests)
    assert [digest.term for digest in digests] == ["ada", "lovelace", "countess"]
    assert [digest.status for digest in digests] == [Status.OK] * 3
    assert calls(stages) == [1, 1, 1]


async def test_cancelling_one_request_does_not_cancel_shared_calls() -> None:
    stages = FakeStages()
    (gate,) = delay(stages, "sentiment")
    one = stages.driver()
    first, second = (asyncio.create_task(one.digest("ada")) for _ in range(2))
    await with_timeout(gate.started.wait())
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await with_timeout(first)
    gate.may_answer.set()
    assert (await with_timeout(second)).status == Status.OK
    assert (gate.calls, gate.cancelled) == (1, 0)


async def test_revisions_of_an_article_do_not_share_results() -> None:
    versions = iter("12")

    async def revised(_: str) -> Article:
        return article().model_copy(update={"revision": next(versions)})

    stages = FakeStages(revised)
    one = driver_with(stages, source={"cache_size": 0})
    assert [(await one.digest("ada")).cached for _ in range(2)] == [False, False]
    assert calls(stages) == [2, 2, 2]


@pytest.mark.parametrize("tone", [TONE, NEGATIVE_TONE], ids=["passed", "rejected"])
async def test_a_second_request_for_an_article_is_cached(tone: Tone) -> None:
    stages = FakeStages()
    stages.sentiment.result = tone
    one = stages.driver()
    first = await one.digest("ada")
    before = calls(stages)
    second = await one.digest("ada")
    assert (first.cached, second.cached) == (False, True)
    assert equal_results(first, second)
    assert calls(stages) == before


async def test_terms_that_differ_in_space_and_the_first_letters_case_share_a_search() -> None:
    source = FakeStage(article())
    one = FakeStages(source).driver()
    terms = ["Ada Lovelace", "ada Lovelace", "  ada  Lovelace "]
    digests = await asyncio.gather(*(one.digest(term) for term in terms))
    assert [digest.term for digest in digests] == terms
    assert (await one.digest("Ada Lovelace")).cached
    assert source.calls == 1


@pytest.mark.parametrize("terms", [("Bolívar", "Bolivar"), ("IT", "it"), ("AIDS", "Aids")])
async def test_terms_of_other_articles_are_searched_apart(terms: tuple[str, str]) -> None:
    source = FakeStage(article())
    one = FakeStages(source).driver()
    for term in terms:
        await one.digest(term)
    assert source.calls == 2


async def test_a_failed_search_is_not_cached() -> None:
    source = FakeStage(NoArticle("none"))
    one = FakeStages(source).driver()
    for _ in range(2):
        with pytest.raises(NoArticle):
            await one.digest("ada")
    assert source.calls == 2


async def test_a_source_cache_of_size_0_searches_each_time() -> None:
    source = FakeStage(article())
    one = driver_with(FakeStages(source), source={"cache_size": 0})
    assert [(await one.digest("ada")).cached for _ in range(2)] == [False, True]
    assert source.calls == 2


async def test_the_parts_of_a_digest_are_cached_once_all_stages_have_answered() -> None:
    one = FakeStages().driver()
    assert one.cached("ada") is None
    digest = await one.digest("ada")
    parts = one.cached(" Ada")
    assert parts is not None
    assert (parts.article, parts.tone) == (article("ada"), TONE)
    assert parts.ms.keys() == digest.ms.keys()
    assert equal_results(one.combine("ada", parts), digest)
    assert one.combine("ada", parts).cached


async def test_a_cached_digest_with_a_listener_is_the_same() -> None:
    stages = FakeStages()
    stages.entities.result = DECLINED
    one = stages.driver()
    await one.digest("ada")
    quiet, heard = await one.digest("ada"), await one.digest("ada", list[StageDone]().append)
    assert equal_results(quiet, heard)
    assert list(quiet.ms) == list(heard.ms)
    assert (quiet.cached, heard.cached) == (True, True)


async def test_a_cache_of_size_0_caches_nothing() -> None:
    stages = FakeStages()
    one = driver_with(stages, digest={"cache_size": 0})
    assert [(await one.digest("ada")).cached for _ in range(2)] == [False, False]
    assert calls(stages) == [2, 2, 2]


async def test_a_cache_of_size_1_holds_all_parts_of_one_digest() -> None:
    stages = FakeStages()
    one = driver_with(stages, digest={"cache_size": 1})
    terms = ("ada", "ada", "babbage", "babbage", "ada")
    assert [(await one.digest(term)).cached for term in terms] == [False, True, False, True, False]


@pytest.mark.parametrize("failing", BRANCHES)
async def test_only_a_failed_branch_is_called_again(failing: str) -> None:
    stages = FakeStages()
    stage: FakeStage = getattr(stages, failing)
    good, stage.result = stage.result, SECRET
    one = stages.driver()
    assert (await one.digest("ada")).status == Status.DEGRADED
    stage.result = good
    digest = await one.digest("ada")
    assert (digest.status, digest.cached) == (Status.OK, False)
    assert calls(stages) == [1, *(2 if name == failing else 1 for name in BRANCHES)]


async def test_a_failed_gate_is_called_again() -> None:
    stages = FakeStages()
    stages.sentiment.result = SECRET
    one = driver_with(stages, **OPEN)
    await one.digest("ada")
    stages.sentiment.result = NEGATIVE_TONE
    assert (await one.digest("ada")).status == Status.REJECTED
    assert calls(stages) == [2, 1, 1]


async def test_each_stage_emits_an_event_as_it_finishes() -> None:
    stages, recorded = FakeStages(), list[StageDone]()
    summarizer, entities = delay(stages, *BRANCHES)
    entities.may_answer.set()

    def record(event: StageDone) -> None:
        recorded.append(event)
        if event.stage == "entities":
            summarizer.may_answer.set()

    digest = await with_timeout(stages.driver().digest("ada", record))
    names = ["source", "sentiment", "entities", "summarizer"]
    results = [article("ada").heading, TONE, ENTITIES, SUMMARY]
    assert recorded == [
        StageDone(stage=name, ms=digest.ms[name], result=result)
        for name, result in zip(names, results, strict=True)
    ]


async def test_cached_results_emit_events_too() -> None:
    stages = FakeStages()
    one = stages.driver()
    first, second = list[StageDone](), list[StageDone]()
    await one.digest("ada", first.append)
    await one.digest("ada", second.append)
    assert [(done.stage, done.result) for done in second] == [
        (done.stage, done.result) for done in first
    ]


async def test_a_failed_stage_emits_the_last_event() -> None:
    stages, recorded = FakeStages(), list[StageDone]()
    stages.sentiment.result = SECRET
    with pytest.raises(StageFailed):
        await stages.driver().digest("ada", recorded.append)
    assert [(done.stage, done.result is None) for done in recorded] == [
        ("source", False),
        ("sentiment", True),
    ]


async def test_a_declined_article_is_cached_and_not_asked_again() -> None:
    stages = FakeStages()
    stages.sentiment.result, stages.entities.result = UNREAD_TONE, DECLINED
    driver = stages.driver()
    first, second = await driver.digest("kyoto"), await driver.digest("kyoto")
    assert calls(stages) == [1, 1, 1]
    assert first.missing == (Missing(stage="entities", reason=UNREAD, declined=True),)
    assert (first.status, first.tone, first.summary) == (Status.DEGRADED, UNREAD_TONE, SUMMARY)
    assert equal_results(first, second)
    assert second.cached


async def test_an_article_that_is_refused_without_a_score_is_rejected() -> None:
    stages = FakeStages()
    stages.sentiment.result = REFUSED_TONE
    digest = await stages.driver().digest("kyoto")
    assert (digest.status, digest.tone) == (Status.REJECTED, REFUSED_TONE)
    assert calls(stages) == [1, 0, 0]
