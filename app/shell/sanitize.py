"""Text from outside, so that a terminal shows it and does not obey it."""

import re
from typing import Final

from pydantic import BaseModel

_DIRECTION: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Signs that turn the direction of all that follows."""
_OBEYED: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_DIRECTION}]")
_OBEYED_IN_JSON: Final = re.compile(f"[\x7f-\x9f{_DIRECTION}]")


def plain(text: str) -> str:
    """In one line; what a terminal would obey becomes a sign for it."""
    return _OBEYED.sub("\ufffd", " ".join(text.split()))


def as_json(value: BaseModel, indent: int | None = None) -> str:
    """JSON of what is not empty, with the signs that JSON allows and a terminal obeys escaped."""
    text = value.model_dump_json(indent=indent, exclude_none=indent is None)
    return _OBEYED_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
