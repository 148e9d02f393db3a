"""Take the picture of `wiki-digest top` under load: `python -m tools.top_picture docs/top.svg`."""

import io
import itertools
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from rich.console import Console

from app.shell.render_top import top
from app.shell.status_client import status_of
from app.shell.top import View, views
from app.sources.corpus import FOLDER
from devtools.server import Server

CLIENTS = 8
SECONDS = 5.0
TIMEOUT_S = 40
TERMS = [path.stem for path in sorted(FOLDER.glob("*.txt"))] + ["no such article"] * 3
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Of a third party; a viewer's own font for code does as well."""


def main(file: Path) -> None:
    """Save what `top` shows of a real server after some seconds of load."""
    with Server("placement=distributed", "digest.cache_size=40") as server, load(server.address):
        _, view = itertools.islice(views(lambda: status_of(server.address), SECONDS), 2)
    file.write_text(drawn(view), encoding="utf-8")


def drawn(view: View) -> str:
    """A view as an image (SVG)."""
    console = Console(
        record=True, file=io.StringIO(), width=80, force_terminal=True, color_system="truecolor"
    )
    console.print(top(view))
    return FONT.sub("", console.export_svg(title="wiki-digest top", unique_id="top"))


@contextmanager
def load(address: str) -> Iterator[None]:
    """Several clients, each asking one term after the other until the end."""
    stopped = threading.Event()

    def ask(first: int) -> None:
        for term in itertools.islice(itertools.cycle(TERMS), first * 7, None):
            if stopped.is_set():
                return
            requests.get(f"{address}/v1/digest", {"term": term}, timeout=TIMEOUT_S)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
