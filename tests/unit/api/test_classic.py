import pytest

from app.api.classic import Classic, classic, nothing_found
from app.core.values import Missing, combine
from tests.support.fakes import (
    ENTITIES,
    NEGATIVE_TONE,
    READ,
    REFUSED_TONE,
    SUMMARY,
    TONE,
    UNREAD,
    UNREAD_TONE,
    article,
)

SUMMARISED = "Ada Lovelace wrote the first program."


def missing_parts(*stages: str) -> list[Missing]:
    return [Missing(stage=stage, reason="too slow") for stage in stages]


def test_a_complete_digest_succeeds() -> None:
    digest = combine(article(), term="ada", tone=TONE, summary=SUMMARY, entities=ENTITIES, ms={})
    assert classic(digest) == Classic(
        success=True, message="Success!", summary=SUMMARISED, named_entities=("Ada Lovelace",)
    )


def test_a_rejected_article_fails_with_its_title_and_the_reason() -> None:
    digest = combine(article(), term="ada", tone=NEGATIVE_TONE, ms={})
    assert classic(digest) == Classic(
        success=False, message="Rejected: the tone of Ada Lovelace is negative"
    )


def test_no_article_fails_with_the_classic_message() -> None:
    assert nothing_found().model_dump() == {
        "success": False,
        "message": "No pages found",
        "summary": "",
        "named_entities": (),
    }


def test_a_digest_that_lacks_entities_is_degraded() -> None:
    digest = combine(
        article(), term="ada", tone=TONE, summary=SUMMARY, missing=missing_parts("entities"), ms={}
    )
    assert classic(digest) == Classic(
        success=True, message="Degraded: without entities", summary=SUMMARISED
    )


def test_a_digest_that_lacks_a_summary_is_degraded() -> None:
    digest = combine(
        article(),
        term="ada",
        tone=TONE,
        entities=ENTITIES,
        missing=missing_parts("summarizer"),
        ms={},
    )
    assert classic(digest) == Classic(
        success=True, message="Degraded: without summarizer", named_entities=("Ada Lovelace",)
    )


@pytest.mark.parametrize("stages", [("summarizer", "entities"), ("sentiment", "entities")])
def test_all_missing_stages_are_named_in_order(stages: tuple[str, ...]) -> None:
    digest = combine(article(), term="ada", missing=missing_parts(*stages), ms={})
    assert classic(digest).message == f"Degraded: without {', '.join(stages)}"


def test_a_digest_without_entities_succeeds() -> None:
    none = ENTITIES.model_copy(update={"items": (), "read": READ})
    digest = combine(article(), term="ada", tone=TONE, summary=SUMMARY, entities=none, ms={})
    assert classic(digest) == Classic(success=True, message="Success!", summary=SUMMARISED)


def test_an_article_that_is_refused_without_a_tone_fails_with_the_reason() -> None:
    digest = combine(article(), term="ada", tone=REFUSED_TONE, ms={})
    assert classic(digest) == Classic(success=False, message=f"Rejected: {UNREAD}")


def test_an_article_without_a_tone_succeeds() -> None:
    digest = combine(
        article(), term="ada", tone=UNREAD_TONE, summary=SUMMARY, entities=ENTITIES, ms={}
    )
    assert classic(digest).message == "Success!"
