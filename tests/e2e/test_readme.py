"""The README's commands for Kubernetes, on the cluster of these tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.support import LONG_S, ROOT
from tests.support.readme import block


def test_the_commands_install_answer_and_uninstall(cluster: str) -> None:
    first, *steps, last = block("sh", "make cluster").splitlines()
    assert first.split()[:2] == ["make", "cluster"]
    assert last == "kind delete cluster --name wiki-digest"
    said = [
        pasted(step.replace("http://wiki-digest.localhost:8080", there(cluster))) for step in steps
    ]
    (answer,) = (json.loads(text) for text in said if text.startswith("{"))
    assert answer["title"] == "Ada Lovelace"
    assert "uninstalled" in said[-1]


def there(cluster: str) -> str:
    """The address of this cluster's ingress, by the host name in the README."""
    return cluster.replace("127.0.0.1", "wiki-digest.localhost")


def pasted(line: str) -> str:
    """The stdout of a command line."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", line],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout
