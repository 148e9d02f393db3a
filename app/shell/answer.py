"""The item in an HTTP answer of a release."""

from http import HTTPStatus

from pydantic import ValidationError

from app.api.schemas import Item, Problem
from app.core.values import Digest


def parse(term: str, status: int, body: bytes) -> Item:
    """The item in an HTTP answer."""
    try:
        if status == HTTPStatus.OK:
            return Item(term=term, digest=Digest.model_validate_json(body))
        return Item(term=term, problem=Problem.model_validate_json(body))
    except ValidationError:
        return failed(term, status, "the answer is not from wiki-digest")


def failed(term: str, status: int, title: str) -> Item:
    """An item whose problem is not one of the release."""
    problem = Problem(type="about:blank", title=title, status=max(status, 400), detail="")
    return Item(term=term, problem=problem)
