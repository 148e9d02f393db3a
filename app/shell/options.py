"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Choice(StrEnum):
    """A format of results."""

    JSONL = "jsonl"
    CSV = "csv"


def _file_or_stdout(output: Path | None) -> Path | None:
    return None if output == Path("-") else output


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
Key = Annotated[
    str | None,
    typer.Option(
        envvar="WIKI_DIGEST_KEY",
        help="The API key that the server asks for; other users of this machine can see options.",
        metavar="KEY",
    ),
]
Timeout = Annotated[
    float, typer.Option(help="Timeout of one answer of a server, in seconds.", min=0.1)
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        help="Port of the metrics for Prometheus; default: a free one.",
        min=1,
        max=65535,
    ),
]
Name = Annotated[str, typer.Option(help="The RayService's name.")]
CHART = Path("deploy/helm/wiki-digest")
Chart = Annotated[Path, typer.Option(help="The chart that the values are for.")]
Terms = Annotated[Path, typer.Argument(help="One term a line; - for stdin.", metavar="FILE|-")]
OUTPUT_HELP = "Append to this file, and skip the terms it has; by default, or for -, stdout."
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help=OUTPUT_HELP, metavar="FILE|-", callback=_file_or_stdout),
]
FORMAT_HELP = (
    "The format; by default, that of the ending of --output, or jsonl for stdout. csv puts an "
    "apostrophe before cells that a spreadsheet would calculate."
)
Form = Annotated[Choice | None, typer.Option("--format", help=FORMAT_HELP)]
