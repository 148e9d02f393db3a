import pytest

from app.shell.render import console
from app.shell.render_top import show, show_live, top
from app.shell.top import CacheView, StageView, View

VIEW = View(
    version="0.1.0",
    uptime_s=7_300,
    seconds=2,
    in_progress=12,
    limit=512,
    outcomes={"ok": 1.5, "no-article": 20},
    refused={"busy": 0.5},
    timed_s=0.0634,
    stages={"entities": StageView(3, 12.5, 0.002, 1.25, 2.5, 1)},
    caches={"tones": CacheView(1_200, 0.875)},
    replicas={"Digest": 2},
    silent=0,
)


def text(view: View) -> str:
    shown = console()
    shown.width = 120
    with shown.capture() as captured:
        shown.print(top(view))
    return captured.get()


def row(view: View, name: str) -> list[str]:
    """The cells of the row that begins with this name."""
    (line,) = (line for line in text(view).splitlines() if line.strip().startswith(name))
    return line.split()


def test_the_head_says_how_the_release_does_as_a_whole() -> None:
    first, second, *_ = text(VIEW).splitlines()
    assert first.strip() == "wiki-digest 0.1.0, up 2 h: 2 Digest"
    assert second.strip() == (
        "21.5 requests/s, 63 ms without the cache; 12 of 512 terms in progress"
    )


def test_outcomes_are_listed_the_most_frequent_first() -> None:
    shown = text(VIEW)
    assert shown.index("no-article") < shown.index("ok ") < shown.index("refused: busy")
    assert row(VIEW, "no-article")[1] == "20.00"


def test_each_stage_and_cache_is_a_row() -> None:
    assert row(VIEW, "entities") == ["entities", "12.5", "3", "2", "ms", "1.2", "s", "2.5", "1"]
    assert row(VIEW, "tones") == ["tones", "1,200", "88%"]


def test_every_cell_fits_a_terminal_of_80_columns() -> None:
    shown = console()
    shown.width = 80
    stage = StageView(1_000, 9_999.9, 999, 999, 128, 9_999)
    with shown.capture() as captured:
        shown.print(top(VIEW._replace(stages={"summarizer": stage})))
    assert "…" not in captured.get()


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (90_000, "1 d")]
)
def test_an_uptime_has_one_unit(seconds: float, shown: str) -> None:
    assert f"up {shown}:" in text(VIEW._replace(uptime_s=seconds))


def test_silent_replicas_and_a_release_without_any_are_named() -> None:
    assert "2 Digest, 1 silent" in text(VIEW._replace(silent=1))
    assert ": no replica" in text(VIEW._replace(replicas={}))


def test_names_from_a_server_cannot_control_the_terminal() -> None:
    assert "\x1b[2J" not in text(VIEW._replace(outcomes={"\x1b[2J": 1.0}))


def test_a_view_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show(VIEW)
    assert "requests/s" in capsys.readouterr().out


def test_the_last_view_stays_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_live([VIEW, VIEW._replace(in_progress=77)])
    assert "77 of 512" in capsys.readouterr().out
