from pathlib import Path

import pytest

from app.models.card import languages
from app.models.resolve import EMBEDDED_FOLDER


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("---\nlanguage: en\n---\n# A model\n", ("en",)),
        ("---\nlicense: mit\nlanguage:\n- ja\n- pt-BR\n---\n", ("ja", "pt-br")),
        ("---\nlanguage: multilingual\n---\n", ("multilingual",)),
        ("---\nlanguage: [no, en]\n---\n", ("no", "en")),
        ("---\nlanguage: [en, code, 1]\n---\n", ("en",)),
        ("\ufeff---\nlanguage: en\n---", ("en",)),
        ("---\nlicense: mit\n---\nlanguage: en\n", ()),
        ("---\nlanguage:\n---\n", ()),
        ("---\n- language: en\n---\n", ()),
        ("---\nlanguage: [en\n---\n", ()),
        ("# A model\nlanguage: en\n", ()),
        ("", ()),
    ],
)
def test_the_front_matter_of_a_card_states_the_languages(
    tmp_path: Path, card: str, expected: tuple[str, ...]
) -> None:
    """YAML reads `no` as false."""
    (tmp_path / "README.md").write_text(card, "utf-8")
    assert languages(tmp_path) == expected


def test_a_folder_without_a_card_states_none(tmp_path: Path) -> None:
    assert languages(tmp_path) == ()


@pytest.mark.parametrize("stage", ["sentiment", "entities"])
def test_the_embedded_models_read_english(stage: str) -> None:
    assert languages(EMBEDDED_FOLDER / stage) == ("en",)
