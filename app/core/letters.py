"""Letters that Unicode does not decompose, and that people type without what sets them apart."""

from typing import Final

PLAIN: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "\u0131": "i",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
    }
)
"""For `str.translate`, in lowercase."""
