"""English sentences that do not stand alone, or that talk of the page."""

import re
from typing import Final

# A sentence that begins with a reference says little without the one before it.
_PRONOUNS: Final = "he she it they him them his her hers its their theirs this these"
_REFERENCES: Final = (
    "that those such another others the_latter the_former the_same the_following the_next "
    "the_previous the_other the_others the_rest"
)
_LEADING_IN: Final = (
    "about after all although among as at because before by despite during each even for from if "
    "in like many most much of on one part several shortly since some soon through to two under "
    "unlike until upon when where while with within without"
)
_CONNECTIVES: Final = (
    "accordingly additionally afterwards again also and as_a_result as_a_consequence as_such "
    "at_the_same_time besides both but by_contrast by_comparison by_then consequently conversely "
    "either finally for_example for_instance further furthermore hence here however in_addition "
    "in_contrast in_fact in_response in_return in_turn indeed instead likewise meanwhile moreover "
    "neither nevertheless next nonetheless nor on_the_contrary on_the_other_hand or otherwise "
    "similarly so still subsequently then thereafter therefore thus too yet"
)


def _any(phrases: str) -> str:
    return "(?:" + "|".join(phrases.split()).replace("_", " ") + r")(?![\w-])"


_REFERS: Final = re.compile(
    rf"{_any(f'{_PRONOUNS} {_REFERENCES} {_CONNECTIVES}')}"
    rf"|{_any(_LEADING_IN)}(?: \S+){{0,5}} {_any(_PRONOUNS)}"
    rf"|{_any(_LEADING_IN)} {_any(_REFERENCES)}"
    r"|the (?:two|three|four)(?! \w+ of\b)(?![\w-])"
    r"|(?:\S+ ){0,4}(?:later|earlier|afterwards?)\b",
    re.IGNORECASE,
)
_OPENS_PAGE: Final = re.compile(
    r"""(?:this|the\ following|here|below)\ (?:is|are)\b.{0,40}\b
        (?:list|timeline|index|glossary|outline|overview)s?\b
    |(?:(?:an?|the|this)\ )?(?:(?:in)?complete\ |partial\ |short\ |alphabetical\ )?lists?\ of\b
    |(?:the\ following\ (?:is|are)|below|above|see|main\ articles?|not\ to\ be\ confused)\b
    |for\ .{0,80}\bsee\b""",
    re.VERBOSE,
)
_OF_PAGE: Final = re.compile(
    r"""\bthis\ (?:\w+\ ){0,2}(?:article|page|list|section|entry|table|chart|timeline|glossary)\b
    |\bthese\ (?:\w+\ ){0,2}(?:articles|pages|lists|sections|entries|tables|lines|sentences)\b
    |\bmay\ (?:also\ )?refer\ to\b
    |\bredirects?\ here\b
    |\b(?:listed|shown|given|described|discussed|depicted|illustrated)\ (?:below|above|here)\b
    |\b(?:table|list|chart|diagram|map|figure|image|picture|photo(?:graph)?)s?
     \ (?:below|above|opposite|on\ the\ (?:left|right))\b""",
    re.VERBOSE,
)
_WORDS: Final = re.compile(r"\W+")
_HINTS: Final = frozenset(
    ("this", "these", "may", "redirect", "redirects", "below", "above", "here", "opposite", "on")
)


def talks_of_page(sentence: str) -> bool:
    """Whether a sentence is about the page, and not about its topic."""
    lower = sentence.lower()
    if _OPENS_PAGE.match(lower):
        return True
    hints = not _HINTS.isdisjoint(_WORDS.split(lower))  # faster than the pattern alone
    return hints and _OF_PAGE.search(lower) is not None


def refers_back(sentence: str) -> bool:
    """Whether a sentence begins with a reference to the one before it."""
    return _REFERS.match(sentence) is not None
