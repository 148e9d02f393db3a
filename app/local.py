"""Serves the graph on this machine, on a local Ray that it starts and stops."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app.config.loader import Config
from app.config.placement import Group, Plan
from app.core.errors import ConfigError, StartError, startup_error_in

START_DEADLINE_S = 120.0
"""Seconds for Ray and the models to start; enough for a large model from a cold disk."""
OBJECT_STORE_BYTES = 100_000_000
"""Size of Ray's object store. Articles are passed by value, so it stays almost empty."""
_ENVIRONMENT = {
    # gRPC between replicas instead of actor calls: faster, measured in bench/knobs.py.
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_PROXY_USE_GRPC": "1",
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "app.serving.header_filter:middlewares",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # hides GPUs from replicas without one
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
}


def serve(config: Config, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; call `ready` with the address once it answers.

    Raises:
        StartError: a replica did not start.
        ConfigError: the deployments need more GPUs than this machine has.
    """
    with _signals() as stopped, _ray(config):
        _deploy(config, host, port)
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        _wait_until_it_answers(address, stopped)
        if not stopped.is_set():
            ready(address)
        stopped.wait()


def refuse_taken(host: str, port: int) -> None:
    """Check that the port is free. Serve would check it only after Ray has started.

    Raises:
        StartError: the port is in use, or the address does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or error
        raise StartError(f"{host}:{port} cannot be served on: {reason}; try --port") from None


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that is set by SIGINT and SIGTERM."""
    stopped = threading.Event()
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda *_: stopped.set()) for name in names]
    try:
        yield stopped
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


@contextmanager
def _ray(config: Config) -> Iterator[None]:
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import ray  # noqa: PLC0415 - reads the environment on import

    ray.init(
        address="local",
        num_cpus=max(os.cpu_count() or 1, _cpus(config)),
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        _refuse_missing_gpus(config, ray.cluster_resources().get("GPU", 0))
        yield
    finally:
        ray.shutdown()


def _cpus(config: Config) -> int:
    """CPUs of all replicas at the start, rounded up."""
    options = config.deployed.values()
    return 1 + int(sum(o.replicas.start * o.ray_actor_options.num_cpus for o in options))


def _refuse_missing_gpus(config: Config, available: float) -> None:
    options = config.deployed.values()
    requested = sum(o.replicas.start * o.ray_actor_options.num_gpus for o in options)
    if requested > available:
        raise ConfigError(
            f"the deployments request {requested:g} GPUs, this machine has {available:g}"
        )
    machine = Group("this machine", 1, 1, float("inf"), int(available))
    if faults := Plan(config, (machine,)).least.faults:
        raise ConfigError("\n".join([*faults, f"this machine has {available:g} GPUs"]))


def _deploy(config: Config, host: str, port: int) -> None:
    from ray import serve as ray_serve  # noqa: PLC0415 - slow to import
    from ray.serve.config import HTTPOptions, ProxyLocation  # noqa: PLC0415

    from app.graph import compose  # noqa: PLC0415

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    ray_serve.start(
        proxy_location=ProxyLocation.HeadOnly, http_options=HTTPOptions(host=host, port=port)
    )
    target = ray_serve.RunTarget(compose(config), name="wiki-digest", route_prefix="/")
    ray_serve.run_many([target], wait_for_applications_running=False)


def _wait_until_it_answers(address: str, stopped: threading.Event) -> None:
    """Wait until every stage has answered over HTTP, or `stopped` is set."""
    deadline = time.monotonic() + START_DEADLINE_S
    while not (stopped.wait(0.1) or _answers(address)):
        _refuse_failed()
        if time.monotonic() > deadline:
            raise StartError(f"not ready after {START_DEADLINE_S:.0f} s: {_status().message}")


def _answers(address: str) -> bool:
    import requests  # noqa: PLC0415

    try:
        return requests.get(f"{address}/v1/models", timeout=5).ok
    except requests.RequestException:
        return False


def _status() -> Any:
    from ray import serve as ray_serve  # noqa: PLC0415

    return ray_serve.status().applications["wiki-digest"]


def _refuse_failed() -> None:
    from ray.serve.schema import ApplicationStatus  # noqa: PLC0415

    application = _status()
    if application.status != ApplicationStatus.DEPLOY_FAILED:
        return
    messages = [application.message, *(d.message for d in application.deployments.values())]
    raise StartError(startup_error_in("\n".join(messages)))
