import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from app.config.settings import CorpusSettings
from app.core.errors import ConfigError, NoArticle
from app.core.values import Article, Licence
from app.sources.corpus import Corpus
from app.sources.titles import SUGGESTIONS

CC0 = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")
NOT_STATED = Licence(name="not stated", url="about:blank")
RAW = "Lead.\n\n== Title ==\nMore.\n"
MERCURY = ("Mercury (planet)", "Mercury (element)", "Mercury (mythology)")


@pytest.fixture(scope="module")
def corpus() -> Iterator[Corpus]:
    """The bundled articles."""
    with closing(Corpus(CorpusSettings())) as opened:
        yield opened


def find_in(folder: Path, term: str, texts: dict[str, str]) -> Article:
    """Write these texts to the folder, and find a term in it."""
    for title, text in texts.items():
        (folder / f"{title}.txt").write_text(text, encoding="utf-8")
    with closing(Corpus(CorpusSettings(folder=folder))) as corpus:
        return corpus.find(term)


def not_found(corpus: Corpus, term: str) -> NoArticle:
    with pytest.raises(NoArticle) as caught:
        corpus.find(term)
    return caught.value


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  ADA   lovelace ", "Ada Lovelace"),
        ("Ada_Lovelace", "Ada Lovelace"),
        ("Simón Bolívar", "Simón Bolívar"),
        ("simon bolivar", "Simón Bolívar"),
        ("SIMO\u0301N BOLI\u0301VAR", "Simón Bolívar"),
    ],
)
def test_case_accents_and_spaces_of_a_title_do_not_matter(
    corpus: Corpus, term: str, expected: str
) -> None:
    assert expected == corpus.find(term).title


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Countess of Lovelace", "Ada Lovelace"),
        ("quicksilver", "Mercury (element)"),
        ("Maria Sklodowska", "Marie Curie"),
        ("WHO", "World Health Organization"),
    ],
)
def test_a_redirect_is_followed(corpus: Corpus, term: str, expected: str) -> None:
    assert expected == corpus.find(term).title


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("first computer programmer", "Ada Lovelace"),
        ("liquid metal", "Mercury (element)"),
        ("Lovelace Ada", "Ada Lovelace"),
        ("honeybees", "Honey bee"),
        ("honey 🐝 bee", "Honey bee"),
    ],
)
def test_words_in_any_order_and_form_find_an_article(
    corpus: Corpus, term: str, expected: str
) -> None:
    assert expected == corpus.find(term).title


def test_a_word_in_a_title_outranks_repeated_words_in_a_text(tmp_path: Path) -> None:
    texts = {"Bee hive": "A home.", "Honey": "Made by a bee, and a bee, and one more bee."}
    assert find_in(tmp_path, "bee", texts).title == "Bee hive"


def test_an_article_with_most_of_the_words_matches(corpus: Corpus) -> None:
    assert corpus.find("Analytical Engine Babbage machine xyzzy").title == "Ada Lovelace"


def test_an_article_with_few_of_the_words_is_only_suggested(corpus: Corpus) -> None:
    assert not_found(corpus, "rhinoceros of Kyoto").suggestions[0] == "Kyoto"


@pytest.mark.parametrize(
    "term",
    [
        "NOT ada",
        "ada*",
        "(ada",
        "^ada",
        "-ada",
        "+ada",
        '"ada',
        'ada"',
        "ada'",
        "{ada}: ada",
        "ada\0",
    ],
)
def test_punctuation_only_separates_words(corpus: Corpus, term: str) -> None:
    assert corpus.find(term).title in ("Ada Lovelace", "Ada Byron")


@pytest.mark.parametrize(
    "term",
    [
        "ada OR zzqqx",
        "title:ada zzqqx",
        "ada AND NOT einstein",
        "NEAR(ada einstein)",
        "'; DROP TABLE pages",
    ],
)
def test_operators_of_query_languages_are_plain_words(corpus: Corpus, term: str) -> None:
    assert not_found(corpus, term).detail == f"no article matches {term!r}"


@pytest.mark.parametrize("term", ["", "  ", "_", "%", '"', "''", "🐝", "\0", "…?!"])
def test_a_term_without_words_matches_nothing(corpus: Corpus, term: str) -> None:
    assert not_found(corpus, term).detail == f"{term!r} contains no word to search for"


def test_a_long_word_is_shortened_in_the_error(corpus: Corpus) -> None:
    assert len(not_found(corpus, "x" * 10_000).detail) < 200


def test_a_term_of_ten_kilobytes_is_searched(corpus: Corpus) -> None:
    assert corpus.find("lovelace " * 1_200).title == "Ada Lovelace"
    not_found(corpus, " ".join(f"word{n}" for n in range(1_200)))


def test_right_to_left_scripts_are_searched(corpus: Corpus, tmp_path: Path) -> None:
    article = find_in(tmp_path, "القاهرة", {"القَاهِرة": "القاهرة مدينة."})
    assert article.title == "القَاهِرة"
    assert not_found(corpus, "ירושלים").suggestions == ()


def test_titles_spelt_like_the_term_are_suggested(corpus: Corpus) -> None:
    assert "Ada Lovelace" in not_found(corpus, "Ada Lovelaec").suggestions


def test_an_ambiguous_title_yields_its_first_option_and_all_alternatives(corpus: Corpus) -> None:
    article = corpus.find("mercury")
    assert article.title == "Mercury (planet)"
    assert article.alternatives == MERCURY


def test_an_option_without_an_article_is_skipped(tmp_path: Path) -> None:
    options = "A may be:\n* [[B]]\n* the [[C|third]]\n{{Disambiguation}}"
    article = find_in(tmp_path, "a", {"A": options, "C": "A letter."})
    assert (article.title, article.alternatives) == ("C", ("B", "C"))


def test_pages_are_ambiguous_by_templates_and_first_lines_of_many_languages(tmp_path: Path) -> None:
    options = "\n* [[Datei:Icon.png|20px]] [[Planet]], ein [[Stern]]\n# ''der'' [[Gott]]\n"
    texts = {"A": f"Ist:{options}{{{{Begriffsklärung}}}}", "B": f"'''B''' steht für:{options}"}
    texts["Gott"] = "Ein Gott."
    for title in ("A", "B"):
        article = find_in(tmp_path, title, texts)
        assert (article.title, article.alternatives) == ("Gott", ("Planet", "Gott"))


def test_an_article_with_a_list_of_links_is_not_ambiguous(tmp_path: Path) -> None:
    text = "A letter has uses.\n\nIt may refer to:\n* [[B]]"
    assert find_in(tmp_path, "A", {"A": text}).alternatives == ()


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        *(("Alabama#History", "Alabama"), (":Alabama", "Alabama"), ("all:Alabama", "Alabama")),
        *(("intitle:alabama", "Alabama"), ("C#", "C#"), ("c #", "C#"), ("C", "C")),
        ("Star Trek: Discovery", "Star Trek: Discovery"),
    ],
)
def test_a_section_or_a_keyword_is_no_part_of_a_title(
    tmp_path: Path, term: str, expected: str
) -> None:
    titles = ("Alabama", "All of Alabama", "C", "C#", "Star Trek: Discovery", "Star Trek")
    assert find_in(tmp_path, term, {title: f"{title}." for title in titles}).title == expected


def test_a_page_that_redirects_to_itself_is_the_page(tmp_path: Path) -> None:
    text = "#REDIRECT [[A#Life]]\nA letter.\n\n== Life ==\nLong."
    assert find_in(tmp_path, "A", {"A": text}).lead == "A letter."


@pytest.mark.parametrize("loop", ["#REDIRECT [[A]]", "#REDIRECT [[B]]", "#REDIRECT [[Nowhere]]"])
def test_a_circular_or_broken_redirect_is_not_found(tmp_path: Path, loop: str) -> None:
    with pytest.raises(NoArticle):
        find_in(tmp_path, "A", {"A": loop, "B": "#redirect [[A]]", "C": "Another letter."})


def test_an_article_has_text_address_licence_and_revision(tmp_path: Path) -> None:
    expected = Article(
        title="A b?",
        url="urn:wiki-digest:corpus:A%20b%3F",
        licence=NOT_STATED,
        attribution="“A b?”, wiki-digest's corpus",
        revision=sha256(RAW.encode()).hexdigest()[:12],
        lead="Lead.",
        text="Lead.\n\nMore.",
    )
    assert expected == find_in(tmp_path, "a b", {"A b?": RAW})


@pytest.mark.parametrize("text", ["== A ==\n\n== B ==\n", "()"])
def test_a_page_without_text_is_no_article(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoArticle, match="no text"):
        find_in(tmp_path, "empty page", {"Empty page": text, "B": RAW})


def test_lines_of_one_length_are_joined_to_sentences(tmp_path: Path) -> None:
    text = "Uppsala is a town\nin Sweden, with a castle \nthat is red.\nIt is old.\n\napples\npears"
    lines = ["Uppsala is a town in Sweden, with a castle that is red.", "It is old."]
    found = find_in(tmp_path, "Uppsala", {"Uppsala": text})
    assert found.text.split("\n\n") == [*lines, "apples", "pears"]


def test_the_revision_depends_on_the_text_only(tmp_path: Path) -> None:
    first = find_in(tmp_path, "a", {"A": "One."}).revision
    assert first == find_in(tmp_path, "a", {"B": "Other."}).revision
    assert first != find_in(tmp_path, "a", {"A": "Two."}).revision


def test_the_licence_is_read_from_the_folder(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("All rights reserved.", encoding="utf-8")
    assert corpus.find("Ada Lovelace").licence == CC0
    assert find_in(tmp_path, "a", {"A": "A letter."}).licence == NOT_STATED


@pytest.mark.parametrize("path", ["missing", "file.txt", "empty", "blank"])
def test_a_folder_without_articles_is_a_config_error(tmp_path: Path, path: str) -> None:
    (tmp_path / "file.txt").write_text("text", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank").mkdir()
    (tmp_path / "blank" / "A.txt").write_text(" \n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^source\.folder: .* (is not a folder|no articles)"):
        Corpus(CorpusSettings(folder=tmp_path / path))


def test_a_file_that_is_not_utf8_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "A.txt").write_bytes("Bolívar".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"A\.txt' cannot be read"):
        Corpus(CorpusSettings(folder=tmp_path))


def test_searches_are_thread_safe(corpus: Corpus) -> None:
    start = threading.Barrier(8)
    terms = ["first computer programmer", "liquid metal", "honeybees", "Lovelace Ada"] * 2

    def search(term: str) -> list[str]:
        start.wait()
        return [corpus.find(term).title for _ in range(20)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(search, terms))
    expected = ["Ada Lovelace", "Mercury (element)", "Honey bee", "Ada Lovelace"] * 2
    assert [[title] * 20 for title in expected] == answers


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("ada", "Ada Lovelace"),
        ("LOVE", "Ada Lovelace"),
        ("simon b", "Simón Bolívar"),
        ("elem", "Mercury (element)"),
        ("einstein", "Albert Einstein"),
        ("quick", "Quicksilver"),
    ],
)
def test_titles_with_a_word_that_begins_with_the_start_are_suggested(
    corpus: Corpus, start: str, expected: str
) -> None:
    assert expected in corpus.suggest(start)


def test_an_article_is_suggested_under_one_title_only(corpus: Corpus) -> None:
    titles = corpus.suggest("m")
    assert len(titles) == SUGGESTIONS
    articles = [t if t == "Mercury" else corpus.find(t).title for t in titles]
    assert len(set(articles)) == len(articles)


def test_titles_that_begin_with_the_start_are_suggested_first(
    tmp_path: Path,
) -> None:
    texts = {"A new bee": "X.", "Bee": "X.", "Beer": "#REDIRECT [[Nowhere]]", "Wasp": "X."}
    find_in(tmp_path, "bee", texts)
    with closing(Corpus(CorpusSettings(folder=tmp_path))) as corpus:
        assert corpus.suggest("be") == ("Bee", "A new bee")
        assert corpus.suggest("ee") == ()
        assert corpus.suggest("(") == ()


def test_an_empty_start_suggests_articles_from_a_to_z(corpus: Corpus) -> None:
    titles = corpus.suggest("")
    assert 3 < len(titles) <= SUGGESTIONS
    assert [corpus.find(title).title for title in titles] == sorted(titles)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Kiel is a city in the north.", "en"),
        ("Kiel ist eine Stadt im Norden, die an der Küste liegt.", "de"),
        ("京都は日本の都市である。", "ja"),
        ("Kiel", "en"),
    ],
)
def test_the_language_of_an_article_is_found(tmp_path: Path, text: str, language: str) -> None:
    assert find_in(tmp_path, "Kiel", {"Kiel": text}).language == language
