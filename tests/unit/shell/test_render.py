import io
from typing import Any

import pytest
from rich.console import Console, RenderableType

from app.api.schemas import Item, Problem
from app.core.errors import NoArticle
from app.core.values import Digest, Entities, Entity, Missing, Summary, combine
from app.shell import render
from tests.support.fakes import ENTITIES, NEGATIVE_TONE, READ, SUMMARY, TONE, article

HOSTILE = "\x1b[2J\x1b]0;\x07[red]bold[/red]:smile:\u202egnp\r\nx"


def digest(title: str = "Ada Lovelace", **parts: Any) -> Digest:
    """A digest of these parts; by default, with all parts."""
    complete = {"tone": TONE, "summary": SUMMARY, "entities": ENTITIES}
    ms = {"source": 1.4, "sentiment": 20.6}
    return combine(article(title), term="ada", ms=ms, **(parts or complete))


def printed(output: RenderableType, *, terminal: bool = False, width: int = 100) -> str:
    """The text on a terminal or in a pipe."""
    out = io.StringIO()
    Console(file=out, force_terminal=terminal, width=width, markup=False, highlight=False).print(
        output
    )
    return out.getvalue()


def test_a_digest_has_a_line_for_each_part() -> None:
    lines = [line.rstrip() for line in printed(render.digest(digest())).splitlines()]
    assert lines == [
        "Ada Lovelace",
        "Tone     neutral, -0.10; rejected above 0.20",
        "Summary  Ada Lovelace wrote the first program.",
        "People   Ada Lovelace",
        "Took     source 1 ms, sentiment 21 ms",
        "From     nobody (CC0 1.0), urn:test:Ada Lovelace",
    ]


def test_the_items_of_a_list_are_named_so() -> None:
    listed = Summary(text="John Adair; Franz Boas", method="list", read=READ)
    made = printed(render.digest(digest(summary=listed)))
    assert "List  John Adair; Franz Boas" in made
    assert "Summary" not in made


def test_a_rejection_is_above_the_tone() -> None:
    lines = printed(render.digest(digest(tone=NEGATIVE_TONE))).splitlines()
    assert "Rejected  its tone is negative" in lines[1]
    assert "negative, 0.90; rejected above 0.20" in lines[2]


def test_a_degraded_digest_lists_its_missing_parts() -> None:
    missing = (Missing(stage="entities", reason="entities failed: ValueError"),)
    text = printed(render.digest(digest(tone=TONE, summary=SUMMARY, missing=missing)))
    assert "Missing  entities: entities failed: ValueError" in text
    assert "People" not in text


def test_names_are_grouped_by_type_and_counted() -> None:
    items = [("A", "ORG", 1), ("B", "PER", 3), ("C", "ORG", 2), ("D", "GPE", 1)]
    made = Entities(
        items=tuple(Entity(text=t, type=k, score=1, count=n) for t, k, n in items), read=READ
    )
    text = printed(render.digest(digest(tone=TONE, entities=made)))
    assert "People         B ×3" in text
    assert "Organisations  A, C ×2" in text
    assert "GPE            D" in text


def test_alternatives_are_listed_without_the_chosen_title() -> None:
    made = digest().model_copy(update={"alternatives": ("Ada Lovelace", "Ada (river)")})
    assert "Other meanings  Ada (river)" in printed(render.digest(made))


@pytest.mark.parametrize("terminal", [False, True])
def test_external_text_cannot_control_the_terminal(*, terminal: bool) -> None:
    made = digest(HOSTILE, tone=TONE, summary=Summary(text=HOSTILE, method=HOSTILE, read=READ))
    problem = Problem.of(NoArticle(HOSTILE, (HOSTILE,)))
    tally = render.Tally()
    tally.add(Item(term=HOSTILE, problem=problem))
    for output in (render.digest(made), render.problem(problem), tally.rendered()):
        text = printed(output, terminal=terminal, width=400)
        assert "\x1b[2J" not in text
        assert "\x1b]" not in text
        assert not set(text) & set("\x07\r\u202e")
        assert "[red]bold[/red]" in text
        assert ":smile:" in text


def test_zero_width_joiners_are_kept() -> None:
    text = "नमस्\u200dते 👩\u200d🔬 می\u200cبینم"
    assert render.sanitized(text).plain == text


def test_a_problem_lists_its_suggestions() -> None:
    text = printed(render.problem(Problem.of(NoArticle("none of 'x'", ("Ada", "Kyoto")))))
    assert text.splitlines() == [
        "No pages found: none of 'x'",
        "Did you mean: Ada; Kyoto",
    ]


def test_a_tally_counts_by_outcome_with_an_example() -> None:
    slow = Problem(type="about:blank", title="Too slow", status=504, detail="x")
    clock = iter((10.0, 12.0))
    tally = render.Tally(lambda: next(clock))
    for term in ("a", "b", "c"):
        tally.add(Item(term=term, digest=digest()))
    tally.add(Item(term="d", problem=Problem.of(NoArticle("x"))))
    tally.add(Item(term="e" * 100, problem=slow))
    tally.add(Item(term="f", problem=slow))
    first, *rest = printed(tally.rendered()).splitlines()
    assert first == "6 terms in 2.0 s, 3.0/s"
    assert rest == [
        "       3  ok",
        "       2  failed: Too slow (504) (as ...)",
        "       1  no article (as d)",
    ]
    assert (tally.total, tally.failed) == (6, 2)


def test_an_empty_tally_has_no_rate() -> None:
    assert printed(render.Tally(lambda: 0.0).rendered()) == "0 terms in 0.0 s, 0.0/s\n"
