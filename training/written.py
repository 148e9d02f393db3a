"""Sentences written for this training, whose slots are filled with random words in each epoch."""

import re
from pathlib import Path
from random import Random
from typing import Final

from training.data import Rated
from training.identities import sections

FILE: Final = Path(__file__).parent / "written.tsv"
NAMES: Final = [
    "Aaliyah",
    "Abdul",
    "Aisha",
    "Alejandra",
    "Anders",
    "Anh",
    "Ashok",
    "Aylin",
    "Bogdan",
    "Brad",
    "Carlos",
    "Chidi",
    "Connor",
    "DeShawn",
    "Emily",
    "Fatima",
    "Giulia",
    "Greg",
    "Guadalupe",
    "Hassan",
    "Hiroshi",
    "Ibrahim",
    "Ingrid",
    "Jamal",
    "Jerome",
    "Jose",
    "Juan",
    "Katarzyna",
    "Kwame",
    "Lakisha",
    "Latoya",
    "Lars",
    "Leila",
    "Lin",
    "Maria",
    "Matthew",
    "Mei",
    "Mohammed",
    "Moshe",
    "Ngozi",
    "Olga",
    "Omar",
    "Patrick",
    "Pedro",
    "Precious",
    "Priya",
    "Rachel",
    "Rosa",
    "Sanjay",
    "Sarah",
    "Shlomo",
    "Siobhan",
    "Svetlana",
    "Tanisha",
    "Tomasz",
    "Wei",
    "Yusuf",
    "Zainab",
]
_SLOT: Final = re.compile(r"\{(\w+)\}")


def read_written() -> list[Rated]:
    """The sentences of written.tsv."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Rated(text, float(valence)) for valence, text in rows]


def fill(text: str, rng: Random) -> str:
    """The text with a random term of the named form in each slot."""
    filled = _SLOT.sub(lambda slot: _term(slot[1], rng), text)
    return filled[:1].upper() + filled[1:]


def _term(form: str, rng: Random) -> str:
    if form == "name":
        return rng.choice(NAMES)
    return rng.choice(rng.choice([one for one in sections() if one.form == form]).terms)
