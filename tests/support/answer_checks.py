"""What must hold for every answer about a long article, independent of the code under test."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from app.core.values import Article, Digest, Entities, Entity, Place, Read, Summary, Tone

LONGEST: Final = {"ja": 260, "zh": 260, "th": 400}
"""characters of a summary in languages that put no spaces between words"""
MOST_WORDS: Final = 75
"""words of a summary in other languages: the bound of 65, and the rest of a sentence"""
UNSPACED: Final = "th"
"""a language whose sentences end at a space, without a mark"""
_MARKS: Final = ".!?\u2026\u3002\uff01\uff1f\u0964\u061f\u06d4\u1362\u1367"
_CLOSING: Final = "\"'\u2019\u201d\u00bb\u300d)]"
_OPENING: Final = "\"'\u201c\u2018\u00ab\u00bb(\u300c[¿¡ "
_ABBREVIATED: Final = re.compile(r"(?:\b(?:Dr|St|approx|i\.e)|\b[A-Z])\.\s*$")
_HOLES: Final = {
    "an empty bracket": re.compile(r"\(\s*[;,:.)]"),
    "a space in a bracket": re.compile(r"\(\s|\s\)"),
    "a space before a mark": re.compile(r"\s[,;:.!?](?=\s|$)"),
    "a doubled mark": re.compile(r"[,;:]\s*[,;:.]"),
    "TeX": re.compile(r"\\[a-z]+|\{\\"),
    "white space": re.compile(r"\s{2,}|\n"),
    "an empty citation": re.compile(r"\[\s*\]"),
}
_DANGLING: Final = re.compile(
    r"(?:He|She|It|They|His|Her|Its|Their|This|These|That|Those|The latter|The former)\b"
)


def faults(article: Article, digest: Digest) -> list[str]:
    """What is wrong with an answer; empty if nothing is."""
    found = [f"rejected with {digest.tone}"] if digest.status == "rejected" else []
    if digest.summary:
        found += summary_faults(article, digest.summary)
    elif "summarizer" not in {one.stage for one in digest.missing}:
        found += ["no summary, and no reason"]
    if digest.entities:
        found += names_faults(article.text, digest.entities)
    elif "entities" not in {one.stage for one in digest.missing}:
        found += ["no names, and no reason"]
    parts = (digest.tone, digest.summary, digest.entities)
    return [*found, *(fault for part in parts if part for fault in _read_faults(article, part))]


def _read_faults(article: Article, part: Tone | Summary | Entities) -> Iterator[str]:
    read: Read = part.read
    least = 0 if isinstance(part, Tone) else 1  # the gate may not judge an article
    if not least <= read.characters <= read.of == len(article.text):
        yield f"{type(part).__name__}: {read}"


def names_faults(text: str, names: Entities) -> list[str]:
    """What is wrong with the names in a text."""
    return [f"{one.text!r}: {fault}" for one in names.items for fault in _name_faults(text, one)]


def _name_faults(text: str, name: Entity) -> Iterator[str]:
    if name.count != len(name.mentions):
        yield f"count is {name.count}, mentions are {len(name.mentions)}"
    pieces = [text[place.start : place.end] for place in name.mentions]
    if strange := set(pieces) - {name.text, *name.aliases}:
        yield f"stands as {sorted(strange)}"
    if unseen := {name.text, *name.aliases} - set(pieces):
        yield f"stands nowhere as {sorted(unseen)}"
    yield from _order_faults(name.mentions)
    for place in name.mentions:
        yield from _edge_faults(text, place)


def _order_faults(places: tuple[Place, ...]) -> Iterator[str]:
    ends = [0, *(place.end for place in places)]
    if any(place.start < end for place, end in zip(places, ends, strict=False)):
        yield "places overlap or are not in order"


def _edge_faults(text: str, place: Place) -> Iterator[str]:
    """A name does not begin or end inside a word, or before a combining mark."""
    for at in (place.start, place.end):
        pair = text[max(0, at - 1) : at + 1]
        if len(pair) == 2 and all(char.lower() != char.upper() for char in pair):
            yield f"cuts a word at {text[max(0, at - 10) : at]}|{text[at : at + 10]}"
        if unicodedata.combining(text[at : at + 1] or " "):
            yield f"cuts a character at {at}"


def summary_faults(article: Article, summary: Summary) -> list[str]:
    """What is wrong with an extractive summary of prose or of a list."""
    found = [f"summary: {what}" for what, hole in _HOLES.items() if hole.search(summary.text)]
    found += [f"summary: {fault}" for fault in _order_faults(summary.sentences)]
    found += [f"summary: {fault}" for fault in _length_faults(article.language, summary.text)]
    if not summary.sentences:
        return [*found, "summary: no sentences"]
    pieces = [article.text[place.start : place.end] for place in summary.sentences]
    shown = "".join(summary.text.split())
    for place, piece in zip(summary.sentences, pieces, strict=True):
        if "".join(piece.split()) not in shown:
            found.append(f"summary: lacks {piece!r}")
        if not is_list(article):
            found += _sentence_faults(article, place)
    if not is_list(article) and "".join("".join(pieces).split()) != shown:
        found.append("summary: has more than its sentences")
    if _DANGLING.match(pieces[0]):
        found.append(f"summary: begins with a reference: {pieces[0]!r}")
    return found


def is_list(article: Article) -> bool:
    """Whether no line of an article ends like a sentence."""
    lines = filter(None, article.text.splitlines())
    return article.language != UNSPACED and not any(_ended(x, article.language) for x in lines)


def _length_faults(language: str, text: str) -> Iterator[str]:
    characters = LONGEST.get(language)
    if not text.strip():
        yield "empty"
    if len(text) > characters if characters else len(text.split()) > MOST_WORDS:
        yield f"{len(text)} characters, {len(text.split())} words"


def _sentence_faults(article: Article, place: Place) -> Iterator[str]:
    """A sentence is whole: nothing of it is left out before or after."""
    text, sentence = article.text, article.text[place.start : place.end]
    first, before = sentence.lstrip(_OPENING)[:1], text[: place.start]
    if not first or first.islower():
        yield f"summary: begins inside a sentence: {sentence!r}"
    if before.strip() and not before.endswith("\n") and not _ended(before, article.language):
        yield f"summary: begins after {before[-20:]!r}"
    after = text[place.end : place.end + 1] or "\n"
    if not _ended(after if article.language == UNSPACED else sentence, article.language):
        yield f"summary: does not end: {sentence!r}"


def _ended(text: str, language: str) -> bool:
    """Whether a text ends with a sentence."""
    if language == UNSPACED:
        return text[-1:].isspace()
    marks = _MARKS + ";" * (language == "el")
    return text.rstrip().rstrip(_CLOSING)[-1:] in marks and not _ABBREVIATED.search(text)
