"""CrossNER's 39 entity types, mapped to the four types of the embedded model.

The mapping is a judgement. Where the data sets disagree it follows CoNLL-2003, as Wikigold does:
periodicals are ORG, works and events are MISC, and common nouns (genres, fields, substances,
methods) are not entities.
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
    """``B-politician`` to ``B-PER``, ``I-field`` to ``O``; an unknown type is a KeyError."""
    prefix, _, fine = label.partition("-")
    if not fine:
        return label
    coarse = COARSE[fine]
    return "O" if coarse == "O" else f"{prefix}-{coarse}"
