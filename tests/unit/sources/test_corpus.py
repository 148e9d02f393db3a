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
    """The articles that come along."""
    with closing(Corpus(CorpusSettings())) as opened:
        yield opened


def found(folder: Path, term: str, texts: dict[str, str]) -> Article:
    """What is found in a folder of these texts."""
    for title, text in texts.items():
        (folder / f"{title}.txt").write_text(text, encoding="utf-8")
    with closing(Corpus(CorpusSettings(folder=folder))) as corpus:
        return corpus.find(term)


def unknown(corpus: Corpus, term: str) -> NoArticle:
    """The error when nothing is found."""
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
def test_a_title_is_found_however_it_is_typed(corpus: Corpus, term: str, expected: str) -> None:
    """Case, accents and spaces do not matter."""
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
def test_a_redirect_leads_to_its_article(corpus: Corpus, term: str, expected: str) -> None:
    """Which is called by its own title."""
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
def test_words_find_the_article_that_has_them(corpus: Corpus, term: str, expected: str) -> None:
    """In any order, in the title or in the text, and in other forms of the word."""
    assert expected == corpus.find(term).title


def test_a_word_of_the_title_counts_more_than_many_of_the_text(tmp_path: Path) -> None:
    """An article about bees is rather meant than one that names them."""
    texts = {"Bee hive": "A home.", "Honey": "Made by a bee, and a bee, and one more bee."}
    assert found(tmp_path, "bee", texts).title == "Bee hive"


def test_most_of_the_words_are_enough(corpus: Corpus) -> None:
    """One that stands nowhere does not spoil the search."""
    assert corpus.find("Analytical Engine Babbage machine xyzzy").title == "Ada Lovelace"


def test_few_of_the_words_are_not_enough(corpus: Corpus) -> None:
    """What has them is suggested."""
    assert unknown(corpus, "rhinoceros of Kyoto").suggestions[0] == "Kyoto"


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
def test_the_search_has_no_syntax(corpus: Corpus, term: str) -> None:
    """Marks divide words, and that is all that they do."""
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
def test_words_of_other_search_languages_are_words(corpus: Corpus, term: str) -> None:
    """They are looked for, and not found."""
    assert unknown(corpus, term).detail == f"no article matches {term!r}"


@pytest.mark.parametrize("term", ["", "  ", "_", "%", '"', "''", "🐝", "\0", "…?!"])
def test_a_term_without_words_matches_nothing(corpus: Corpus, term: str) -> None:
    """Nor does it match everything."""
    assert unknown(corpus, term).detail == f"{term!r} holds no word to search for"


def test_a_word_of_ten_kilobytes_is_not_found(corpus: Corpus) -> None:
    """And is not repeated at length."""
    assert len(unknown(corpus, "x" * 10_000).detail) < 200


def test_ten_kilobytes_of_words_are_searched_for(corpus: Corpus) -> None:
    """The same one counts once."""
    assert corpus.find("lovelace " * 1_200).title == "Ada Lovelace"
    unknown(corpus, " ".join(f"word{n}" for n in range(1_200)))


def test_a_language_from_right_to_left_is_searched_like_any_other(
    corpus: Corpus, tmp_path: Path
) -> None:
    """With vowel signs or without; where no article has its script, nothing is found."""
    article = found(tmp_path, "القاهرة", {"القَاهِرة": "القاهرة مدينة."})
    assert article.title == "القَاهِرة"
    assert unknown(corpus, "ירושלים").suggestions == ()


def test_titles_that_look_like_the_term_are_suggested(corpus: Corpus) -> None:
    """For people who mistype."""
    assert "Ada Lovelace" in unknown(corpus, "Ada Lovelaec").suggestions


def test_an_ambiguous_title_gives_its_first_option(corpus: Corpus) -> None:
    """And names them all."""
    article = corpus.find("mercury")
    assert article.title == "Mercury (planet)"
    assert article.alternatives == MERCURY


def test_an_option_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    """But named."""
    options = "A may be:\n* [[B]]\n* the [[C|third]]\n{{Disambiguation}}"
    article = found(tmp_path, "a", {"A": options, "C": "A letter."})
    assert (article.title, article.alternatives) == ("C", ("B", "C"))


@pytest.mark.parametrize("loop", ["#REDIRECT [[A]]", "#REDIRECT [[B]]", "#REDIRECT [[Nowhere]]"])
def test_a_redirect_that_leads_nowhere_is_not_found(tmp_path: Path, loop: str) -> None:
    """Nor is one that leads back to itself."""
    with pytest.raises(NoArticle):
        found(tmp_path, "A", {"A": loop, "B": "#redirect [[A]]", "C": "Another letter."})


def test_an_article_carries_all_that_is_known_of_it(tmp_path: Path) -> None:
    """And keeps its headings to itself."""
    expected = Article(
        title="A b?",
        url="urn:wiki-digest:corpus:A%20b%3F",
        licence=NOT_STATED,
        attribution="“A b?”, wiki-digest's corpus",
        revision=sha256(RAW.encode()).hexdigest()[:12],
        lead="Lead.",
        text="Lead.\n\nMore.",
    )
    assert expected == found(tmp_path, "a b", {"A b?": RAW})


def test_the_revision_changes_with_the_text(tmp_path: Path) -> None:
    """And with nothing else."""
    first = found(tmp_path, "a", {"A": "One."}).revision
    assert first == found(tmp_path, "a", {"B": "Other."}).revision
    assert first != found(tmp_path, "a", {"A": "Two."}).revision


def test_the_licence_is_the_one_of_the_folder(corpus: Corpus, tmp_path: Path) -> None:
    """Another text is not given away."""
    (tmp_path / "LICENSE").write_text("All rights reserved.", encoding="utf-8")
    assert corpus.find("Ada Lovelace").licence == CC0
    assert found(tmp_path, "a", {"A": "A letter."}).licence == NOT_STATED


@pytest.mark.parametrize("path", ["missing", "file.txt", "empty", "blank"])
def test_a_folder_without_articles_is_refused(tmp_path: Path, path: str) -> None:
    """By the name of its setting."""
    (tmp_path / "file.txt").write_text("text", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank").mkdir()
    (tmp_path / "blank" / "A.txt").write_text(" \n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^source\.folder: .* (is not a folder|no articles)"):
        Corpus(CorpusSettings(folder=tmp_path / path))


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """Instead of read wrong."""
    (tmp_path / "A.txt").write_bytes("Bolívar".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"A\.txt' cannot be read"):
        Corpus(CorpusSettings(folder=tmp_path))


def test_threads_may_search_at_the_same_time(corpus: Corpus) -> None:
    """Each gets the answer to its own question."""
    start = threading.Barrier(8)
    terms = ["first computer programmer", "liquid metal", "honeybees", "Lovelace Ada"] * 2

    def ask(term: str) -> list[str]:
        start.wait()
        return [corpus.find(term).title for _ in range(20)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, terms))
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
def test_titles_with_a_word_that_begins_so_are_suggested(
    corpus: Corpus, start: str, expected: str
) -> None:
    """However it is typed; an article goes by its own title where that matches."""
    assert expected in corpus.suggest(start)


def test_an_article_is_suggested_once(corpus: Corpus) -> None:
    """Not by each of its names."""
    titles = corpus.suggest("m")
    assert len(titles) == SUGGESTIONS
    articles = [t if t == "Mercury" else corpus.find(t).title for t in titles]
    assert len(set(articles)) == len(articles)


def test_titles_that_begin_so_come_before_those_with_a_later_word_that_does(
    tmp_path: Path,
) -> None:
    """As whoever types expects."""
    texts = {"A new bee": "X.", "Bee": "X.", "Beer": "#REDIRECT [[Nowhere]]", "Wasp": "X."}
    found(tmp_path, "bee", texts)
    with closing(Corpus(CorpusSettings(folder=tmp_path))) as corpus:
        assert corpus.suggest("be") == ("Bee", "A new bee")
        assert corpus.suggest("ee") == ()
        assert corpus.suggest("(") == ()


def test_articles_from_a_to_z_are_suggested_to_begin_with(corpus: Corpus) -> None:
    """No redirects, and no ambiguous titles."""
    titles = corpus.suggest("")
    assert 3 < len(titles) <= SUGGESTIONS
    assert [corpus.find(title).title for title in titles] == sorted(titles)
