from pathlib import Path

import pytest

from app.core.errors import ShellError
from app.shell.kube import Kubernetes
from devtools.server import free_port
from tests.unit.shell.test_kube import write_kubeconfig


def test_an_unreachable_cluster_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_kubeconfig(monkeypatch, tmp_path, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ShellError, match="the cluster cannot be reached"):
        Kubernetes("n", "r").service()


def test_a_missing_kubeconfig_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ShellError, match="no cluster is configured"):
        Kubernetes("n", "r")
