import html
from contextlib import suppress

import pytest

from app.sources.html_text import DEEPEST, LONGEST, plain_text
from tests.support.work import within

MATHML = '<math alttext="{\\displaystyle a&lt;b}"><mi>a</mi><mo>&lt;</mo></math>'
IMAGE = '<img class="mwe-math-fallback-image-inline" aria-hidden="true" alt="{\\displaystyle a<b}">'
FORMULA = "{\\displaystyle a<b}"
LONG = 30_000


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p><b>Ada</b>&#160;wrote\n<i>it</i>.</p>", "Ada wrote it."),
        ("<p>A &lt;b&gt; &amp; c</p>", "A <b> & c"),
        ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
        ("<ul><li>One<ul><li>Two</li></ul></li></ul>", "One\nTwo"),
        ("<dl><dt>Term</dt><dd>Meaning</dd></dl>", "Term\nMeaning"),
        ("One<br/>Two<BR>Three", "One\nTwo\nThree"),
        ("H<sub>2</sub>O, m<sup>2</sup>", "H2O, m2"),
        ("no tags at all", "no tags at all"),
        ("", ""),
    ],
)
def test_text_is_read_in_blocks(markup: str, expected: str) -> None:
    assert plain_text(markup) == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<h2><span class="mw-headline" id="L">Life</span></h2>', "== Life =="),
        ('<div class="mw-heading mw-heading3"><h3 id="E">Early</h3></div>', "=== Early ==="),
        ('<h2>A<span class="mw-editsection">[<a>edit</a>]</span></h2>x', "== A ==\nx"),
        ('x<h2><span class="mw-headline"></span></h2>', "x"),
    ],
)
def test_headings_are_marked(markup: str, expected: str) -> None:
    assert plain_text(markup) == expected


@pytest.mark.parametrize(
    "left_out",
    [
        '<table class="infobox"><tr><td>Born<table><tr><td>x</td></tr></table>y</td></tr></table>',
        "<style data-x='y'>.a{content: \"<b 'x\"}</style>",
        "<script>if (a < b) { '</p>' }</script>",
        '<sup id="cite_ref-1" class="reference"><a href="#c">[1]</a></sup>',
        '<div class="mw-references-wrap"><ol class="references"><li>x</li></ol></div>',
        '<div role="navigation" class="navbox-styles">x<div>y</div>z</div>',
        '<div class="hatnote navigation-not-searchable">See x</div>',
        '<div role="note">See x</div>',
        '<div class="thumb tright"><div class="thumbinner">x</div></div>',
        "<figure><img src=x><figcaption>x</figcaption></figure>",
        '<ul class="gallery mw-gallery-traditional"><li>x</li></ul>',
        '<div id="toc" class="toc"><h2>Contents</h2><ul><li>x</li></ul></div>',
        '<span style="color: red; DISPLAY : none">x<span>y</span>z</span>',
        '<span hidden="">x</span>',
        '<span class="noprint">x</span>',
        '<strong class="error texerror">x</strong>',
        '<span class="noprint" title="a > b">x</span>',
        '<div class="redirectMsg"><p>Redirect to:</p></div>',
        "<!-- x <b> -->",
        "<!DOCTYPE html>",
        "<img alt='x' class=noprint>",
        "<ruby><rp>(</rp><rt>x</rt><rp>)</rp></ruby>",
    ],
)
def test_what_is_no_part_of_the_article_is_left_out(left_out: str) -> None:
    assert plain_text(f"<div>One, {left_out}two.</div>") == "One, two."


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (f'<span class="mwe-math-element"><i hidden>{MATHML}</i>{IMAGE}</span>', FORMULA),
        (MATHML, FORMULA),
        (f'<span class="mwe-math-element">{IMAGE}</span>', FORMULA),
        ('<i class="tex">$ a\n&lt;b $</i>', "{\\displaystyle a <b}"),
        ('<img class="tex" alt="E=mc^2"/>', "{\\displaystyle E=mc^2}"),
        ('<span class="mwe-math-element"></span>', ""),
    ],
)  # fmt: skip
def test_a_formula_is_one_inline_piece_of_tex(formula: str, expected: str) -> None:
    assert plain_text(f"<p>so {formula}: yes</p>") == f"so {expected}: yes"


@pytest.mark.parametrize(
    "hostile",
    [
        *("<div>", "<p><b id=x>y", "<a", '<a "', "<a x='\"", '<a "\'" \'"', "<!--", "<style>", "<"),
        *("&", "&amp;&lt", "&notit", "<math>", "<table>", "</div>", "<h2>", "<br>", " \n ", "</"),
    ],
)
def test_hostile_markup_is_read_in_linear_time(hostile: str) -> None:
    with within(200), suppress(ValueError):  # some are nested too deep
        plain_text(hostile * LONG)


def test_end_tags_are_sought_in_linear_time() -> None:
    with within(200):
        plain_text("<div>" * (DEEPEST - 10) + "</b>" * LONG)


def test_elements_that_are_nested_too_deep_are_refused() -> None:
    assert plain_text("<span>" * (DEEPEST - 10) + "x") == "x"
    with pytest.raises(ValueError, match="nested over 256 deep"):
        plain_text("<span>" * DEEPEST + "x")


@pytest.mark.parametrize("inside", ["a=1 ", "a", " ", "style='display ", "& ", "a="])
def test_hostile_attributes_are_read_in_linear_time(inside: str) -> None:
    with within(200):
        plain_text(f"<a {inside * LONG}>x")
        plain_text(f'<a style="{inside * LONG}">x')


@pytest.mark.parametrize("before", range(0, 60, 7))
def test_a_long_text_without_tags_is_read_as_a_whole(before: int) -> None:
    text = "x" * before + "&amp;" * 30_000 + " " + "y" * 60_000
    assert plain_text(text) == html.unescape(text)


def test_a_very_long_page_is_cut() -> None:
    assert len(plain_text("x" * (LONGEST + 1))) == LONGEST
