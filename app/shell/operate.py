"""The commands for those who operate a release: wait | plan."""

from typing import Annotated

import typer

from app.shell.options import CHART, Chart, Key, Name

app = typer.Typer()


def _log(message: str) -> None:
    typer.echo(message, err=True)


@app.command(
    epilog="Example:  helm upgrade --install my deploy/helm/wiki-digest && "
    "wiki-digest wait --name my-wiki-digest"
)
def wait(
    name: Name = "wiki-digest",
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Its namespace.")] = "default",
    timeout: Annotated[float, typer.Option(help="Timeout in seconds.", min=1)] = 600.0,
    term: Annotated[str, typer.Option(help="A term that has a digest.")] = "ada lovelace",
    key: Key = None,
) -> None:
    """Wait until the latest generation of a RayService serves a digest; exit code 1 if it fails.

    The cluster is the kubeconfig's current one; in a pod, the pod's.
    """
    from app.shell import wait as waiting  # noqa: PLC0415 - slow to import
    from app.shell.kube import Kubernetes  # noqa: PLC0415

    log = waiting.ProgressLog(_log)
    cluster = Kubernetes(namespace, name, key)
    digest = waiting.wait(cluster, term, waiting.WaitTimes(timeout), log)
    log(f"{name} answers: {digest.title}, {digest.status.value}")


@app.command(
    epilog="Examples:  wiki-digest plan -f my-values.yaml  |  wiki-digest plan -f rayservice.yaml"
)
def plan(
    file: Annotated[
        str,
        typer.Option("--file", "-f", help="Values for the chart, or a RayService; - for stdin."),
    ],
    chart: Chart = CHART,
) -> None:
    """Show which workers each deployment runs on; exit code 1 if one does not fit."""
    from app.shell import render  # noqa: PLC0415 - slow to import
    from app.shell.plan import planned  # noqa: PLC0415

    found = planned(file, chart)
    render.console().print(render.plan(found))
    raise typer.Exit(1 if found.least.unplaced or found.most.unplaced else 0)
