"""A real server in its own process: `wiki-digest serve`."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from app.serving.ports import free_ports
from devtools.processes import left_running

START_S = 300.0
STOP_S = 120.0


def free_port() -> int:
    """A free port of the loopback interface."""
    (port,) = free_ports(1)
    return port


def first_line(process: subprocess.Popen[str], within_s: float) -> str:
    """The first line of a process's stdout; empty after a timeout of `within_s` seconds."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], within_s)
    return process.stdout.readline().strip() if ready else ""


class Server:
    """A server with these settings: starts on entry, stops by SIGINT on exit.

    `address` is its URL, `metrics` that of its metrics, `start_s` the seconds until it was ready.
    """

    def __init__(self, *assignments: str, **environment: str) -> None:
        self.port, self.metrics_port = free_ports(2)
        options = [word for assignment in assignments for word in ("--set", assignment)]
        serve = [sys.executable, "-m", "app.cli", "serve"]
        serve += ["--port", str(self.port), "--metrics-port", str(self.metrics_port)]
        self._command = serve + options
        self.metrics = f"http://127.0.0.1:{self.metrics_port}/metrics"
        self._folder: Path | None = None
        self._environment = os.environ | {"NO_COLOR": "1"} | environment

    def in_folder(self, folder: Path) -> Self:
        """Run it in this folder."""
        self._folder = folder
        return self

    def at_host(self, host: str) -> Self:
        """Let it listen at this address."""
        self._command += ["--host", host]
        return self

    def __enter__(self) -> Self:
        started = time.monotonic()
        self.process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
            cwd=self._folder,
        )
        self.address = self._address()
        self.start_s = time.monotonic() - started
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self, *signals: signal.Signals) -> float:
        """Send these signals (SIGINT); return the seconds until all processes have ended."""
        processes = self.family()
        started = time.monotonic()
        for name in signals or (signal.SIGINT,):
            self.process.send_signal(name)
        try:
            self.process.wait(STOP_S)
            left = left_running(processes, STOP_S)
            assert not left, f"still running: {left}"
        finally:
            self._kill(processes)
        return time.monotonic() - started

    def family(self) -> list[psutil.Process]:
        """The server's process and its descendants."""
        if self.process.poll() is not None:
            return []
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def replicas(self, deployment: str) -> list[psutil.Process]:
        """The processes of a deployment's replicas."""
        return [p for p in self.family() if f"ServeReplica:wiki-digest:{deployment}" in title(p)]

    def memory(self) -> int:
        """Memory of the server's processes in bytes (PSS: shared pages count once)."""
        return sum(map(pss, self.family()))

    def _address(self) -> str:
        if not (line := first_line(self.process, START_S)):
            self._kill(self.family())
            raise RuntimeError(f"the server did not start: exit code {self.process.wait(STOP_S)}")
        return line

    def _kill(self, processes: list[psutil.Process]) -> None:
        for process in processes:
            if process.is_running():
                process.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


def title(process: psutil.Process) -> str:
    """The command of a process; empty if it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def pss(process: psutil.Process) -> int:
    """The memory of a process in bytes, of shared pages its part; 0 if it has ended."""
    try:
        found: int = process.memory_full_info().pss
    except psutil.Error:
        return 0
    return found
