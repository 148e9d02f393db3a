import pytest
from pydantic import ValidationError

from app.api.schemas import Item, Problem, TermQuery, Terms
from app.core.errors import DigestError, NoArticle, SourceTimeout, StageFailed


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            NoArticle("nothing matches", ("Ada",)),
            {
                "type": "urn:wiki-digest:no-article",
                "title": "No pages found",
                "status": 404,
                "detail": "nothing matches",
                "suggestions": ("Ada",),
            },
        ),
        (
            StageFailed("sentiment failed: ValueError", "sentiment"),
            {
                "type": "urn:wiki-digest:stage-failed",
                "title": "A stage of the digest failed",
                "status": 502,
                "detail": "sentiment failed: ValueError",
                "stage": "sentiment",
            },
        ),
        (
            SourceTimeout("no answer in 5 s"),
            {
                "type": "urn:wiki-digest:source-timeout",
                "title": "The source of articles was too slow",
                "status": 504,
                "detail": "no answer in 5 s",
            },
        ),
    ],
)
def test_a_problem_has_the_type_status_and_fields_of_its_error(
    error: DigestError, expected: dict[str, object]
) -> None:
    assert Problem.of(error).model_dump(exclude_defaults=True) == expected


def test_an_unknown_query_parameter_is_refused() -> None:
    with pytest.raises(ValidationError, match="lang"):
        TermQuery.model_validate({"term": "ada", "lang": "de"})


def test_a_query_strips_its_term() -> None:
    assert TermQuery(term=" ada ").term == "ada"


@pytest.mark.parametrize("terms", [[], ["a"] * 101, "ada"])
def test_a_post_has_one_to_a_hundred_terms(terms: object) -> None:
    with pytest.raises(ValidationError):
        Terms.model_validate({"terms": terms})


def test_an_item_holds_a_digest_or_a_problem() -> None:
    item = Item(term="ada", problem=Problem.of(NoArticle("nothing matches")))
    assert Item.model_validate_json(item.model_dump_json()) == item
