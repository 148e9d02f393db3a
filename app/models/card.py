"""Model cards: README.md, whose front matter states a model's languages, as on the hub."""

import re
from pathlib import Path
from typing import Final

import yaml

from app.core.languages import MULTILINGUAL

CARD: Final = "README.md"
_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_CODE: Final = re.compile(rf"[a-z]{{2,3}}(?:-[a-z0-9]+)*|{MULTILINGUAL}")


def languages(folder: Path) -> tuple[str, ...]:
    """The languages in the card of the model in a folder; empty if it states none."""
    card = folder / CARD
    if not card.is_file():
        return ()
    stated = _front_matter(card.read_text("utf-8-sig", errors="replace")).get("language")
    several = stated if isinstance(stated, list) else [stated]
    codes = ("no" if one is False else str(one).lower() for one in several)  # YAML's `no`
    return tuple(code for code in codes if _CODE.fullmatch(code))


def _front_matter(text: str) -> dict[str, object]:
    """The YAML between the first two lines of dashes; empty if there is none."""
    found = _FRONT_MATTER.match(text)
    try:
        stated = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError:
        return {}
    return stated if isinstance(stated, dict) else {}
