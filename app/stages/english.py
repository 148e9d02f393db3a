"""English sentences that do not stand alone, or that talk of the page."""

import re
from typing import Final

# A sentence that begins with a reference says little without the one before it.
_PRONOUNS: Final = "he she it they him them his her hers its their theirs this these"
_REFERENCES: Final = (
    "that those such another other others the_latter the_former the_same the_following the_next "
    "the_previous the_other the_others the_rest"
)
_LEADING_IN: Final = (
    "about according after all although among as at because before being born both by despite "
    "during each even few following for from given having if in including like many most much none "
    "of on once one part several shortly since some soon through to together two under unlike "
    "until upon when where while with within without"
)
_CONNECTIVES: Final = (
    "accordingly additionally afterwards again also and as_a_result as_a_consequence as_such "
    "at_the_same_time besides both but by_contrast by_comparison consequently conversely either "
    "elsewhere finally for_example for_instance from_there further furthermore hence here however "
    "in_addition "
    "in_contrast in_fact in_response in_return in_turn indeed instead likewise meanwhile moreover "
    "neither nevertheless next nonetheless nor not_only_that on_the_contrary on_the_other_hand "
    "once_there or otherwise similarly so still subsequently then thereafter therefore thus too "
    "while_there yet"
)
_QUANTITIES: Final = (
    "all each few many most none several some the_first the_second the_third the_fourth the_last"
)
_AUXILIARIES: Final = "are can could did do does had has have is may might must was were will would"
_BEFORE_THEN: Final = "back before by even from just only since till until"
# Adverbs that lead in a definition, and names.
_ALONE: Final = (
    "emily family formally generally historically informally italy july officially sicily "
    "traditionally typically usually"
)


def _any(phrases: str) -> str:
    return "(?:" + "|".join(phrases.split()).replace("_", " ") + r")(?![\w-])"


_REFERS: Final = re.compile(
    rf"{_any(f'{_PRONOUNS} {_REFERENCES} {_CONNECTIVES}')}"
    rf"|{_any(_LEADING_IN)}(?: \S+){{0,5}} {_any(_PRONOUNS)}"
    rf"|{_any(_LEADING_IN)} (?:of )?{_any(_REFERENCES)}"
    rf"|{_any(_QUANTITIES)} (?:also |then )?{_any(_AUXILIARIES)}"
    rf"|{_any(_BEFORE_THEN)} then(?![\w-])|there,|(?!{_any(_ALONE)})[^\W\d_]+(?<=ly),"
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
    r"""\bthis\ (?:[\w-]+\ ){0,2}(?:article|page|list|section|entry|table|chart|timeline|glossary)\b
    |\bthese\ (?:\w+\ ){0,2}(?:articles|pages|lists|sections|entries|tables|lines|sentences)\b
    |\bmay\ (?:also\ )?refer\ to\b
    |\bredirects?\ here\b
    |\byou\ can\ help\b
    |\b(?:article|page|list|section)\ (?:is|remains)\ (?:a\ stub|incomplete|not\ complete)\b
    |\b(?:listed|shown|given|described|discussed|depicted|illustrated)\ (?:below|above|here)\b
    |\b(?:table|list|chart|diagram|map|figure|image|picture|photo(?:graph)?)s?
     \ (?:below|above|opposite|on\ the\ (?:left|right))\b""",
    re.VERBOSE,
)
_WORDS: Final = re.compile(r"\W+")
_HINTS: Final = frozenset(
    ("this", "these", "may", "redirect", "redirects", "below", "above", "here", "opposite", "on")
) | {"you", "stub", "incomplete", "not"}
_SECTIONS: Final = frozenset(
    ("external links", "footnotes", "further reading", "notes", "references", "see also")
)


def is_section(line: str) -> bool:
    """Whether a line is the name of a section after the text."""
    return line.strip(" :=").lower() in _SECTIONS


def lists(line: str) -> bool:
    """Whether a line is the name of a list."""
    return line.lower().startswith(("list of ", "lists of "))


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
