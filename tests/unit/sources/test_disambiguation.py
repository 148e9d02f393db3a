import pytest

from app.sources import disambiguation
from app.sources.disambiguation import OPTIONS, has_lead, has_template, is_reserved, is_template
from tests.support.work import within

LONG = 50_000


def options(wikitext: str) -> tuple[str, ...]:
    return disambiguation.options(wikitext, is_reserved)


def test_a_link_that_is_longer_than_any_title_is_no_option() -> None:
    wikitext = f"* [[{'a' * 255}]]\n* [[{'b' * 256}]]\n* [[C]]"
    assert options(wikitext) == ("a" * 255, "C")


@pytest.mark.parametrize(
    "name",
    [
        *("Template:Disambiguation", "Vorlage:Begriffsklärung", "Modèle:Homonymie", "disambigua"),
        *("desambiguación", "Desambiguação", "Шаблон:Неоднозначность", "многозначность"),
        *(
            "曖昧さ回避",
            "消歧义",
            "消歧義",
            "توضيح",
            "동음이의",
            "dp",
            "doorverwijspagina",
            "förgrening",
        ),
        *(
            "Human name disambiguation",
            "ujednoznacznienie",
            "rozcestník",
            "פירושונים",
        ),
    ],
)
def test_templates_of_many_languages_mark_a_page(name: str) -> None:
    assert is_template(name)
    assert has_template(f"Text\n{{{{ {name} | x }}}}")


@pytest.mark.parametrize(
    "name", ["Disambiguation needed", "Begriffsklärungshinweis", "About", "Main", "", "Infobox"]
)
def test_other_templates_do_not(name: str) -> None:
    assert not is_template(name)
    assert not has_template(f"{{{{{name}}}}}")


@pytest.mark.parametrize(
    "line",
    [
        *("'''Quoll''' may refer to:", "Quoll may also refer to:", "Quoll can mean:"),
        *("'''Merkur''' steht für:", "Merkur bezeichnet:", "Mercure peut désigner :"),
        *("Mercurio puede referirse a:", "Mercurio può indicare:", "Mercúrio pode referir-se a:"),
        *("Mercurius kan verwijzen naar:", "Merkury może oznaczać:", "Меркурий может означать:"),
        *(
            "水星可以指\uff1a",
            "水星は以下の意味がある。",
            "수성은 다음을 가리킨다.",
            "عطارد قد يشير إلى:",
        ),
    ],
)
def test_first_lines_of_many_languages_announce_meanings(line: str) -> None:
    assert has_lead(f"\n{line}\n* [[A]]")


@pytest.mark.parametrize(
    "text",
    [
        *("", "A letter.", "A letter.\nIt may refer to:", "The words may refer to many things."),
        *("Rivers:\n* [[A]]", f"{'x' * 300} may refer to:", "水星は惑星を指す。"),
    ],
)
def test_other_first_lines_do_not(text: str) -> None:
    assert not has_lead(text)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        *(("* [[A]], a [[B]]", "A"), ("* the '''great''' [[A|b]]", "A"), ("** ''[[A]]''", "A")),
        *(
            ("# [[A]]", "A"),
            (": [[A]]", "A"),
            ("; [[A]]: x", "A"),
            (" * [[A]]", "A"),
            ("*[[A]]", "A"),
        ),
        *(("* [[File:I.png|20px]] [[A]]", "A"), ("* [[Datei:I.png|20px]] [[A]]", "A")),
        *(("* [[Image:I.png|thumb|a [[B]] c]] [[A]]", "A"), ("* [[:Category:X]] [[A]]", "A")),
        *(
            ("* {{flag|x}} [[:A]]", "A"),
            ("* {{icon|[[B]]}} [[A]]", "A"),
            ("* [[B] or [[A]]", "A"),
            ("* {{x|[[A]]}}", "A"),
            ("* [[de:B]] [[wikt:C]] [[A]]", "A"),
            ("* [[#X]] [[A]]", "A"),
        ),
        *(("* [[ A_b  c#Life| x]]", "A b c"), ("* <!-- [[B]] --> [[A]]", "A")),
        *(
            ("* [[Star Trek: Discovery]]", "Star Trek: Discovery"),
            ("* [[3:10 to Yuma]]", "3:10 to Yuma"),
        ),
        *(("* [http://x y] [[A]]", "A"), ("* \ufeff→ [[A]]", "A"), ("* ]] [[A]]", "A")),
    ],
)
def test_an_option_is_the_first_article_of_a_list_item(item: str, expected: str) -> None:
    assert options(f"X may be:\n{item}\n") == (expected,)


@pytest.mark.parametrize(
    "item",
    ["[[A]]", "* A", "* [[]]", "* [[File:A.png]]", "* [[Kategorie:A]]", "* [[A", "== [[A]] =="],
)
def test_lines_without_an_article_in_a_list_are_no_options(item: str) -> None:
    assert options(item) == ()


def test_options_are_listed_once_and_bounded() -> None:
    assert options("* [[A]]\n* [[A|again]]\n* [[B]]") == ("A", "B")
    assert len(options("\n".join(f"* [[{n}]]" for n in range(OPTIONS + 1)))) == OPTIONS


@pytest.mark.parametrize(
    "hostile",
    [
        *("*" * LONG, "* " * LONG, "*\n" * LONG, "* [[" * LONG, "* [" * LONG, "*[[A|" * LONG),
        *("* " + "[[" * LONG + "]]" * LONG, "* " + "[[a" * LONG + "{{" * LONG + "]]" * LONG),
        *("* [[File:x|" + "[[a]]" * LONG, "* " + "]]" * LONG, "<!--" * LONG, "* <!-- [[A" * LONG),
        *("{{" * LONG, "{{ " * LONG, "{{" + " " * LONG, "{{a" * LONG, "x" * LONG, ":" * LONG),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    with within(200):
        options(hostile)
        has_template(hostile)
        has_lead(hostile)
