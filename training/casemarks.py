"""Case marks, which show an uncased base which words are capitalised.

A normalizer in tokenizer.json inserts a private-use character before a capitalised word, and
another before a word in capitals, then lowercases as before. The marks use two vocabulary rows
that were unused in the base. A mark is a separate token with the offsets of the letter after it,
so offsets still refer to the text.

Every rule replaces at least one character: tokenizers 0.23 panics at rules of
zero width (a bare lookahead).
"""

import json
import string
from collections.abc import Mapping
from typing import Final

from tokenizers import Regex, Tokenizer, normalizers

CAPITALISED: Final = "\ue000"
ALL_CAPS: Final = "\ue001"
_ROWS: Final = {"[unused0]": CAPITALISED, "[unused1]": ALL_CAPS}
_STROKED: Final = "ØŁÆŒÞÐĐĦ"  # letters that NFD does not decompose
_BARE: Final = r"(?<![\p{L}\p{M}\p{N}])"  # not preceded by a letter, accent or digit


def normalizer() -> normalizers.Normalizer:
    """Cleans, decomposes accents, inserts marks, then lowercases and drops accents as the base."""
    marks = [
        normalizers.Replace(Regex(_BARE + letter), f" {CAPITALISED} {letter.lower()}")
        for letter in string.ascii_uppercase + _STROKED
    ]
    word = r"(?= \p{L}\p{M}*\p{Lu}[\p{Lu}\p{M}\p{N}]*(?!\p{L}))"
    capitals = normalizers.Replace(Regex(CAPITALISED + word), ALL_CAPS)
    lower = normalizers.BertNormalizer(clean_text=False, lowercase=True)
    return normalizers.Sequence([cleaner(), normalizers.NFD(), *marks, capitals, lower])


def cleaner() -> normalizers.Normalizer:
    """Removes control and other private characters, so that marks in a text have no meaning."""
    return normalizers.Replace(Regex(r"[[\p{C}\x{FFFD}]&&[^\t\n\r]]"), "")


def mark_case(tokenizer: Tokenizer) -> Tokenizer:
    """A copy of an uncased BERT tokenizer with the marks in its vocabulary and normalizer."""
    return with_marks(tokenizer, _ROWS, normalizer())


def with_marks(
    tokenizer: Tokenizer, rows: Mapping[str, str], normalizer: normalizers.Normalizer
) -> Tokenizer:
    """A copy of a tokenizer with this normalizer, and its marks in place of unused rows."""
    state = json.loads(tokenizer.to_str())
    vocab = state["model"]["vocab"]
    state["model"]["vocab"] = {rows.get(word, word): row for word, row in vocab.items()}
    marked = Tokenizer.from_str(json.dumps(state))
    marked.normalizer = normalizer
    return marked
