"""Articles for the benchmark: sentences of the bundled articles in new combinations."""

import random
from pathlib import Path

from app.core.text import sentences, tidy
from app.sources.corpus import FOLDER

LEAD = 4
"""Sentences before the first heading."""


def write(folder: Path, count: int, characters: int, seed: int = 1) -> list[str]:
    """Write `count` articles of about this many characters to `folder`; returns their titles."""
    chance = random.Random(seed)
    pool = [s.text for path in sorted(FOLDER.glob("*.txt")) for s in sentences(tidy(_text(path)))]
    titles = [f"Article {number}" for number in range(count)]
    for title in titles:
        (folder / f"{title}.txt").write_text(_article(pool, characters, chance), encoding="utf-8")
    return titles


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return "" if text.startswith("#") or "{{" in text else text  # redirects and lists of meanings


def _article(pool: list[str], characters: int, chance: random.Random) -> str:
    chosen: list[str] = []
    while sum(map(len, chosen)) < characters:
        chosen += chance.sample(pool, min(LEAD, len(pool)))
    paragraphs = [" ".join(chosen[at : at + LEAD]) for at in range(0, len(chosen), LEAD)]
    lead, *rest = paragraphs
    return f"{lead}\n\n== Text ==\n" + "\n\n".join(rest) + "\n"
