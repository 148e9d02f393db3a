"""Output for a terminal. Control characters of external text are replaced."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from textwrap import shorten

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.table import Table
from rich.text import Text

from app.api.schemas import Item, Problem
from app.config.losses import losses
from app.config.placement import INCREMENTAL, NO_UPGRADE, Placement, Plan
from app.config.upgrades import Fleet, added, peak, twice
from app.core.values import Digest, Entities, Entity, Status, Tone
from app.shell.objectives import Verdict
from app.shell.sanitize import plain

TYPES = {"PER": "People", "ORG": "Organisations", "LOC": "Places", "MISC": "Other names"}
_EXAMPLE = 40
_ALIASES = 3
"""So many other spellings of a name are shown, the most frequent ones."""


def console(*, stderr: bool = False) -> Console:
    """A console without markup; rich itself honours `NO_COLOR` and detects a terminal."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def sanitized(text: str, style: str = "") -> Text:
    """External text without control characters."""
    return Text(plain(text), style)


def digest(found: Digest) -> RenderableType:
    """A digest: its title, and a line for each part that it has or lacks."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in _lines(found):
        table.add_row(name, value)
    return Group(sanitized(found.title, "bold"), table)


def _lines(found: Digest) -> Iterator[tuple[str, Text]]:
    if found.status is Status.REJECTED:
        why = found.tone.reason if found.tone and found.tone.refused else "its tone is negative"
        yield "Rejected", sanitized(f"{why}, so it was not processed further", "yellow")
    for missing in found.missing:
        yield "Missing", sanitized(f"{missing.stage}: {missing.reason}", "yellow")
    if found.tone:
        yield "Tone", _tone(found.tone)
    if found.summary:
        label = "List" if found.summary.method == "list" else "Summary"
        yield label, sanitized(found.summary.text)
    if found.entities:
        if found.entities.reason:
            yield "Unreliable names", sanitized(found.entities.reason, "yellow")
        yield from _names(found.entities)
    if others := [title for title in found.alternatives if title != found.title]:
        yield "Other meanings", sanitized("; ".join(others))
    yield "Took", Text(", ".join(f"{stage} {ms:.0f} ms" for stage, ms in found.ms.items()))
    yield "From", sanitized(f"{found.attribution} ({found.licence.name}), {found.url}")


def _tone(tone: Tone) -> Text:
    if tone.label is None or tone.score is None:
        return sanitized(f"not judged: {tone.reason}")
    label = tone.label.lower()
    return sanitized(f"{label}, {tone.score:.2f}; rejected above {tone.threshold:.2f}")


def _names(entities: Entities) -> Iterator[tuple[str, Text]]:
    types = dict.fromkeys((*TYPES, *(item.type for item in entities.items)))
    for kind in types:
        if names := [_entity(one) for one in entities.items if one.type == kind]:
            yield sanitized(TYPES.get(kind, kind)).plain, sanitized(", ".join(names))


def _entity(entity: Entity) -> str:
    also = ", ".join(entity.aliases[:_ALIASES])
    return _name(entity.text, entity.count) + (f" (also {also})" if also else "")


def _name(text: str, count: int) -> str:
    return f"{text} ×{count}" if count > 1 else text


def problem(found: Problem) -> RenderableType:
    """A problem, and its suggestions."""
    lines = [sanitized(f"{found.title}: {found.detail}", "bold red")]
    if found.suggestions:
        lines.append(sanitized(f"Did you mean: {'; '.join(found.suggestions)}"))
    return Group(*lines)


def plan(found: Plan) -> RenderableType:
    """The replicas on each worker, the pods that an upgrade adds, and what one node is worth."""
    return Group(
        Text("Minimum replicas", "bold"),
        _placement(found.least),
        Text("Maximum replicas", "bold"),
        _placement(found.most),
        Text("Added during an upgrade, while both clusters run", "bold"),
        *_upgrade(found),
        Text("Lost with one node, if each pod has a node of its own", "bold"),
        _losses(found),
    )


def _upgrade(found: Plan) -> Iterator[Text]:
    if found.upgrade == NO_UPGRADE:
        yield Text("  nothing: KubeRay ignores changes that need a new cluster")
        return
    for name, count in added(found).items():
        yield Text(f"  {count} x {name}: {found.pods[name]}")
    yield Text(f"  1 x head: {found.pods['head']}")
    if found.upgrade == INCREMENTAL:
        yield Text(f"  at most {_fleet(peak(found))} in all; at once, {_fleet(twice(found))}")


def _fleet(fleet: Fleet) -> str:
    gpus = f", {fleet.gpus} GPU" if fleet.gpus else ""
    return f"{fleet.workers} workers, {fleet.cpus:g} CPU{gpus}"


def _losses(found: Plan) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for pod, cost in losses(found):
        table.add_row(f"  {pod}", cost)
    return table


def _placement(placed: Placement) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for worker in placed.workers:
        held = ", ".join(_name(name, count) for name, count in sorted(worker.holds.items()))
        gpus = f", {sum(worker.gpus):g} of {len(worker.gpus)} GPU" if worker.gpus else ""
        free = f"{abs(round(worker.cpus, 3)):g} CPU{gpus} free"
        table.add_row(f"  {worker.group}", held or "empty", free)
    faults = [sanitized(f"  {fault}", "bold red") for fault in placed.faults]
    return Group(table, *faults)


def verdicts(found: Iterable[Verdict]) -> RenderableType:
    """A row for each objective."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("objective", "target", "measured", "", ""):
        table.add_column(name, no_wrap=True)
    for one in found:
        ended = Text("kept", "green") if one.kept else Text("missed", "bold red")
        table.add_row(one.objective, one.target, one.measured, ended, one.note)
    return table


class Tally:
    """Counts items by outcome; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._clock = clock
        self._started_at = clock()

    def add(self, item: Item) -> None:
        """Count an item; the first of each outcome is its example."""
        outcome = item.digest.status.value if item.digest else _outcome(item.problem)
        self._counts[outcome] += 1
        self._examples.setdefault(outcome, shorten(item.term, _EXAMPLE, placeholder="..."))

    @property
    def total(self) -> int:
        """The number of items."""
        return self._counts.total()

    @property
    def failed(self) -> int:
        """The number of items with a problem other than a missing article."""
        return sum(count for outcome, count in self._counts.items() if outcome.startswith("failed"))

    def rendered(self) -> RenderableType:
        """The number of items and their rate; then each outcome but `ok` with an example."""
        seconds = self._clock() - self._started_at
        rate = self.total / max(seconds, 0.001)
        return Group(f"{self.total:,} terms in {seconds:.1f} s, {rate:.1f}/s", *self._lines())

    def _lines(self) -> Iterator[Text]:
        for outcome, count in self._counts.most_common():
            example = "" if outcome == Status.OK else f" (as {self._examples[outcome]})"
            yield Text(f"{count:>8,}  ").append_text(sanitized(outcome + example))


def _outcome(found: Problem | None) -> str:
    if found is None or found.status == HTTPStatus.NOT_FOUND:
        return "no article"
    return f"failed: {found.title} ({found.status})"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s")


@contextmanager
def progress(total: int, *, lines_go_to_stdout: bool) -> Iterator[Callable[[Item], None]]:
    """A progress bar on stderr; call the result for each item.

    It is off if stderr is no terminal, or if stdout is one and receives the lines.
    """
    stderr = console(stderr=True)
    mixed = lines_go_to_stdout and console().is_terminal
    columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeLeft(compact=True))
    off = mixed or not stderr.is_terminal
    with Progress(*columns, console=stderr, disable=off, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda _: bar.advance(task)
