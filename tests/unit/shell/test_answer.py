import pytest

from app.shell.answer import parse


@pytest.mark.parametrize(
    ("status", "body", "title"),
    [
        (
            404,
            b'{"type": "t", "title": "No pages found", "status": 404, "detail": "d"}',
            "No pages",
        ),
        (502, b"<html>", "the answer is not from wiki-digest"),
        (200, b"{}", "the answer is not from wiki-digest"),
    ],
)
def test_an_answer_that_is_no_digest_is_a_problem(status: int, body: bytes, title: str) -> None:
    problem = parse("ada", status, body).problem
    assert problem
    assert problem.title.startswith(title)
