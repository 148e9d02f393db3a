import pickle
import re

import pytest

from app.core import errors
from app.core.errors import DigestError, startup_error_in

KINDS = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)]
REQUESTS = [
    errors.KeyNeeded("the key is not valid"),
    errors.TooManyTerms("3 terms; 2 are answered in a minute"),
    errors.BadTerm("the term is empty"),
    errors.NoArticle("nothing matches", ("Ada Lovelace", "Adam")),
    errors.SourceFailed("no route to the wiki"),
    errors.SourceTimeout("the wiki was too slow"),
    errors.StageFailed("sentiment failed: ValueError", "sentiment"),
    errors.DeadlineExceeded("time is up"),
    errors.Overloaded("256 requests are being answered", 7),
    errors.OverShare("128 of your terms are in progress", 7),
]


def fields(error: Exception) -> tuple[object, ...]:
    return type(error), error.args, vars(error), getattr(error, "detail", "")


def parent(depth: int, above: list[tuple[int, str]]) -> str:
    """Return the name of the class above a line of the tree."""
    return next(name for other, name in reversed(above) if other < depth)


def test_every_digest_error_is_listed_in_requests() -> None:
    assert {type(error) for error in REQUESTS} == {
        kind for kind in KINDS if issubclass(kind, DigestError)
    } - {DigestError}


@pytest.mark.parametrize("error", REQUESTS, ids=lambda error: type(error).__name__)
def test_errors_survive_pickling(error: DigestError) -> None:
    assert fields(pickle.loads(pickle.dumps(error))) == fields(error)


@pytest.mark.parametrize("error", REQUESTS, ids=lambda error: type(error).__name__)
def test_the_detail_is_the_first_argument(error: DigestError) -> None:
    assert error.detail == error.args[0]


def test_the_default_detail_is_the_title() -> None:
    assert errors.DeadlineExceeded().detail == "The digest took too long"


def test_extra_fields_have_defaults() -> None:
    assert errors.NoArticle("-").suggestions == ()
    assert errors.StageFailed("-").stage == ""
    assert errors.Overloaded("-").retry_after_s == 1


def test_the_tree_in_the_docstring_names_every_class_and_its_status() -> None:
    lines = re.findall(r"^( {4}[ │├└─]*)([A-Z]\w+) +(\d{3})?", errors.__doc__ or "", re.MULTILINE)
    drawn = {name: int(status) if status else None for _, name, status in lines}
    drawn.pop("DigestError", None)
    assert drawn == {
        kind.__name__: getattr(kind, "status", None) for kind in KINDS if kind is not DigestError
    }


def test_the_tree_in_the_docstring_shows_the_inheritance() -> None:
    lines = re.findall(r"^ {4}([ │├└─]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    above: list[tuple[int, str]] = [(-1, "Exception")]
    drawn: dict[str, str] = {}
    for indent, name in lines:
        drawn[name] = parent(len(indent), above)
        above.append((len(indent), name))
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", [errors.ConfigError, errors.ModelError])
def test_errors_that_never_reach_http_are_not_digest_errors(kind: type[Exception]) -> None:
    assert not issubclass(kind, DigestError)


@pytest.mark.parametrize("kind", ["Model", "Config"])
def test_the_apps_error_is_extracted_from_serves_message(kind: str) -> None:
    expected = "./my-bart: no config.json; is it a model's folder?"
    message = (
        "Deploying application wiki-digest failed\n"
        "The deployment failed to start 3 times in a row. Error:\n"
        "\x1b[36mray::ServeReplica:Entities.initialize()\x1b[39m\n"
        '  File "app/graph.py", line 83, in load\n'
        f"app.core.errors.{kind}Error: {expected}\n"
        "The above exception was the direct cause of the following exception:\n"
    )
    assert expected == startup_error_in(message)


def test_a_message_without_an_app_error_is_returned_whole() -> None:
    expected = "The deployment failed to start.\nTypeError: that should not happen"
    assert expected == startup_error_in(expected)


def test_only_the_first_app_error_is_returned() -> None:
    """Every replica that failed to start repeats the error."""
    expected = "one"
    assert expected == startup_error_in(
        "app.core.errors.ModelError: one\napp.core.errors.ModelError: two"
    )
