"""Case marks: how an uncased base is told which words are capitalised.

A normalizer, kept in tokenizer.json, writes one private-use character before a capitalised word
and another before a word in capitals, then lowercases as before. The marks take two vocabulary
rows that the base never used. A mark is a token of its own with the offsets of the letter it
stands before, so that offsets stay those of the text.

Every rule replaces at least one character: with rules of no width (a bare lookahead)
tokenizers 0.23 panics.
"""

import json
import string
from typing import Final

from tokenizers import Regex, Tokenizer, normalizers

CAPITALISED: Final = "\ue000"
ALL_CAPS: Final = "\ue001"
_ROWS: Final = {"[unused0]": CAPITALISED, "[unused1]": ALL_CAPS}
_STROKED: Final = "ØŁÆŒÞÐĐĦ"  # letters that NFD does not take apart
_BARE: Final = r"(?<![\p{L}\p{M}\p{N}])"  # no letter, accent or digit before


def normalizer() -> normalizers.Normalizer:
    """Clean, take accents apart, mark, then lowercase and drop accents as the base does."""
    clean = normalizers.Replace(Regex(r"[[\p{C}\x{FFFD}]&&[^\t\n\r]]"), "")
    marks = [
        normalizers.Replace(Regex(_BARE + letter), f" {CAPITALISED} {letter.lower()}")
        for letter in string.ascii_uppercase + _STROKED
    ]
    word = r"(?= \p{L}\p{M}*\p{Lu}[\p{Lu}\p{M}\p{N}]*(?!\p{L}))"
    capitals = normalizers.Replace(Regex(CAPITALISED + word), ALL_CAPS)
    lower = normalizers.BertNormalizer(clean_text=False, lowercase=True)
    return normalizers.Sequence([clean, normalizers.NFD(), *marks, capitals, lower])


def mark_case(tokenizer: Tokenizer) -> Tokenizer:
    """A copy of an uncased BERT tokenizer with the marks in its vocabulary and normalizer."""
    state = json.loads(tokenizer.to_str())
    vocab = state["model"]["vocab"]
    state["model"]["vocab"] = {_ROWS.get(word, word): row for word, row in vocab.items()}
    marked = Tokenizer.from_str(json.dumps(state))
    marked.normalizer = normalizer()
    return marked
