from typing import Any

import pytest
from pydantic import ValidationError

from app.core.values import Article, Heading, Missing, StageDone, Status, Tone, combine
from tests.support.fakes import ENTITIES, LICENCE, NEGATIVE_TONE, READ, SUMMARY, TONE, article

FIELDS: dict[str, Any] = {
    "title": "Ada Lovelace",
    "url": "urn:test:ada",
    "licence": LICENCE,
    "attribution": "nobody",
    "language": "fr",
    "revision": "7",
    "alternatives": ("Ada (language)",),
    "complete": False,
}
MISSING = Missing(stage="entities", reason="entities failed: ValueError")


def tone(score: float, threshold: float) -> Tone:
    return Tone(label="NEGATIVE", score=score, threshold=threshold, read=READ)


def test_from_raw_splits_off_the_lead_and_removes_headings() -> None:
    made = Article.from_raw("First.\n\nSecond.\n== Life ==\nThird.\n", Heading(**FIELDS))
    assert made.lead == "First.\n\nSecond."
    assert made.text == "First.\n\nSecond.\n\nThird."


def test_a_heading_is_the_article_without_its_text() -> None:
    heading = Article.from_raw("First.", Heading(**FIELDS)).heading
    assert type(heading) is Heading
    assert heading == Heading(**FIELDS)


def test_the_defaults_of_an_article_are_english_and_complete() -> None:
    heading = article().heading
    assert (heading.language, heading.revision) == ("en", None)
    assert (heading.alternatives, heading.complete) == ((), True)


def test_values_are_frozen() -> None:
    """Requests share them."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(TONE, "label", "POSITIVE")  # noqa: B010


def test_values_reject_unknown_fields() -> None:
    with pytest.raises(ValidationError, match="titel"):
        Heading.model_validate({**FIELDS, "titel": "Ada"})


@pytest.mark.parametrize(
    ("score", "threshold", "rejected"),
    [
        (0.3, 0.2, True),
        (0.2, 0.2, False),
        (0.1, 0.2, False),
        (1, 1, False),
        (-0.5, -0.6, True),
        (-1, -1, False),
    ],
)
def test_a_tone_is_rejected_above_its_threshold(
    score: float, threshold: float, *, rejected: bool
) -> None:
    assert tone(score, threshold).rejected is rejected


@pytest.mark.parametrize("score", [-1.01, 1.01, float("nan")])
def test_a_score_is_between_minus_one_and_one(score: float) -> None:
    with pytest.raises(ValidationError, match="score"):
        tone(score, 0.2)


def test_a_digest_with_all_parts_is_ok() -> None:
    made = Article.from_raw("First.", Heading(**FIELDS))
    digest = combine(made, term="ada", tone=TONE, summary=SUMMARY, entities=ENTITIES, ms={"a": 1.0})
    assert digest.model_dump(exclude_none=True) == {
        **made.heading.model_dump(),
        "status": "ok",
        "term": "ada",
        "tone": TONE.model_dump(),
        "summary": SUMMARY.model_dump(),
        "entities": ENTITIES.model_dump(),
        "missing": (),
        "ms": {"a": 1.0},
        "cached": False,
    }


def test_a_digest_with_a_missing_part_is_degraded() -> None:
    digest = combine(article(), term="ada", tone=TONE, summary=SUMMARY, missing=[MISSING], ms={})
    assert digest.status is Status.DEGRADED
    assert digest.missing == (MISSING,)
    assert digest.summary == SUMMARY


def test_a_digest_with_a_rejected_tone_is_rejected() -> None:
    digest = combine(article(), term="ada", tone=NEGATIVE_TONE, ms={})
    assert digest.status is Status.REJECTED
    assert (digest.tone, digest.summary, digest.entities) == (NEGATIVE_TONE, None, None)


def test_a_digest_without_a_tone_is_degraded() -> None:
    """The sentiment stage failed open."""
    missing = [Missing(stage="sentiment", reason="sentiment did not answer in time")]
    digest = combine(article(), term="ada", tone=None, missing=missing, ms={})
    assert digest.status is Status.DEGRADED


def test_a_digest_does_not_contain_the_articles_text() -> None:
    digest = combine(Article.from_raw("Secret text.", Heading(**FIELDS)), term="ada", ms={})
    assert "Secret text." not in digest.model_dump_json()


@pytest.mark.parametrize("result", [article().heading, TONE, SUMMARY, ENTITIES, None])
def test_stage_events_survive_a_json_round_trip(result: Any) -> None:
    done = StageDone(stage="any", ms=1.5, result=result)
    assert StageDone.model_validate_json(done.model_dump_json()) == done
