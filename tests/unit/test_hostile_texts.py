"""What reads texts from outside takes linear time, whatever the text repeats."""

import io
import random
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle

import pytest

from app.core.errors import ShellError
from app.core.languages import language_of
from app.core.latex import readable
from app.core.text import Span, length, sentences, split_lead, tidy, words
from app.core.values import Article
from app.models.extractive import SentenceRanker
from app.shell.sanitize import plain
from app.shell.terms import terms_in
from app.sources import disambiguation, terms
from app.sources.answers import web_address
from app.sources.html_text import plain_text
from app.sources.titles import fold
from app.sources.truncate import truncate
from app.stages.mentions import Mention
from app.stages.names import merge
from app.stages.summarizer import ExtractiveSummarizer, tidied
from app.stages.windows import pack, tokenise
from tests.support.fakes import LICENCE, MODEL_INFO
from tests.support.tiny_tokenizers import word_pieces
from tests.support.work import grows_linearly

UNITS = [
    *("*", "* \n", "[[", "* [[a", "* [[a|", "]]", "{{", "{{a|", "(", "( ", "()", "( )"),
    *("(; born ", ")", "<", "</", "<a ", "<div>", "<p class=x ", '<a b="', "<!--", "<!-- "),
    *("<script>", "<math>", "<b hidden>", "&", "&amp", "&amp;", "&#1", "A&", "\n", "\r\n"),
    *("\v", "\x85", " ", "\t", "\u00a0", "a ", "\n  a", "\\", "\\\\ ", "{", "}", "{}"),
    *("{\\displaystyle ", "{\\displaystyle x}", "\n    {\\displaystyle x"),
    *("\n  \n    x\n    {\\displaystyle x}\n  ", "{\\ce ", "\\frac", "\\begin{a}", "_", "^"),
    *("$", ".", ". ", "... ", "\u2026", "a.b", "A. ", "A.", "St. ", "1.", "1. ", "1,", "?! "),
    *("Yahoo! a", '"', '"a ', "''", "'''a", "'a' ", "A's ", "O\u2019", "a\u2019", "\u201c "),
    *("\u201e", "\u00ab", "\u300c漢", "\u0301", "a\u0301", "\u200d", "a\u200d", "\u200b"),
    *("\u00ad", "\u200e", "\ud800", "\x00", "😀", "😀\u200d", "👩\u200d👧 ", "1", "12:", "-"),
    *("a-", "-a", "– ", "—", "+", "#", "/", "AC/DC ", "|", "|-\n", "{|\n", "=", "== a\n"),
    *("\n== a ==\n", " ,", ", ", ",;", " .", ": ", ";", "(a:", "(or ", "[1]", " [1]"),
    *("[note 1]", "[", "[a]: 1", "漢", "漢。", "か", "!か", "།", "ཀ།", "है। ", "ก", "ก "),
    *("가 ", "α; ", "ა. ", "ա: ", "Aa ", "A", "a", "Ada Lovelace ", "J. R. R. Tolkien "),
    *("A, Jr. ", "Al-A ", "this list of ", "according to a it ", "for a see ", "listed a "),
    *("http://a.", "http://a/wiki/", "A & ", "King's ", "College's ", "Queen ", "St. "),
]  # fmt: skip
SMALL = 600
SIZE = 1_500
RANDOM = random.Random(1)
MIXTURES = ["".join(RANDOM.choices(UNITS, k=40)) for _ in range(12)]
HOSTILE = [*UNITS, *MIXTURES]
TOKENIZER = word_pieces()
SUMMARIZER = ExtractiveSummarizer(SentenceRanker(), MODEL_INFO)


def summary(text: str) -> object:
    article = Article(
        title="A", url="urn:a", licence=LICENCE, attribution="", lead=text[:500], text=text
    )
    return SUMMARIZER.run([article])


def named(size: int, gap: int, *kinds: str) -> Callable[[str], object]:
    """Merges mentions of `size` characters with `gap` characters between them."""

    def run(text: str) -> object:
        starts = range(0, len(text) - size, size + gap)
        found = [Mention(at, at + size, kind, 0.9) for at, kind in zip(starts, cycle(kinds))]
        return merge(text, found, 0.5, 50)

    return run


def windows(text: str) -> object:
    return list(pack((tokenise(TOKENIZER, one) for one in sentences(text)), 100))


def one_sentence(text: str) -> object:
    return tokenise(TOKENIZER, Span(0, len(text), text))


def in_file(coding: str) -> Callable[[str], object]:
    def read(text: str) -> None:
        with suppress(ShellError):  # zeros are taken for UTF-16
            list(terms_in(io.BytesIO(text.encode(coding, "replace"))))

    return read


def sentences_in(language: str) -> Callable[[str], object]:
    return lambda text: list(sentences(text, language))


def page(text: str) -> None:
    with suppress(ValueError):  # nested too deep
        plain_text(text)


def address(text: str) -> None:
    with pytest.raises(ValueError, match="is no address of the web"):
        web_address(f"http://{text} ")


READERS: dict[str, tuple[Callable[[str], object], int]] = {
    "tidy": (tidy, SIZE),
    "split_lead": (split_lead, SIZE),
    **{f"sentences {code}": (sentences_in(code), SIZE) for code in ("en", "de", "hi", "ja")},
    "words": (words, SIZE),
    "length": (length, SIZE),
    "language_of": (language_of, SIZE),
    "truncate": (lambda text: truncate(text, len(text) - 1, "en"), SIZE),
    "latex": (readable, SIZE),
    "html": (page, SIZE),
    "html attributes": (lambda text: page(f"<a {text}>"), SIZE),
    "options": (lambda text: disambiguation.options(text, disambiguation.is_reserved), SIZE),
    "options of a line": (lambda text: disambiguation.options(f"* {text}", bool), SIZE),
    "templates": (disambiguation.has_template, SIZE),
    "lead of a list": (disambiguation.has_lead, SIZE),
    "title": (fold, SIZE),
    "term": (lambda text: terms.search_words(terms.bare(text)), SIZE),
    "address": (address, SIZE),
    "summary": (summary, SIZE),
    "generated summary": (tidied, SIZE),
    "windows": (windows, SMALL),
    "tokens": (one_sentence, SMALL),
    "names of each character": (named(1, 0, "PER", "PER", "ORG"), SMALL),
    "names of some characters": (named(1, 3, "ORG"), SMALL),
    "names of 3 characters": (named(3, 1, "PER"), SMALL),
    "names of 20 characters": (named(20, 0, "LOC"), SIZE),
    "terms in UTF-8": (in_file("utf-8"), SIZE),
    "terms in UTF-16": (in_file("utf-16"), SIZE),
    "terminal": (plain, SIZE),
}


@pytest.mark.parametrize(("reader", "size"), READERS.values(), ids=READERS)
def test_hostile_text_is_read_in_linear_time(reader: Callable[[str], object], size: int) -> None:
    assert [unit for unit in HOSTILE if not grows_linearly(unit, reader, size)] == []


def test_many_different_names_are_merged_in_linear_time() -> None:
    """As many names as an article can have, no two alike; most are of one family."""
    text = "".join(f"Ada{at:05} Lee " for at in range(4_000))
    assert grows_linearly(text, named(12, 1, "PER"), size=4_000)
