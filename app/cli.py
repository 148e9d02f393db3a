"""The command `wiki-digest`."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from app.config import Config, assign, load, read
from app.errors import ConfigError

FILE_HELP = "Settings file (YAML) with `settings:` and `deployments:`."
SET_HELP = (
    "One setting, over the file's; repeatable. `sentiment.threshold=0.5`, "
    "`source=wikipedia`, `deployments.Entities.num_replicas=2`."
)
File = Annotated[Path | None, typer.Option("--file", "-f", help=FILE_HELP, metavar="FILE")]
Set = Annotated[list[str] | None, typer.Option("--set", "-s", help=SET_HELP, metavar="KEY=VALUE")]

app = typer.Typer(
    name="wiki-digest",
    help="A term in, a digest of its Wikipedia article out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command; what goes wrong is one sentence on stderr and exit code 1."""
    from app.local import StartError  # noqa: PLC0415 - `--help` should not wait for it

    try:
        app()
    except (ConfigError, StartError) as error:
        _fail(str(error))


def _fail(message: str) -> None:
    for line in message.splitlines():
        print(f"wiki-digest: {line}", file=sys.stderr)  # noqa: T201 - this is the terminal
    sys.exit(1)


def _say(message: str) -> None:
    typer.echo(message, err=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wiki-digest {version('wiki-digest')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
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
) -> None:
    """Serve digests from this machine until Ctrl-C; prints the address once it answers."""
    from app import local  # noqa: PLC0415 - slow to import, needed here only

    config = _config(file, assignments)
    local.refuse_taken(host, port)
    _say("wiki-digest: starting Ray and loading models ...")
    local.serve(config, host, port, _ready)
    _say("wiki-digest: stopped")


@app.command("config", epilog="Example:  wiki-digest config -s preset=hub | less")
def show(file: File = None, assignments: Set = None) -> None:
    """Print the settings in force, and the Serve config made from them, as two YAML documents."""
    from app.serve_config import render  # noqa: PLC0415 - slow to import, needed here only

    config = _config(file, assignments)
    in_force = {
        "settings": config.settings.model_dump(mode="json", exclude_none=True),
        "deployments": {
            name: options.model_dump(mode="json", exclude_none=True)
            for name, options in config.deployed.items()
        },
    }
    typer.echo(yaml.safe_dump_all([in_force, render(config)], sort_keys=False), nl=False)


@app.command(epilog="Example:  wiki-digest check my.yaml && wiki-digest serve -f my.yaml")
def check(
    file: Annotated[Path, typer.Argument(help="A settings file, or a Serve config.")],
) -> None:
    """Say what is wrong with a file; exit code 1 if anything is."""
    from app.serve_config import check as check_serve  # noqa: PLC0415 - slow to import

    data = load(file)
    if isinstance(data, dict) and "applications" in data:
        check_serve(data)
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
    _say(f"try:  curl '{address}/v1/digest?term=ada+lovelace'    (Ctrl-C ends it)")


if __name__ == "__main__":
    main()
