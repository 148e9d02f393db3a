"""The commands for those who watch a release: top | slo | watch."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.shell.options import Key, Name

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.api.about import Status

app = typer.Typer()
Share = typer.Option(help="Share of requests that must not fail by our fault.", min=0, max=1)
Servers = Annotated[
    list[str] | None,
    typer.Option(
        "--server",
        envvar="WIKI_DIGEST_SERVER",
        help="A server, as http://HOST:PORT; repeatable.",
        metavar="URL",
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        help="Of a RayService, instead of servers: in the kubeconfig's cluster, or in the pod's.",
    ),
]


@app.command(
    epilog="Examples:  wiki-digest top --server http://127.0.0.1:8000  |  "
    "wiki-digest top --namespace search --name my-wiki-digest --once"
)
def top(
    server: Servers = None,
    namespace: Namespace = None,
    name: Name = "wiki-digest",
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.5)] = 2.0,
    once: Annotated[
        bool, typer.Option("--once", help="Print what was done since the start, and exit.")
    ] = False,
    key: Key = None,
) -> None:
    """Show the load of a release until Ctrl-C: requests, stages, queues, caches, replicas."""
    from app.shell import render_top  # noqa: PLC0415 - slow to import
    from app.shell.top import since_start, views  # noqa: PLC0415

    look = _of_cluster(namespace, name, key) if namespace else _of_servers(server or [], key)
    if once:
        render_top.show(since_start(look()))
    else:
        render_top.show_live(views(look, every))


def _of_cluster(namespace: str, name: str, key: str | None) -> "Callable[[], Status]":
    from app.shell.kube import Kubernetes  # noqa: PLC0415 - slow to import

    return Kubernetes(namespace, name, key).status


def _of_servers(servers: list[str], key: str | None) -> "Callable[[], Status]":
    from app.shell.status_client import status_of  # noqa: PLC0415 - slow to import
    from app.shell.top import merged  # noqa: PLC0415

    if not servers:
        raise typer.BadParameter("give --server URL, or the --namespace of a RayService")
    return lambda: merged(status_of(address, key) for address in servers)


@app.command(
    epilog="Examples:  wiki-digest slo load.jsonl  |  "
    "wiki-digest slo http://prometheus:9090 --window 1h --p95 2.5"
)
def slo(
    source: Annotated[
        str,
        typer.Argument(
            help="A load's JSON lines (`status`, `seconds`), - for stdin; or a Prometheus.",
            metavar="FILE|URL",
        ),
    ],
    availability: Annotated[float, Share] = 0.999,
    p95: Annotated[float, typer.Option(help="Seconds for 95 % of the answers.", min=0)] = 1.0,
    window: Annotated[str, typer.Option(help="The time that Prometheus looks back.")] = "1h",
    selector: Annotated[
        str, typer.Option(help='Matchers of Prometheus for the release, as namespace="prod".')
    ] = "",
) -> None:
    """Say whether a release has kept its objectives; exit code 1 if it has missed one."""
    from app.shell import render  # noqa: PLC0415 - slow to import
    from app.shell.objectives import Objectives, verdicts  # noqa: PLC0415
    from app.shell.slo import measured  # noqa: PLC0415

    found = verdicts(measured(source, window, selector), Objectives(availability, p95))
    render.console().print(render.verdicts(found))
    raise typer.Exit(0 if all(verdict.kept for verdict in found) else 1)


@app.command(
    epilog="Example:  helm upgrade my deploy/helm/wiki-digest --reset-then-reuse-values "
    "--set image.tag=0.2.0 && wiki-digest watch --name my-wiki-digest"
)
def watch(
    name: Name = "wiki-digest",
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Its namespace.")] = "default",
    availability: Annotated[float, Share] = 0.999,
    p95: Annotated[float, typer.Option(help="Seconds for 95 % of the answers.", min=0)] = 1.0,
    after: Annotated[
        float, typer.Option("--for", help="Seconds to watch after a switch at once.", min=0)
    ] = 300.0,
    timeout: Annotated[float, typer.Option(help="Timeout in seconds.", min=1)] = 3600.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say why it would be rolled back.")
    ] = False,
) -> None:
    """Watch a new version take over the traffic; `helm rollback` and exit code 1 if it is bad.

    It is bad if it cannot be deployed, has not all traffic in time, or misses an objective that the
    old version keeps.
    """
    from app.shell import exits, helm  # noqa: PLC0415 - slow to import
    from app.shell import watch as watching  # noqa: PLC0415
    from app.shell.kube import Kubernetes  # noqa: PLC0415
    from app.shell.objectives import Objectives  # noqa: PLC0415
    from app.shell.return_traffic import redirected  # noqa: PLC0415
    from app.shell.wait import ProgressLog  # noqa: PLC0415

    exits.unwind_at_sigterm()
    log = ProgressLog(lambda line: typer.echo(line, err=True))
    cluster = Kubernetes(namespace, name)
    rollback = [] if dry_run else helm.rollback_of(cluster.service())
    times = watching.WatchTimes(timeout, after)
    why = watching.watch(cluster, Objectives(availability, p95), times, log)
    if why:
        helm.turn_back(why, rollback, redirected(cluster, timeout, log))
    log(f"{name} is good")
