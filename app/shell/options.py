"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

FILE_HELP = "Settings file (YAML) with `settings:` and `deployments:`."
SET_HELP = (
    "One setting, over the file's; repeatable. `sentiment.threshold=0.5`, "
    "`source=wikipedia`, `deployments.Entities.num_replicas=2`."
)
File = Annotated[Path | None, typer.Option("--file", "-f", help=FILE_HELP, metavar="FILE")]
Set = Annotated[list[str] | None, typer.Option("--set", "-s", help=SET_HELP, metavar="KEY=VALUE")]
Server = Annotated[
    str | None,
    typer.Option(
        envvar="WIKI_DIGEST_SERVER",
        help="Ask this server, as http://HOST:PORT; without it, answer in this process.",
        metavar="URL",
    ),
]
Timeout = Annotated[float, typer.Option(help="Seconds that a server has for one answer.", min=0.1)]
CHART = Path("deploy/helm/wiki-digest")
Chart = Annotated[Path, typer.Option(help="The chart that values are for.")]
