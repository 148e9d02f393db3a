"""The command `wiki-digest`."""

import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from app.config.loader import Config, assign, load, read
from app.shell import observe, operate
from app.shell.exits import exit_with_message
from app.shell.options import (
    CHART,
    Chart,
    File,
    Form,
    Key,
    MetricsPort,
    Output,
    Server,
    Set,
    Terms,
    Timeout,
)

if TYPE_CHECKING:
    from app.config.settings import Settings

app = typer.Typer(
    name="wiki-digest",
    help="A term in, a digest of its Wikipedia article out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(operate.app)
app.add_typer(observe.app)


def main(run: Callable[[], object] = app) -> None:
    """Run the command; an error is one sentence on stderr and exit code 1."""
    exit_with_message(run)


def _log(message: str) -> None:
    typer.echo(message, err=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wiki-digest {version('wiki-digest')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command(
    epilog="Examples:  wiki-digest serve  |  wiki-digest serve -s source=wikipedia  |  "
    "wiki-digest serve -f my.yaml --port 9000"
)
def serve(
    file: File = None,
    assignments: Set = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    metrics_port: MetricsPort = None,
) -> None:
    """Serve digests on this machine until Ctrl-C; print the address once it is ready."""
    from app import local  # noqa: PLC0415 - slow to import

    config = _config(file, assignments)
    local.refuse_taken(host, port, metrics_port)
    _log("wiki-digest: starting Ray and loading models ...")
    local.serve(config, host, port, _ready, metrics_port)
    _log("wiki-digest: stopped")


@app.command(
    epilog="Examples:  wiki-digest ask ada lovelace  |  wiki-digest ask kyoto --json  |  "
    "wiki-digest ask kyoto --server http://127.0.0.1:8000"
)
def ask(
    words: Annotated[list[str], typer.Argument(help="The search term.", metavar="TERM")],
    server: Server = None,
    key: Key = None,
    file: File = None,
    assignments: Set = None,
    json: Annotated[bool, typer.Option("--json", help="Print the digest as JSON.")] = False,
    timeout: Timeout = 60.0,
) -> None:
    """Print the digest of one term; exit code 0 if there is one, 1 if not."""
    from app.shell import render  # noqa: PLC0415 - slow to import
    from app.shell.ask_client import ask_one, open_client  # noqa: PLC0415
    from app.shell.sanitize import as_json  # noqa: PLC0415

    client = open_client(server, _settings(server, file, assignments), timeout, key=key)
    item = asyncio.run(ask_one(" ".join(words), client))
    outcome = item.digest or item.problem
    if json and outcome is not None:
        typer.echo(as_json(outcome, indent=2))
    elif item.digest is not None:
        render.console().print(render.digest(item.digest))
    elif item.problem is not None:
        render.console(stderr=True).print(render.problem(item.problem))
    raise typer.Exit(0 if item.digest else 1)


@app.command(
    epilog="Example:  wiki-digest batch terms.txt -o digests.jsonl --server http://127.0.0.1:8000"
    "    (after an interruption, the same command resumes)"
)
def batch(
    file_of_terms: Terms,
    output: Output = None,
    form: Form = None,
    server: Server = None,
    key: Key = None,
    file: File = None,
    assignments: Set = None,
    concurrency: Annotated[int, typer.Option(help="Concurrent terms.", min=1, max=1000)] = 32,
    timeout: Timeout = 60.0,
) -> None:
    """Write the digests of many terms as lines of JSON or CSV, each as soon as it is finished.

    Exit code 0 if each term has a digest or no article, 1 if any failed, 130 or 143 if interrupted.
    """
    from app.shell import batch as batches  # noqa: PLC0415 - slow to import
    from app.shell.ask_client import open_client  # noqa: PLC0415
    from app.shell.formats import chosen  # noqa: PLC0415

    written = chosen(output, form)
    client = open_client(server, _settings(server, file, assignments), timeout, concurrency, key)
    raise typer.Exit(batches.batch(str(file_of_terms), output, written, client, concurrency))


@app.command(epilog="Example:  HF_HOME=/models wiki-digest fetch -s preset=hub")
def fetch(file: File = None, assignments: Set = None) -> None:
    """Download the models in the settings, unless they exist; print where each is."""
    from app.config.settings import EMBEDDED  # noqa: PLC0415 - slow to import
    from app.models.resolve import find  # noqa: PLC0415
    from app.stages.registry import STAGES  # noqa: PLC0415

    settings = _config(file, assignments).settings
    for stage in STAGES:
        model = settings.stage(stage)
        where = "bundled" if model.model == EMBEDDED else f"in {find(stage, model).path}"
        typer.echo(f"{stage}: {model.model} is {where}")


def _settings(server: str | None, file: Path | None, assignments: list[str] | None) -> "Settings":
    if server and (file or assignments):
        raise typer.BadParameter("a server has its own settings: use --server, or -f and -s")
    if not server and sys.stderr.isatty():
        _log("wiki-digest: loading models ...")
    return _config(file, assignments).settings


@app.command("config", epilog="Example:  wiki-digest config -s preset=hub | less")
def show(file: File = None, assignments: Set = None) -> None:
    """Print the effective settings and their Serve config, for a cluster, as two YAML documents."""
    from app.serving.serve_config import render  # noqa: PLC0415 - slow to import

    config = _config(file, assignments)
    effective = {
        "settings": config.settings.model_dump(mode="json", exclude_none=True),
        "deployments": {
            name: options.model_dump(mode="json", exclude_none=True)
            for name, options in config.deployed.items()
        },
    }
    typer.echo(yaml.safe_dump_all([effective, render(config)], sort_keys=False), nl=False)


@app.command(epilog="Example:  wiki-digest check my.yaml && wiki-digest serve -f my.yaml")
def check(
    file: Annotated[
        Path, typer.Argument(help="A settings file, a Serve config, or values for the chart.")
    ],
    chart: Chart = CHART,
) -> None:
    """Check a file; print its errors, and exit with 1 if there are any."""
    from app.serving.serve_config import check as check_serve  # noqa: PLC0415 - slow to import
    from app.shell.plan import check as check_values  # noqa: PLC0415
    from app.shell.plan import is_values  # noqa: PLC0415

    data = load(file)
    if isinstance(data, dict) and "applications" in data:
        check_serve(data)
    elif is_values(data, chart):
        check_values(str(file), chart)
    else:
        read(Config, data)
    typer.echo(f"{file}: good")


def _config(file: Path | None, assignments: list[str] | None) -> Config:
    data: Any = load(file) if file else {}
    for assignment in assignments or ():
        data = assign(data, assignment, root="settings")
    return read(Config, data)


def _ready(address: str) -> None:
    typer.echo(address)
    _log(f"try:  curl '{address}/v1/digest?term=ada+lovelace'    (Ctrl-C stops it)")


if __name__ == "__main__":
    main()
