import pickle
import re

import pytest

from app.core import errors
from app.core.errors import DigestError, startup_error_in

KINDS = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)]
REQUESTS = [
    errors.BadTerm("the term is empty"),
    errors.NoArticle("nothing matches", ("Ada Lovelace", "Adam")),
    errors.SourceFailed("no route to the wiki"),
    errors.SourceTimeout("the wiki was too slow"),
    errors.StageFailed("sentiment failed: ValueError", "sentiment"),
    errors.DeadlineExceeded("time is up"),
    errors.Overloaded("256 requests are being answered", 7),
]


def fields(error: Exception) -> tuple[object, ...]:
    """Everything that an error says."""
    return type(error), error.args, vars(error), getattr(error, "detail", "")


def parent(depth: int, above: list[tuple[int, str]]) -> str:
    """The name that stands over a line of the tree."""
    return next(name for other, name in reversed(above) if other < depth)


def test_every_kind_of_digest_error_is_tried_here() -> None:
    """A new kind has to be added to the list above."""
    assert {type(error) for error in REQUESTS} == {
        kind for kind in KINDS if issubclass(kind, DigestError)
    } - {DigestError}


@pytest.mark.parametrize("error", REQUESTS, ids=lambda error: type(error).__name__)
def test_an_error_crosses_a_process_border_whole(error: DigestError) -> None:
    """Its kind, its sentence and its own fields come out as they went in."""
    assert fields(pickle.loads(pickle.dumps(error))) == fields(error)


@pytest.mark.parametrize("error", REQUESTS, ids=lambda error: type(error).__name__)
def test_the_detail_is_the_first_argument(error: DigestError) -> None:
    """What else an error carries does not get into its sentence."""
    assert error.detail == error.args[0]


def test_an_error_without_a_sentence_says_its_title() -> None:
    """There is always something to read."""
    assert errors.DeadlineExceeded().detail == "The digest took too long"


def test_own_fields_have_defaults() -> None:
    """No suggestions, no stage, and one second."""
    assert errors.NoArticle("-").suggestions == ()
    assert errors.StageFailed("-").stage == ""
    assert errors.Overloaded("-").retry_after_s == 1


def test_the_tree_in_the_docstring_names_every_class_and_its_status() -> None:
    """Its lines are the classes, each under its parent, with the status that it has."""
    lines = re.findall(r"^( {4}[ │├└─]*)([A-Z]\w+) +(\d{3})?", errors.__doc__ or "", re.MULTILINE)
    drawn = {name: int(status) if status else None for _, name, status in lines}
    drawn.pop("DigestError", None)
    assert drawn == {
        kind.__name__: getattr(kind, "status", None) for kind in KINDS if kind is not DigestError
    }


def test_the_tree_in_the_docstring_is_the_inheritance() -> None:
    """A class stands below the one that it is a kind of."""
    lines = re.findall(r"^ {4}([ │├└─]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    above: list[tuple[int, str]] = [(-1, "Exception")]
    drawn: dict[str, str] = {}
    for indent, name in lines:
        drawn[name] = parent(len(indent), above)
        above.append((len(indent), name))
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", [errors.ConfigError, errors.ModelError])
def test_errors_that_never_reach_http_are_not_digest_errors(kind: type[Exception]) -> None:
    """No route can answer with one by accident."""
    assert not issubclass(kind, DigestError)


@pytest.mark.parametrize("kind", ["Model", "Config"])
def test_our_own_error_is_found_within_what_serve_says(kind: str) -> None:
    """Without the traceback around it."""
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


def test_what_is_not_our_own_error_is_told_whole() -> None:
    """Nobody knows which line of it matters."""
    expected = "The deployment failed to start.\nTypeError: that should not happen"
    assert expected == startup_error_in(expected)


def test_the_first_of_our_own_errors_is_told() -> None:
    """Each replica that was tried says the same again."""
    expected = "one"
    assert expected == startup_error_in(
        "app.core.errors.ModelError: one\napp.core.errors.ModelError: two"
    )
