"""The load of a release on a terminal."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.shell.render import console, sanitized
from app.shell.top import View

_FULL = 0.75
"""A larger share of the limit is shown as a warning."""
_NAME = 18
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def show(view: View) -> None:
    """Print a view."""
    console().print(top(view))


def show_live(views: Iterable[View]) -> None:
    """Show each view in the place of the last, until Ctrl-C."""
    with Live(console=console(), auto_refresh=False) as live:
        for view in views:
            live.update(top(view), refresh=True)


def top(view: View) -> RenderableType:
    """A view: a line on the whole, then outcomes, stages and caches."""
    return Group(_head(view), _outcomes(view), _stages(view), _caches(view))


def _head(view: View) -> RenderableType:
    replicas = ", ".join(f"{count} {name}" for name, count in view.replicas.items())
    line = f"wiki-digest {view.version}, up {_duration(view.uptime_s)}: {replicas or 'no replica'}"
    text = sanitized(line, "bold")
    if view.silent:
        text.append(f", {view.silent} silent", "bold red")
    full = view.limit and view.in_progress / view.limit
    load = f"{view.in_progress:,} of {view.limit:,} terms in progress"
    rate = f"{view.rate:,.1f} requests/s, {_ms(view.timed_s)} without the cache; "
    return Group(text, Text(rate).append(load, "bold yellow" if full > _FULL else ""), Text())


def _outcomes(view: View) -> RenderableType:
    table = _table("outcome", "requests/s")
    for name, rate in sorted(view.outcomes.items(), key=lambda item: -item[1]):
        table.add_row(sanitized(name), f"{rate:,.2f}")
    for name, rate in view.refused.items():
        table.add_row(sanitized(f"refused: {name}", "yellow"), f"{rate:,.2f}")
    return Group(table, Text())


def _stages(view: View) -> RenderableType:
    table = _table("stage", "articles/s", "running", "wait", "batch", "size", "failed")
    for name, stage in view.stages.items():
        table.add_row(
            sanitized(name),
            f"{stage.rate:,.1f}",
            f"{stage.in_progress:,}",
            _ms(stage.queue_s),
            _ms(stage.compute_s),
            f"{stage.batch:.1f}",
            Text(f"{stage.failures:,}", "bold red" if stage.failures else ""),
        )
    return Group(table, Text())


def _caches(view: View) -> RenderableType:
    table = _table("cache", "entries", "hits")
    for name, cache in view.caches.items():
        table.add_row(sanitized(name), f"{cache.entries:,}", f"{cache.hits:.0%}")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, min_width=_NAME, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def _duration(seconds: float) -> str:
    for size, name in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
