from typing import Any

import pytest
from pydantic import ValidationError

from app.core.values import Article, Heading, Missing, StageDone, Status, Tone, combine
from tests.support.fakes import DARK, ENTITIES, LICENCE, READ, SUMMARY, TONE, article

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
    """A tone with that score, seen by a gate with that threshold."""
    return Tone(label="NEGATIVE", score=score, threshold=threshold, read=READ)


def test_an_article_comes_from_a_text_with_headings() -> None:
    """What stands above the first heading is the lead, and headings are left out."""
    made = Article.from_raw("First.\n\nSecond.\n== Life ==\nThird.\n", Heading(**FIELDS))
    assert made.lead == "First.\n\nSecond."
    assert made.text == "First.\n\nSecond.\n\nThird."


def test_a_heading_is_the_article_without_its_text() -> None:
    """All that is known of the article is kept."""
    heading = Article.from_raw("First.", Heading(**FIELDS)).heading
    assert type(heading) is Heading
    assert heading == Heading(**FIELDS)


def test_an_article_has_no_revision_or_other_meanings_unless_it_is_said() -> None:
    """The defaults are an English text that is whole."""
    heading = article().heading
    assert (heading.language, heading.revision) == ("en", None)
    assert (heading.alternatives, heading.complete) == ((), True)


def test_values_do_not_change() -> None:
    """They are shared between requests, so nobody may write into them."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(TONE, "label", "POSITIVE")  # noqa: B010


def test_values_take_no_unknown_fields() -> None:
    """A misspelt field is an error, not a silence."""
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
    """At the threshold it still passes."""
    assert tone(score, threshold).rejected is rejected


@pytest.mark.parametrize("score", [-1.01, 1.01, float("nan")])
def test_a_score_is_between_minus_one_and_one(score: float) -> None:
    """A model that says otherwise is broken."""
    with pytest.raises(ValidationError, match="score"):
        tone(score, 0.2)


def test_parts_that_are_all_there_make_an_answer_that_is_ok() -> None:
    """The heading and the parts stand side by side."""
    made = Article.from_raw("First.", Heading(**FIELDS))
    digest = combine(made, term="ada", tone=TONE, summary=SUMMARY, entities=ENTITIES, ms={"a": 1.0})
    assert digest.model_dump() == {
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


def test_an_answer_with_a_missing_part_is_degraded() -> None:
    """It says what is missing, and keeps what is there."""
    digest = combine(article(), term="ada", tone=TONE, summary=SUMMARY, missing=[MISSING], ms={})
    assert digest.status is Status.DEGRADED
    assert digest.missing == (MISSING,)
    assert digest.summary == SUMMARY


def test_an_answer_whose_tone_is_rejected_says_so() -> None:
    """It has the tone that it was rejected for, and neither summary nor names."""
    digest = combine(article(), term="ada", tone=DARK, ms={})
    assert digest.status is Status.REJECTED
    assert (digest.tone, digest.summary, digest.entities) == (DARK, None, None)


def test_an_answer_without_a_tone_is_not_rejected() -> None:
    """Where the gate failed open, only the tone is missing."""
    missing = [Missing(stage="sentiment", reason="sentiment did not answer in time")]
    digest = combine(article(), term="ada", tone=None, missing=missing, ms={})
    assert digest.status is Status.DEGRADED


def test_an_answer_has_no_text_of_the_article() -> None:
    """Only its heading travels on."""
    digest = combine(Article.from_raw("Secret text.", Heading(**FIELDS)), term="ada", ms={})
    assert "Secret text." not in digest.model_dump_json()


@pytest.mark.parametrize("result", [article().heading, TONE, SUMMARY, ENTITIES, None])
def test_what_a_stage_did_survives_being_sent(result: Any) -> None:
    """From JSON, each kind of result comes back as the kind that it was."""
    done = StageDone(stage="any", ms=1.5, result=result)
    assert StageDone.model_validate_json(done.model_dump_json()) == done
