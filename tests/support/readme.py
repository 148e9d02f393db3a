"""The blocks of code on the pages, which tests run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def block(language: str, containing: str, page: str = "README.md") -> str:
    """The only block of code in this language that contains this text."""
    text = (ROOT / page).read_text("utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if containing in block)
    return str(found)
