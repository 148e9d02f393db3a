"""Make external text safe to print on a terminal."""

import re
from typing import Final

from pydantic import BaseModel

_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that change the direction of the text after them."""
_CONTROLS: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}]")
_CONTROLS_IN_JSON: Final = re.compile(f"[\x7f-\x9f{_BIDI}]")


def plain(text: str) -> str:
    """The text on one line, with U+FFFD for control characters."""
    return _CONTROLS.sub("\ufffd", " ".join(text.split()))


def as_json(value: BaseModel, indent: int | None = None) -> str:
    """JSON with control characters escaped; without `indent`, on one line without empty fields."""
    text = value.model_dump_json(indent=indent, exclude_none=indent is None)
    return _CONTROLS_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
