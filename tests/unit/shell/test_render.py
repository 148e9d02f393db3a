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
    """A digest of these parts, whole without."""
    whole = {"tone": TONE, "summary": SUMMARY, "entities": ENTITIES}
    ms = {"source": 1.4, "sentiment": 20.6}
    return combine(article(title), term="ada", ms=ms, **(parts or whole))


def seen(what: RenderableType, *, terminal: bool = False, width: int = 100) -> str:
    """What a terminal, or a pipe, gets."""
    out = io.StringIO()
    Console(file=out, force_terminal=terminal, width=width, markup=False, highlight=False).print(
        what
    )
    return out.getvalue()


def test_a_digest_shows_all_its_parts() -> None:
    """Each on a line that says what it is."""
    lines = [line.rstrip() for line in seen(render.digest(digest())).splitlines()]
    assert lines == [
        "Ada Lovelace",
        "Tone     neutral, -0.10; above 0.20 is turned away",
        "Summary  Ada Lovelace wrote the first program.",
        "People   Ada Lovelace",
        "Took     source 1 ms, sentiment 21 ms",
        "From     nobody (CC0 1.0), urn:test:Ada Lovelace",
    ]


def test_a_rejected_digest_says_so_first() -> None:
    """Above its tone."""
    lines = seen(render.digest(digest(tone=NEGATIVE_TONE))).splitlines()
    assert "Rejected  its tone is negative" in lines[1]
    assert "negative, 0.90; above 0.20" in lines[2]


def test_a_degraded_digest_says_what_it_lacks() -> None:
    """And why."""
    missing = (Missing(stage="entities", reason="entities failed: ValueError"),)
    text = seen(render.digest(digest(tone=TONE, summary=SUMMARY, missing=missing)))
    assert "Lacks    entities: entities failed: ValueError" in text
    assert "People" not in text


def test_names_are_grouped_by_type_and_counted() -> None:
    """Types of other models by their own names."""
    items = [("A", "ORG", 1), ("B", "PER", 3), ("C", "ORG", 2), ("D", "GPE", 1)]
    made = Entities(
        items=tuple(Entity(text=t, type=k, score=1, count=n) for t, k, n in items), read=READ
    )
    text = seen(render.digest(digest(tone=TONE, entities=made)))
    assert "People         B ×3" in text
    assert "Organisations  A, C ×2" in text
    assert "GPE            D" in text


def test_the_other_meanings_of_a_term_are_shown() -> None:
    """Without the one that was taken."""
    made = digest().model_copy(update={"alternatives": ("Ada Lovelace", "Ada (river)")})
    assert "Or       Ada (river)" in seen(render.digest(made))


@pytest.mark.parametrize("terminal", [False, True])
def test_text_from_outside_cannot_steer_the_terminal(*, terminal: bool) -> None:
    """Its control sequences, its direction and its markup are shown, not obeyed."""
    made = digest(HOSTILE, tone=TONE, summary=Summary(text=HOSTILE, method=HOSTILE, read=READ))
    problem = Problem.of(NoArticle(HOSTILE, (HOSTILE,)))
    tally = render.Tally()
    tally.add(Item(term=HOSTILE, problem=problem))
    for what in (render.digest(made), render.problem(problem), tally.shown()):
        text = seen(what, terminal=terminal, width=400)
        assert "\x1b[2J" not in text
        assert "\x1b]" not in text
        assert not set(text) & set("\x07\r\u202e")
        assert "[red]bold[/red]" in text
        assert ":smile:" in text


def test_letters_that_join_stay_joined() -> None:
    """They look like control signs to Unicode, and are needed to write."""
    text = "नमस्\u200dते 👩\u200d🔬 می\u200cبینم"
    assert render.safe(text).plain == text


def test_a_problem_suggests_what_may_have_been_meant() -> None:
    """Where anything comes near."""
    text = seen(render.problem(Problem.of(NoArticle("none of 'x'", ("Ada", "Kyoto")))))
    assert text.splitlines() == [
        "No pages found: none of 'x'",
        "Perhaps you meant: Ada; Kyoto",
    ]


def test_a_tally_counts_by_outcome_with_an_example() -> None:
    """The most frequent first; what failed is told apart by its kind."""
    slow = Problem(type="about:blank", title="Too slow", status=504, detail="x")
    tally = render.Tally()
    for term in ("a", "b", "c"):
        tally.add(Item(term=term, digest=digest()))
    tally.add(Item(term="d", problem=Problem.of(NoArticle("x"))))
    tally.add(Item(term="e" * 100, problem=slow))
    tally.add(Item(term="f", problem=slow))
    first, *rest = seen(tally.shown()).splitlines()
    assert first.startswith("6 terms in ")
    assert rest == [
        "       3  ok",
        "       2  failed: Too slow (504) (as ...)",
        "       1  no article (as d)",
    ]
    assert (tally.total, tally.failed) == (6, 2)


def test_an_empty_tally_is_none() -> None:
    """There may be nothing left to do."""
    assert seen(render.Tally().shown()) == "0 terms in 0.0 s, 0.0/s\n"
