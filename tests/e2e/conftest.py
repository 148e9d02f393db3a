"""A kind cluster for the session, created by `make cluster`; a namespace for each module."""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config

from tests.e2e.load import COLUMNS
from tests.e2e.support import LONG_S, ROOT, Release, Served, namespace, run, tried

CLUSTER = "wiki-digest-e2e"
PORT = 8089
DUMP = ROOT / "dist" / "e2e-dump"
LOGS = "tail -n 1000 /tmp/ray/session_latest/logs/serve/*.log; ray status"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that keeps the cluster."""
    parser.addoption("--keep-cluster", action="store_true", help="keep the cluster and reuse it")


@pytest.fixture(scope="session")
def image() -> str:
    """The name and tag of the tested image."""
    return os.environ["WIKI_DIGEST_IMAGE"]


@pytest.fixture(scope="session")
def cluster(
    image: str, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the cluster's ingress."""
    keep = pytestconfig.getoption("--keep-cluster")
    kubeconfig = tmp_path_factory.mktemp("kube") / "config"
    os.environ["KUBECONFIG"] = str(kubeconfig)
    if keep and CLUSTER in run("kind", "get", "clusters").split():
        run("kind", "export", "kubeconfig", "--name", CLUSTER)
        run("kind", "load", "docker-image", "--name", CLUSTER, image)
    else:
        run("make", "cluster", f"CLUSTER={CLUSTER}", f"INGRESS_PORT={PORT}", within_s=3 * LONG_S)
    config.load_kube_config(str(kubeconfig))
    yield f"http://127.0.0.1:{PORT}"
    if not keep:
        run("kind", "delete", "cluster", "--name", CLUSTER)


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged chart."""
    folder = tmp_path_factory.mktemp("chart")
    run("helm", "package", "deploy/helm/wiki-digest", "--destination", folder)
    (packaged,) = folder.iterdir()
    return packaged


@pytest.fixture(scope="module")
def release(cluster: str, chart: Path) -> Iterator[Release]:
    """A release, not installed yet, in its own namespace under the restricted pod security."""
    with prepared(cluster, chart) as made:
        yield made


@contextmanager
def prepared(cluster: str, chart: Path) -> Iterator[Release]:
    """A release, not installed yet, in a new namespace that is deleted afterwards."""
    name = namespace()
    yield Release(name, cluster, "r-wiki-digest", f"{name}.test", chart)
    run("kubectl", "delete", "namespace", name, "--wait=false")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Dump the state of the cluster to `dist/e2e-dump` after a failed test."""
    report: Any = yield
    served = [value for value in vars(item).get("funcargs", {}).values() if _is_served(value)]
    if report.failed:
        for one in served:
            _dump(one.namespace, DUMP / item.name / one.namespace)
    return report


def _is_served(value: object) -> bool:
    return isinstance(value, Served)


def _dump(name: str, folder: Path) -> None:
    """Dump objects, events and logs of a namespace and of the operator's, without Secrets."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = f"{name},default,ingress"
    tried("kubectl", "cluster-info", "dump", "--namespaces", names, "--output-directory", folder)
    for kind in ("rayservice", "raycluster", "ingress", "pod"):
        told = tried("kubectl", "describe", kind, "--namespace", name).stdout
        (folder / f"{kind}.txt").write_text(told, encoding="utf-8")
    ray = ["--namespace", name, "--selector", "ray.io/is-ray-node=yes", "--output", "name"]
    for pod in tried("kubectl", "get", "pod", *ray).stdout.split():
        told = tried("kubectl", "exec", pod, "--namespace", name, "--", "sh", "-c", LOGS).stdout
        (folder / f"{Path(pod).name}.log").write_text(told, encoding="utf-8")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the requests sent and lost in each case."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = dict.fromkeys(row for r in reports for name, row in r.user_properties if name == "load")
    if rows:
        terminalreporter.section("under load")
        for case, sent, failed, slowest, note in (COLUMNS, *rows):
            line = f"{case:<42}{sent:>7}{failed:>8}{slowest:>9}  {note}"
            terminalreporter.write_line(line.rstrip())
