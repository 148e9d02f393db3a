import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from app.sources.corpus import FOLDER

REDIRECT = re.compile(r"#REDIRECT \[\[([^\[\]|#]+)\]\]\n")
OPTION = re.compile(r"\* \[\[([^\[\]|#]+)\]\], \S.*")
SENTENCE_END = re.compile(r"[.!?](?= |$)")
MARKS = ("[", "]", "{", "}", "==", "''", "<", ">", "~~~", "__")
IN_BRACKETS = re.compile(r" \(.*\)$")
DARK = [
    "1918 influenza pandemic",
    "2004 Indian Ocean tsunami",
    "Battle of the Somme",
    "Bhopal disaster",
    "Black Death",
    "Chernobyl disaster",
    "Malaria",
    "Rwandan genocide",
    "Sinking of the Titanic",
    "Smallpox",
]
LONG = ["Amazon rainforest", "Jazz", "Silk Road", "Solar System"]

FILES = sorted(FOLDER.glob("*.txt"))
TEXTS = {path.stem: path.read_bytes().decode() for path in FILES}
REDIRECTS = sorted(title for title, text in TEXTS.items() if text.startswith("#"))
AMBIGUOUS = sorted(title for title, text in TEXTS.items() if "{{disambiguation}}" in text)
ARTICLES = sorted(TEXTS.keys() - {*REDIRECTS, *AMBIGUOUS})

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_article = pytest.mark.parametrize("title", ARTICLES)
each_redirect = pytest.mark.parametrize("title", REDIRECTS)
each_ambiguous = pytest.mark.parametrize("title", AMBIGUOUS)


def paragraphs(title: str) -> list[str]:
    """The paragraphs of an article, which blank lines separate."""
    return TEXTS[title].removesuffix("\n").split("\n\n")


def test_the_corpus_has_all_three_kinds_of_page() -> None:
    """Otherwise the tests below would pass on an empty folder."""
    assert len(ARTICLES) >= 80
    assert len(REDIRECTS) >= 30
    assert AMBIGUOUS == ["Java", "Mercury"]


def test_titles_have_accents_apostrophes_brackets_digits_and_several_scripts() -> None:
    assert [title for title in ARTICLES if unicodedata.normalize("NFD", title) != title]
    assert [title for title in ARTICLES if "'" in title]
    assert [title for title in ARTICLES if "(" in title]
    scripts = {unicodedata.name(c).split()[0] for title in TEXTS for c in title if c.isalpha()}
    assert scripts >= {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "BENGALI", "CJK"}


def test_the_article_in_the_readme_example_exists() -> None:
    assert "Ada Lovelace" in ARTICLES


def test_the_articles_that_the_tone_gate_rejects_exist() -> None:
    assert set(DARK) <= set(ARTICLES)


def test_the_licence_says_cc0() -> None:
    notice = (FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert "CC0 1.0" in notice
    assert "https://creativecommons.org/publicdomain/zero/1.0/" in notice


def test_titles_differ_by_more_than_case() -> None:
    """Some file systems ignore case."""
    counts = Counter(title.casefold() for title in TEXTS)
    assert [title for title, count in counts.items() if count > 1] == []


@each_file
def test_a_file_name_is_a_valid_mediawiki_title(path: Path) -> None:
    """MediaWiki normalises or forbids other titles."""
    title = path.stem
    assert unicodedata.is_normalized("NFC", title)
    assert title == " ".join(title.split())
    assert title[0].isalnum()
    assert not title[0].islower()
    assert not set(title) & set("/:#<>[]|{}_%+")


@each_file
def test_a_file_is_composed_utf8_without_stray_white_space(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "strict")
    assert unicodedata.is_normalized("NFC", text)
    assert text.endswith("\n")
    assert text == text.strip() + "\n"
    assert all(line == line.strip() for line in text.split("\n"))
    assert "  " not in text


@each_file
def test_a_file_has_no_control_or_unusual_space_characters(path: Path) -> None:
    odd = {c for c in TEXTS[path.stem] if c not in "\n " and unicodedata.category(c)[0] in "CZ"}
    assert odd == set()


@each_article
def test_an_article_has_150_to_300_words_a_long_one_700_to_1000(title: str) -> None:
    """Long articles need several windows of a model."""
    shortest, longest = (700, 1000) if title in LONG else (150, 300)
    assert shortest <= len(TEXTS[title].split()) <= longest


@each_article
def test_an_article_has_few_paragraphs_of_one_line_each(title: str) -> None:
    fewest, most = (6, 12) if title in LONG else (3, 5)
    assert fewest <= len(paragraphs(title)) <= most
    assert all(paragraph and "\n" not in paragraph for paragraph in paragraphs(title))


@each_article
def test_a_paragraph_ends_with_a_full_stop(title: str) -> None:
    assert all(paragraph.endswith(".") for paragraph in paragraphs(title))


@each_article
def test_a_lead_begins_with_its_title_and_a_form_of_to_be(title: str) -> None:
    name = re.escape(IN_BRACKETS.sub("", title))
    assert re.match(rf"((The|An?) )?{name} (is|are|was|were) ", paragraphs(title)[0], re.IGNORECASE)


@each_article
def test_a_lead_has_2_to_4_sentences(title: str) -> None:
    assert 2 <= len(SENTENCE_END.findall(paragraphs(title)[0])) <= 4


@each_article
def test_an_article_has_no_markup(title: str) -> None:
    text = TEXTS[title]
    assert [mark for mark in MARKS if mark in text] == []
    assert not re.search(r"^[*#:;=!|-]", text, re.MULTILINE)


@each_article
def test_an_article_has_no_urls(title: str) -> None:
    """A wiki would turn them into links."""
    assert "://" not in TEXTS[title]


@each_redirect
def test_the_target_of_a_redirect_is_an_article(title: str) -> None:
    found = REDIRECT.fullmatch(TEXTS[title])
    assert found
    assert found[1] in ARTICLES


@each_ambiguous
def test_every_meaning_of_an_ambiguous_title_is_an_article(title: str) -> None:
    first, *options, last = TEXTS[title].removesuffix("\n").split("\n")
    found = [OPTION.fullmatch(option) for option in options]
    assert first == f"'''{title}''' may refer to:"
    assert last == "{{disambiguation}}"
    assert len(found) >= 2
    assert {match[1] if match else None for match in found} <= set(ARTICLES)
