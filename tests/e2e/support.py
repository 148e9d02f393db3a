"""Verbs for a cluster: what a person does with kubectl and helm, and what one then waits for."""

import os
import secrets
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import requests
from kubernetes import client

SHORT_S = 30.0
MEDIUM_S = 120.0
LONG_S = 300.0
ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
NODE_PORT = 30080
T = TypeVar("T")


def run(*words: str | Path, within_s: float = LONG_S, **environment: str) -> str:
    """What a command prints; an error with all that it said where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def eventually(what: str, look: Callable[[], T | None], within_s: float) -> T:
    """What `look` sees as soon as it sees anything."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.5)
    raise AssertionError(f"not within {within_s:.0f} s: {what}")


def said_in_a_pod(script: str) -> str:
    """What a script of Bash prints in a pod of the namespace `default`, where the operator is."""
    name = f"stranger-{secrets.token_hex(3)}"
    options = ["--image=redis:7", "--image-pull-policy=IfNotPresent", "--restart=Never"]
    run("kubectl", "run", name, *options, "--command", "--", "bash", "-c", script)
    pod = f"pod/{name}"
    ended = "--for=jsonpath={.status.phase}=Succeeded"
    run("kubectl", "wait", ended, pod, f"--timeout={MEDIUM_S:.0f}s")
    said = run("kubectl", "logs", pod)
    run("kubectl", "delete", pod, "--wait=false")
    return said


class Release(NamedTuple):
    """The chart, installed under a name in a namespace."""

    namespace: str
    address: str
    name: str = "r"

    @property
    def service(self) -> str:
        """The name of its RayService."""
        return f"{self.name}-wiki-digest"

    @property
    def host(self) -> str:
        """The name that the ingress knows it by."""
        return f"{self.namespace}.test"

    def install(self, *values: str) -> None:
        """Install or upgrade it, reached through the ingress."""
        given = ["ingress.enabled=true", f'ingress.hosts=["{self.host}"]', *values]
        words = [word for value in given for word in ("--set-json", value)]
        run("helm", "upgrade", "--install", self.name, CHART, "-n", self.namespace, *words)

    def uninstall(self) -> None:
        """Take it away."""
        run("helm", "uninstall", self.name, "-n", self.namespace)

    def status(self) -> dict[str, Any]:
        """What KubeRay says of it."""
        service: dict[str, Any] = client.CustomObjectsApi().get_namespaced_custom_object(
            "ray.io", "v1", self.namespace, "rayservices", self.service
        )
        status: dict[str, Any] = service.get("status", {})
        return status

    def ready(self) -> bool:
        """Whether KubeRay says that it is."""
        conditions = self.status().get("conditions", [])
        return {"Ready": "True"}.items() <= {c["type"]: c["status"] for c in conditions}.items()

    def get(self, path: str, **headers: str) -> requests.Response:
        """One answer, through the ingress."""
        return requests.get(
            f"{self.address}{path}", headers={"Host": self.host, **headers}, timeout=SHORT_S
        )

    def answers(self) -> bool:
        """Whether the ingress leads to it by now."""
        return self.get("/v1/models").ok
