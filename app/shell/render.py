"""What a person at a terminal sees. Nothing from outside reaches it as a control sequence."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from textwrap import shorten

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.table import Table
from rich.text import Text

from app.api.schemas import Item, Problem
from app.config.placement import Placement, Plan
from app.core.values import Digest, Entities, Status, Tone
from app.shell.sanitize import plain

TYPES = {"PER": "People", "ORG": "Organisations", "LOC": "Places", "MISC": "Other names"}
_EXAMPLE = 40


def console(*, stderr: bool = False) -> Console:
    """A terminal that takes text as it is; rich looks at `NO_COLOR`, and whether it is one."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def safe(text: str, style: str = "") -> Text:
    """A text from outside: what a terminal would obey becomes a sign for it."""
    return Text(plain(text), style)


def digest(made: Digest) -> RenderableType:
    """A digest: its title, and a line for each thing that it has or lacks."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in _lines(made):
        table.add_row(name, value)
    return Group(safe(made.title, "bold"), table)


def _lines(made: Digest) -> Iterator[tuple[str, Text]]:
    if made.status is Status.REJECTED:
        yield "Rejected", Text("its tone is negative, so nothing more was made of it", "yellow")
    for missing in made.missing:
        yield "Lacks", safe(f"{missing.stage}: {missing.reason}", "yellow")
    if made.tone:
        yield "Tone", _tone(made.tone)
    if made.summary:
        yield "Summary", safe(made.summary.text)
    if made.entities:
        yield from _names(made.entities)
    if others := [title for title in made.alternatives if title != made.title]:
        yield "Or", safe("; ".join(others))
    yield "Took", Text(", ".join(f"{stage} {ms:.0f} ms" for stage, ms in made.ms.items()))
    yield "From", safe(f"{made.attribution} ({made.licence.name}), {made.url}")


def _tone(tone: Tone) -> Text:
    verdict = f"{tone.label.lower()}, {tone.score:.2f}; above {tone.threshold:.2f} is turned away"
    return safe(verdict)


def _names(entities: Entities) -> Iterator[tuple[str, Text]]:
    types = dict.fromkeys((*TYPES, *(item.type for item in entities.items)))
    for kind in types:
        if names := [_name(e.text, e.count) for e in entities.items if e.type == kind]:
            yield safe(TYPES.get(kind, kind)).plain, safe(", ".join(names))


def _name(text: str, count: int) -> str:
    return f"{text} ×{count}" if count > 1 else text


def problem(found: Problem) -> RenderableType:
    """A problem, and what may have been meant."""
    lines = [safe(f"{found.title}: {found.detail}", "bold red")]
    if found.suggestions:
        lines.append(safe(f"Perhaps you meant: {'; '.join(found.suggestions)}"))
    return Group(*lines)


def plan(made: Plan) -> RenderableType:
    """Which replica lands on which worker, at the fewest and at the most; what an upgrade needs."""
    few = made.least
    again = Counter(worker.group for worker in few.workers)
    return Group(
        Text("At their fewest", "bold"),
        _placement(few),
        Text("At their most", "bold"),
        _placement(made.most),
        Text("An upgrade needs on top, while both clusters run", "bold"),
        *(Text(f"  {count} x {name}: {made.pods[name]}") for name, count in again.items()),
        Text(f"  1 x head: {made.pods['head']}"),
    )


def _placement(placed: Placement) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for worker in placed.workers:
        held = ", ".join(_name(name, count) for name, count in sorted(worker.holds.items()))
        gpus = f", {sum(worker.gpus):g} of {len(worker.gpus)} GPU" if worker.gpus else ""
        table.add_row(
            f"  {worker.group}", held or "nothing", f"{abs(round(worker.cpus, 3)):g} CPU{gpus} left"
        )
    faults = [safe(f"  {fault}", "bold red") for fault in placed.faults]
    return Group(table, *faults)


class Tally:
    """What became of many terms."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._begun = time.monotonic()

    def add(self, item: Item) -> None:
        """Count one; the first of each kind is the example."""
        outcome = item.digest.status.value if item.digest else _kind(item.problem)
        self._counts[outcome] += 1
        self._examples.setdefault(outcome, shorten(item.term, _EXAMPLE, placeholder="..."))

    @property
    def total(self) -> int:
        """How many there were."""
        return self._counts.total()

    @property
    def failed(self) -> int:
        """How many have no answer; that there is no article is one."""
        return sum(self._counts[kind] for kind in self._counts if kind.startswith("failed"))

    def shown(self) -> RenderableType:
        """How many and how fast; then each kind of outcome, most of them with an example."""
        seconds = time.monotonic() - self._begun
        rate = self.total / max(seconds, 0.001)
        return Group(f"{self.total:,} terms in {seconds:.1f} s, {rate:.1f}/s", *self._lines())

    def _lines(self) -> Iterator[Text]:
        for outcome, count in self._counts.most_common():
            example = "" if outcome == Status.OK else f" (as {self._examples[outcome]})"
            yield Text(f"{count:>8,}  ").append_text(safe(outcome + example))


def _kind(found: Problem | None) -> str:
    if found is None or found.status == HTTPStatus.NOT_FOUND:
        return "no article"
    return f"failed: {found.title} ({found.status})"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s")


@contextmanager
def progress(total: int, *, lines_go_to_stdout: bool) -> Iterator[Callable[[Item], None]]:
    """A bar on stderr with what is done, the rate, and the time left; called for each item.

    There is none off a terminal, or where the lines go to that same terminal.
    """
    shown = console(stderr=True)
    mixed = lines_go_to_stdout and console().is_terminal
    columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeLeft(compact=True))
    off = mixed or not shown.is_terminal
    with Progress(*columns, console=shown, disable=off, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda _: bar.advance(task)
