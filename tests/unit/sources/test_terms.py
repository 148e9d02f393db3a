import pytest

from app.sources import terms
from app.sources.terms import Prefixes

PREFIXES = Prefixes.of(["Template", "User talk", "", "wikt", "Vorlage"], ["en", ""])


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        *(("Alabama#History", "Alabama"), ("Mercury (planet)#Orbit", "Mercury (planet)")),
        *(("Alabama#Early_life", "Alabama"), ("Guess Who?#Rules", "Guess Who?")),
        *(("C#", "C#"), ("F#", "F#"), ("C# in depth", "C# in depth"), ("#MeToo", "#MeToo")),
        *(("Prelude in C#m", "Prelude in C#m"), ("C#7", "C#7"), ("Alabama #1", "Alabama #1")),
        *((":Alabama", "Alabama"), (" :: x", "x"), (":", ":"), ("", "")),
        *(("all:Alabama", "Alabama"), ("insource:/a/", "/a/"), ("INTITLE:a", "a")),
        *(("-intitle:a", "a"), ("all: the film", "all: the film"), ("all:", "all:")),
        *(("intitle: Alabama", "Alabama"), ("local: a life", "local: a life")),
        *(("https://de.m.wikipedia.org/wiki/K%C3%B6ln#Dom", "Köln"), ("a.b/wiki/A_b?x=y", "A_b")),
        *(("http://localhost.x:80/wiki/C%23", "C#"), ("https://a.b/c", "https://a.b/c")),
        ("2001: A Space Odyssey", "2001: A Space Odyssey"),
    ],
)
def test_keywords_sections_and_leading_colons_are_left_out(term: str, expected: str) -> None:
    assert terms.bare(term) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("en:Alabama", "Alabama"), ("EN:Alabama", "Alabama"), ("en: Alabama", "en: Alabama")),
        *(("de:Alabama", "de:Alabama"), ("en:", "en:"), ("Alabama", "Alabama"), (":x", ":x")),
    ],
)
def test_the_prefix_of_the_wiki_itself_is_left_out(name: str, expected: str) -> None:
    assert terms.without_own(name, PREFIXES) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("Template:Main", "Main"), ("user_talk:Ada", "Ada"), ("WIKT:tea", "tea")),
        *(("Template: Main", None), ("Template:", None), ("Template", None), (":Main", None)),
        *(("3:10 to Yuma", None), ("Star Trek:Discovery", None)),
    ],
)
def test_a_prefix_before_a_name_leads_outside(name: str, expected: str | None) -> None:
    assert terms.outside(name, PREFIXES) == expected


@pytest.mark.parametrize("name", ["C#", "a|b", "[[a]]", "{a}", "<a>", "a\nb"])
def test_a_name_with_reserved_characters_is_no_title(name: str) -> None:
    assert not terms.is_title(name)
    assert terms.is_title("3:10 to Yuma?")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("C#", "C#"), ("C++", "C++"), (".NET", ".NET"), ("AC/DC", "AC/DC"), ("E=mc²", "E=mc²")),
        *(("-1", "1"), ("Who's Who?", "Who's Who"), ("3:10 to Yuma", "3 10 to Yuma")),
        *(('"Weird Al" Yankovic', "Weird Al Yankovic"), ("a AND b OR NOT c", "a and b or not c")),
        *(("+a -b !c ~d e* f? g^2", "a b c d e f g 2"), ("a\\b (c) [d] {e} <f>", "a b c d e f")),
        *(("/a.*b/", "a. b"), ("&& || - 🐝", ""), ("", ""), ("क्या है", "क्या है")),
    ],
)
def test_the_words_of_a_search_have_no_syntax(name: str, expected: str) -> None:
    assert terms.search_words(name) == expected
