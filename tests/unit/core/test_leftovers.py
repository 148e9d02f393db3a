import pytest

from app.core.leftovers import clean
from tests.support.work import grows_linearly


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada (; born May 13, 1986) is", "Ada (born May 13, 1986) is"),
        ("Alaska ( ə-LASS-kə), near Andorra (; , ).", "Alaska (ə-LASS-kə), near Andorra."),
        ("She lives in Rome (). Angola , a republic.", "She lives in Rome. Angola, a republic."),
        ("Athens (Greek: , romanized: x; ; born 1950 )", "Athens (Greek, romanized: x; born 1950)"),
        ("Ada (English: ), (: b. 1950), (b. 1950; )", "Ada (English), (b. 1950), (b. 1950)"),
        ("Nested ((  ; ( )) ) end", "Nested end"),
        ("An unclosed ( bracket ,, and ;, one", "An unclosed (bracket, and; one"),
        ("京（；1986年生）は（）都（ とう ）で、京()は 、良い。", "京（1986年生）は都（とう）で、京は、良い。"),
        ("invisible (\u200b) signs", "invisible signs"),
        ("He left.[1] She[2][3] came[citation needed] in [when?].[a]", "He left. She came in."),
        ("A word[note 1], an end[].", "A word, an end."),
        ("The ''Titanic'' and '''Bold''' '' x", "The Titanic and Bold x"),
        ('Empty “” and "" quotes', "Empty and quotes"),
        ("One , . Two . Three.. Four", "One. Two. Three. Four"),
        (", officially", "officially"),
        ("{| class=x\n| a\n|-\n|}\nText", "\n\n\n\nText"),
        ("•\n...\n( ;", "\n\n"),
    ],
)  # fmt: skip
def test_what_markup_leaves_behind_goes(text: str, expected: str) -> None:
    assert clean(text).replace("  ", " ") == expected


@pytest.mark.parametrize(
    "text",
    [
        "main() and f(x), C++, std::vector, for(;;), a[1], x[0], f(·)",
        "A smile :) or ;) or :( here ;-) and :-( too",
        "Who?! Why!? Well ... wait... and x . . . y",
        "5'' long, f''(x) = 0, 'quoted'",
        "a (1900–) c (?) d (!) e (x)",
        "http://x.org/a_(b),c and .NET or ASP.NET",
        'quote "[a]t first"; see [12] Smith and [Note] too',
        "oui ; non ! quoi ? « oui »",
        "The norm ||x|| and |x|.",
        "Acme Inc., a firm; 1,000 and 3.5",
        "== a",
        "",
    ],
)
def test_text_that_looks_like_a_leftover_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        *[
            "(",
            "[",
            " ,",
            ",",
            "(;",
            "( ",
            "(, ",
            ")",
            " )",
            ";)",
            "()",
            "''",
            "''a ",
            "[1]",
            "a[1]",
        ],
        *[
            " .",
            ". ",
            "..",
            "（",
            "（；",
            "“",
            '"',
            "|",
            "\n|",
            "\n.",
            "[citation needed",
            "[ ",
            "« ",
        ],
    ],
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    assert grows_linearly(unit, clean)
