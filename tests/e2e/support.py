"""Helpers for a cluster: kubectl, helm, and waiting for conditions."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from kubernetes import client

from tests.support.eventually import eventually

SHORT_S = 30.0
MEDIUM_S = 120.0
LONG_S = 300.0
LONG = pytest.mark.long
"""A test that `make e2e` leaves to `make e2e E2E="-m long"`."""
ROOT = Path(__file__).parents[2]


def tried(
    *words: str | Path, within_s: float = LONG_S, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command; return its exit code and output.

    It runs at low priority: the cluster shares the cores of this machine.
    """
    return subprocess.run(
        ["nice", "-n", "19", *map(str, words)],
        input=given,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )


def run(*words: str | Path, within_s: float = LONG_S, given: str = "") -> str:
    """The stdout of a command.

    Raises:
        AssertionError: it failed; the message has its output.
    """
    done = tried(*words, within_s=within_s, given=given)
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def seconds_until(what: str, look: Callable[[], bool]) -> float:
    """The seconds until the result of `look` is true."""
    started = time.monotonic()
    eventually(what, look, LONG_S)
    return time.monotonic() - started


def said_in_a_pod(script: str) -> str:
    """The output of a Bash script in a new pod in `default`, the namespace of the operator."""
    name = f"stranger-{secrets.token_hex(3)}"
    options = ["--image=redis:7", "--image-pull-policy=IfNotPresent", "--restart=Never"]
    run("kubectl", "run", name, *options, "--command", "--", "bash", "-c", script)
    pod = f"pod/{name}"
    ended = "--for=jsonpath={.status.phase}=Succeeded"
    run("kubectl", "wait", ended, pod, f"--timeout={MEDIUM_S:.0f}s")
    said = run("kubectl", "logs", pod)
    run("kubectl", "delete", pod, "--wait=false")
    return said


@dataclass(frozen=True)
class Served:
    """A RayService in a namespace, and the ingress that routes traffic to it."""

    namespace: str
    address: str
    service: str
    host: str

    def wait(self, within_s: float = LONG_S) -> str:
        """Wait with `wiki-digest wait`; return its stderr."""
        done = self.waited(within_s)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def waited(self, within_s: float) -> subprocess.CompletedProcess[str]:
        """The result of `wiki-digest wait`, failed or not."""
        name = ["--namespace", self.namespace, "--name", self.service]
        command = [sys.executable, "-m", "app.cli", "wait", *name, "--timeout", f"{within_s:.0f}"]
        return tried(*command, within_s=2 * within_s)

    def status(self) -> dict[str, Any]:
        """The status that KubeRay sets."""
        service: dict[str, Any] = client.CustomObjectsApi().get_namespaced_custom_object(
            "ray.io", "v1", self.namespace, "rayservices", self.service
        )
        status: dict[str, Any] = service.get("status", {})
        return status

    def cluster(self) -> str:
        """The name of the active Ray cluster."""
        return str(self.status()["activeServiceStatus"]["rayClusterName"])

    def pods(self) -> list[Any]:
        """The pods of its Ray clusters that are not being deleted."""
        labels = "ray.io/is-ray-node=yes"
        listed = client.CoreV1Api().list_namespaced_pod(self.namespace, label_selector=labels)
        return [pod for pod in listed.items if pod.metadata.deletion_timestamp is None]

    def ready(self, kind: str) -> dict[str, Any]:
        """The ready pods of the active cluster by name; `kind` is `head` or `worker`."""
        wanted = {"ray.io/cluster": self.cluster(), "ray.io/node-type": kind}
        return {
            pod.metadata.name: pod
            for pod in self.pods()
            if wanted.items() <= pod.metadata.labels.items()
            and any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or ())
        }

    def inside(self, pod: str, *command: str) -> str:
        """The stdout of a command in the Ray container of a pod."""
        return run("kubectl", "exec", pod, "--namespace", self.namespace, "--", *command)

    def logs(self, pod: str, *options: str) -> list[dict[str, Any]]:
        """The lines of the `logs` container of a pod; `--previous` gives those before a restart."""
        named = ["--namespace", self.namespace, "--container", "logs"]
        return [
            json.loads(line) for line in run("kubectl", "logs", pod, *named, *options).splitlines()
        ]

    @contextmanager
    def followed(self, pod: str) -> Iterator[list[dict[str, Any]]]:
        """The lines that the `logs` container of a pod writes until it ends; filled at the exit.

        They are kept in `dist`.
        """
        named = ["--namespace", self.namespace, "--container", "logs"]
        lines: list[dict[str, Any]] = []
        path = ROOT / "dist" / f"{pod}.jsonl"
        path.parent.mkdir(exist_ok=True)
        with path.open("w+b") as written:
            command = ["kubectl", "logs", pod, "--follow", *named]
            with subprocess.Popen(command, stdout=written) as process:
                try:
                    yield lines
                    process.wait(MEDIUM_S)
                finally:
                    process.kill()
            written.seek(0)
            lines += map(json.loads, written)

    def replicas(self, deployment: str = "") -> set[str]:
        """The pods and process ids of a deployment's replicas, or of all."""
        listed = f"grep -lsa ^ray::ServeReplica:wiki-digest:{deployment} /proc/[0-9]*/cmdline"
        return {
            f"{pod} {process}"
            for pod in self.ready("worker")
            for process in self.inside(pod, "bash", "-c", f"{listed} || true").splitlines()
        }

    def get(self, path: str, within_s: float = SHORT_S, **headers: str) -> requests.Response:
        """The answer to a GET request through the ingress."""
        return requests.get(
            f"{self.address}{path}", headers={"Host": self.host, **headers}, timeout=within_s
        )

    def answers(self) -> bool:
        """Whether the ingress routes traffic to it."""
        with suppress(requests.RequestException):
            return self.get("/v1/models").ok
        return False


@dataclass(frozen=True)
class Release(Served):
    """A Helm release of the chart.

    `chart` is a file, or an address with the `options` that Helm needs to find it.
    """

    chart: Path | str
    name: str = "r"
    options: tuple[str, ...] = ()

    def upgrade(self, *values: str) -> None:
        """Install it, or change these values."""
        run(*self._upgrade(*values))

    def refused(self, *values: str) -> str:
        """The error of Helm for invalid values."""
        done = tried(*self._upgrade(*values))
        assert done.returncode != 0
        return done.stderr

    def _upgrade(self, *values: str) -> list[str | Path]:
        given = ["ingress.enabled=true", f'ingress.hosts=["{self.host}"]', *values]
        words = [word for value in given for word in ("--set-json", value)]
        command = [
            "helm",
            "upgrade",
            "--install",
            "--reset-then-reuse-values",
            self.name,
            self.chart,
        ]
        return [*command, *self.options, "--namespace", self.namespace, *words]

    def uninstall(self) -> None:
        """Uninstall it."""
        run("helm", "uninstall", self.name, "--namespace", self.namespace)


def namespace() -> str:
    """Create a namespace under the restricted pod security; return its name."""
    name = f"e2e-{secrets.token_hex(3)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client.CoreV1Api().create_namespace(
        client.V1Namespace(metadata=client.V1ObjectMeta(name=name, labels=labels))
    )
    return name
