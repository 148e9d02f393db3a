import pytest

from app.core.leftovers import clean
from tests.support.work import grows_linearly


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada (; born May 13, 1986) is", "Ada (born May 13, 1986) is"),
        ("Alaska ( ə-LASS-kə), near Andorra (; , ).", "Alaska (ə-LASS-kə), near Andorra."),
        ("She lives in Rome (). Angola , a republic.", "She lives in Rome. Angola, a republic."),
        ("Athens (Greek: , romanized: x; ; born 1950 )", "Athens (romanized: x; born 1950)"),
        ("Ada (English: ), (: b. 1950), (b. 1950; )", "Ada, (b. 1950), (b. 1950)"),
        ("Osaka (Japanese: , Hepburn: ), (UK: , US: OH-)", "Osaka, (US: OH-)"),
        ("Lviv (also ; Polish: Lwów), (IPA: []), (Hebrew: \u200e)", "Lviv (Polish: Lwów),"),
        ("Mary (née ; born 1820), (born ), (c. ), (1820 – )", "Mary (born 1820), (1820)"),
        ("Rome ((listen); Latin: Roma), (help·info) ⓘ", "Rome (Latin: Roma),"),
        ("Moss (from Old Latin ) is ('') (lit. ‘’; or )", "Moss is"),
        ("京（英: 、）は都（英：Kyo）", "京は都（英：Kyo）"),
        ("A poet [4][5], and [6]. She left.[7]:12–3 He[8]: 5", "A poet, and. She left. He: 5"),
        ("He left.[2]: xii She", "He left. She"),
        ("Nested ((  ; ( )) ) end", "Nested end"),
        ("An unclosed ( bracket ,, and ;, one", "An unclosed (bracket, and; one"),
        ("京（；1986年生）は（）都（ とう ）で、", "京（1986年生）は都（とう）で、"),
        ("京()は 、良い。", "京は、良い。"),
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
        "The () operator, f(or), (formerly) and (see: x; at 3:1), as in [3], [4] of",
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
            "( a: ,",
            "((a)",
            "(a [b]",
            "（a：",
            " [1]",
            "[1]:1",
            "« ",
        ],
    ],
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    assert grows_linearly(unit, clean)
