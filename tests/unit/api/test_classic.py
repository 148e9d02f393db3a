import pytest

from app.api.classic import Classic, classic, nothing_found
from app.core.values import Missing, combine
from tests.support.fakes import ENTITIES, NEGATIVE_TONE, READ, SUMMARY, TONE, article

SUMMARISED = "Ada Lovelace wrote the first program."


def missing(*stages: str) -> list[Missing]:
    """These parts, as missing."""
    return [Missing(stage=stage, reason="too slow") for stage in stages]


def test_a_digest_that_is_whole_succeeds() -> None:
    """It has the summary's text, and the names in their order."""
    digest = combine(article(), term="ada", tone=TONE, summary=SUMMARY, entities=ENTITIES, ms={})
    assert classic(digest) == Classic(
        success=True, message="Success!", summary=SUMMARISED, named_entities=("Ada Lovelace",)
    )


def test_a_rejected_article_does_not_succeed() -> None:
    """The message says which article it was, and why."""
    digest = combine(article(), term="ada", tone=NEGATIVE_TONE, ms={})
    assert classic(digest) == Classic(
        success=False, message="Rejected: the tone of Ada Lovelace is negative"
    )


def test_no_article_does_not_succeed() -> None:
    """The message is the classic one, and the other fields are empty."""
    assert nothing_found().model_dump() == {
        "success": False,
        "message": "No pages found",
        "summary": "",
        "named_entities": (),
    }


def test_an_answer_without_names_is_degraded() -> None:
    """It still succeeds, with what there is."""
    digest = combine(
        article(), term="ada", tone=TONE, summary=SUMMARY, missing=missing("entities"), ms={}
    )
    assert classic(digest) == Classic(
        success=True, message="Degraded: without entities", summary=SUMMARISED
    )


def test_an_answer_without_a_summary_is_degraded() -> None:
    """Its summary is empty."""
    digest = combine(
        article(), term="ada", tone=TONE, entities=ENTITIES, missing=missing("summarizer"), ms={}
    )
    assert classic(digest) == Classic(
        success=True, message="Degraded: without summarizer", named_entities=("Ada Lovelace",)
    )


@pytest.mark.parametrize("stages", [("summarizer", "entities"), ("sentiment", "entities")])
def test_all_that_is_missing_is_named(stages: tuple[str, ...]) -> None:
    """In the order in which it went missing."""
    digest = combine(article(), term="ada", missing=missing(*stages), ms={})
    assert classic(digest).message == f"Degraded: without {', '.join(stages)}"


def test_an_article_without_names_succeeds() -> None:
    """That there are none is no fault."""
    none = ENTITIES.model_copy(update={"items": (), "read": READ})
    digest = combine(article(), term="ada", tone=TONE, summary=SUMMARY, entities=none, ms={})
    assert classic(digest) == Classic(success=True, message="Success!", summary=SUMMARISED)
