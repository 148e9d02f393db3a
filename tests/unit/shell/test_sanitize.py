import json
import unicodedata

import pytest

from app.api.schemas import Item, Problem
from app.core.errors import NoArticle
from app.shell.sanitize import as_json, plain

OBEYED = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) in {"Cc", "Cs"}]
TURNING = [*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]


def test_no_sign_that_a_terminal_obeys_is_left() -> None:
    """Whichever there is."""
    text = plain("a" + "".join(OBEYED + TURNING) + "b")
    assert (text[0], text[-1]) == ("a", "b")
    assert not set(text) & {*OBEYED, *TURNING}


@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_the_same_again_without_such_signs(indent: int | None) -> None:
    """It escapes more than it must, and loses nothing."""
    hostile = "".join([chr(n) for n in range(0xA0)] + TURNING) + "é名"
    item = Item(term=hostile, problem=Problem.of(NoArticle(hostile, (hostile,))))
    text = as_json(item, indent)
    assert Item.model_validate_json(text) == item
    assert json.loads(text)["term"] == hostile
    assert not set(text) & {*OBEYED, *TURNING} - {"\n"}
    assert "é名" in text
