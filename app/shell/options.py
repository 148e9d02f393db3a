"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

FILE_HELP = "Settings file (YAML) with `settings:` and `deployments:`."
SET_HELP = (
    "One setting; overrides the file; repeatable. `sentiment.threshold=0.5`, "
    "`source=wikipedia`, `deployments.Entities.num_replicas=2`."
)
File = Annotated[Path | None, typer.Option("--file", "-f", help=FILE_HELP, metavar="FILE")]
Set = Annotated[list[str] | None, typer.Option("--set", "-s", help=SET_HELP, metavar="KEY=VALUE")]
Server = Annotated[
    str | None,
    typer.Option(
        envvar="WIKI_DIGEST_SERVER",
        help="The server, as http://HOST:PORT; by default, the models run in this process.",
        metavar="URL",
    ),
]
Timeout = Annotated[
    float, typer.Option(help="Timeout of one answer of a server, in seconds.", min=0.1)
]
CHART = Path("deploy/helm/wiki-digest")
Chart = Annotated[Path, typer.Option(help="The chart that the values are for.")]
OUTPUT_HELP = "Append to this file, and skip the terms it has; default: stdout."
Output = Annotated[Path | None, typer.Option("--output", "-o", help=OUTPUT_HELP)]
