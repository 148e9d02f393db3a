"""The marks and letters of the world's scripts, as parts of patterns for the package `regex`."""

from typing import Final

import regex

UNMARKED: Final = r"\p{Thai}\p{Lao}\p{TaiLe}\p{NewTaiLue}\p{TaiViet}"
"""Scripts without end marks: a space divides sentences and clauses."""
APART: Final = rf"\p{{Han}}\p{{Hiragana}}{UNMARKED}\p{{Khmer}}\p{{Myanmar}}\p{{Tibetan}}"
"""Scripts whose words are not told apart by spaces or by Unicode."""
JOINED: Final = rf"{APART}\p{{Katakana}}\u30fc\u3005"
"""Scripts without spaces between words."""
MARKS: Final = (
    # Tibetan shads and the ellipsis end a sentence too; Burmese and Syriac commas do not.
    r"(?:[[\p{STerm}\u2026\u0f0d-\u0f11]--[\u104a\u0701]]|(?<=\p{Greek})[;\u037e]|(?<=\p{Armenian}):|\u1361{2})"
)
"""An end mark of a sentence."""
CLOSING: Final = r"[\p{Pe}\p{Pf}\"'\u2018\u201c\u00ab]"
"""A closing quote or bracket; some languages close with what opens in others."""
OPENING: Final = r"[\p{Ps}\p{Pi}\"'\u2019\u201d\u00bb\u00a1\u00bf]"
"""An opening quote, bracket or mark."""
LOWER: Final = r"[[\p{Ll}]--[\p{Georgian}]]"
"""A small letter; Georgian has no capitals in sentences."""

_LANGUAGES: Final = {
    "Cyrillic": "ru uk be bg mk sr kk ky mn tg tt ba cv ce os sah",
    "Greek": "el",
    "Armenian": "hy hyw",
    "Hebrew": "he yi",
    "Arabic": "ar arz fa ur ps ckb ug sd ks azb pnb",
    "Devanagari": "hi mr ne sa bh new mai gom",
    "Bengali": "bn as bpy",
    "Gurmukhi": "pa",
    "Gujarati": "gu",
    "Oriya": "or",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Sinhala": "si",
    "Georgian": "ka xmf",
    "Ethiopic": "am ti",
    "Hangul": "ko",
    "Hiragana": "ja",
    "Katakana": "ja",
    "Han": "zh ja wuu yue gan zh-yue zh-classical lzh",
    "Thai": "th",
    "Lao": "lo",
    "Khmer": "km",
    "Myanmar": "my",
    "Tibetan": "bo dz",
}
_OF_SCRIPT: Final = {script: codes.split() for script, codes in _LANGUAGES.items()}
IDENTIFIED: Final = r"\p{Latin}" + "".join(rf"\p{{{script}}}" for script in _OF_SCRIPT)
"""The scripts of the languages that `core.languages` can tell."""
_OTHER: Final = {code for codes in _OF_SCRIPT.values() for code in codes}
_SCRIPT: Final = regex.compile(
    "|".join(rf"(?P<{script}>\p{{{script}}})" for script in _OF_SCRIPT) + r"|\p{Latin}"
)


def language_for_rules(text: str, language: str) -> str:
    """The language whose rules apply: the one given, if it is written in the text's script."""
    found = _SCRIPT.search(text)
    if found is None:
        return language
    codes = _OF_SCRIPT.get(found.lastgroup or "", [])
    if codes:
        return language if language in codes else codes[0]
    return "en" if language in _OTHER else language
