"""CrossNER's 39 entity types, mapped to the four that the embedded model knows.

The map is a judgement. Where the sets disagree it follows the CoNLL-2003 habit, which
Wikigold follows too: periodicals are organisations, works and events are MISC, and what is
no proper name (genres, fields, substances, methods) is no entity.
"""

from collections.abc import Mapping
from typing import Final

TYPES: Final = ("PER", "ORG", "LOC", "MISC")

_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "PER": ("person", "politician", "writer", "musicalartist", "scientist", "researcher"),
    "ORG": (
        "organisation",
        "politicalparty",
        "band",
        "university",
        "academicjournal",
        "magazine",
    ),
    "LOC": ("location", "country", "astronomicalobject"),
    "MISC": (
        "misc",
        "award",
        "book",
        "poem",
        "song",
        "album",
        "event",
        "election",
        "conference",
        "product",
        "programlang",
    ),
    "O": (
        "musicgenre",
        "literarygenre",
        "musicalinstrument",
        "field",
        "discipline",
        "task",
        "theory",
        "algorithm",
        "metrics",
        "chemicalcompound",
        "chemicalelement",
        "protein",
        "enzyme",
    ),
}

COARSE: Final[Mapping[str, str]] = {
    fine: coarse for coarse, members in _MEMBERS.items() for fine in members
}


def coarsen(label: str) -> str:
    """``B-politician`` to ``B-PER``, ``I-field`` to ``O``; a type not known is an error."""
    prefix, _, fine = label.partition("-")
    if not fine:
        return label
    coarse = COARSE[fine]
    return "O" if coarse == "O" else f"{prefix}-{coarse}"
