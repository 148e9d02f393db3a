import pytest

from app.core.languages import UNDETERMINED
from tests.support.fakes import MODEL_INFO


@pytest.mark.parametrize(
    ("languages", "named"),
    [
        (("en",), "en"),
        (("de", "en"), "de, en"),
        (("bg", "cs", "da", "de", "el", "es", "et"), "bg, cs, da, de, el and 2 more"),
    ],
)
def test_a_model_says_what_it_reads_instead_of_a_language(
    languages: tuple[str, ...], named: str
) -> None:
    info = MODEL_INFO.model_copy(update={"languages": languages})
    assert info.unread("ja") == f"the model reads {named}; the article is in ja"
    assert info.unread(languages[0]) == ""


def test_a_model_does_not_read_an_unknown_language() -> None:
    info = MODEL_INFO.model_copy(update={"languages": ("en",)})
    expected = "the model reads en; the article is in an unknown language"
    assert info.unread(UNDETERMINED) == expected
