import json
import unicodedata

import pytest

from app.api.schemas import Item, Problem
from app.core.errors import NoArticle
from app.shell.sanitize import as_json, plain

CONTROLS = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) in {"Cc", "Cs"}]
BIDI = [*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]


def test_plain_text_has_no_control_characters() -> None:
    text = plain("a" + "".join(CONTROLS + BIDI) + "b")
    assert (text[0], text[-1]) == ("a", "b")
    assert not set(text) & {*CONTROLS, *BIDI}


@pytest.mark.parametrize("indent", [None, 2])
def test_json_escapes_control_characters_and_keeps_the_value(indent: int | None) -> None:
    hostile = "".join([chr(n) for n in range(0xA0)] + BIDI) + "é名"
    item = Item(term=hostile, problem=Problem.of(NoArticle(hostile, (hostile,))))
    text = as_json(item, indent)
    assert Item.model_validate_json(text) == item
    assert json.loads(text)["term"] == hostile
    assert not set(text) & {*CONTROLS, *BIDI} - {"\n"}
    assert "é名" in text
