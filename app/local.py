"""Serves the graph on this machine, on a local Ray that it starts and stops."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from importlib import import_module
from typing import Any

from app.config.loader import Config
from app.config.one_machine import for_one_machine
from app.config.placement import Group, Plan
from app.core.errors import ConfigError, RayEnded, StartError, startup_error_in
from app.serving import haproxy
from app.serving.local_ray import LOOPBACK, closed_to_others
from app.serving.signals import signals

APPLICATION = "wiki-digest"
POLL_S = 0.1
CALL_S = 5.0
START_DEADLINE_S = 120.0
"""Seconds for Ray and the models to start; enough for a large model from a cold disk."""
KEEP_ALIVE_S = 5
"""Seconds that an idle connection stays open, as in the chart."""


def serve(
    config: Config,
    host: str,
    port: int,
    ready: Callable[[str], None],
    metrics_port: int | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; call `ready` with the address once it answers.

    The first signal lets requests under way finish, the second cuts them. Ray exports metrics at
    `metrics_port`, by default a free one.

    Raises:
        StartError: a replica did not start.
        ConfigError: the deployments need more GPUs than this machine has.
        RayEnded: a process of Ray has ended.
    """
    proxy = haproxy.environment()
    config = for_one_machine(config, os.cpu_count() or 1, proxies=1 if proxy else 0)
    closed = closed_to_others(os.environ, proxy, {haproxy.HOST: host})
    with signals() as received, closed, _ray(config, metrics_port) as is_whole:
        _deploy(config, LOOPBACK if proxy else host, port)
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        if _wait_until_it_answers(address, received):
            ready(address)
            while not received:
                if not is_whole():
                    raise RayEnded("Ray has ended; its logs are in /tmp/ray/session_latest/logs")
                time.sleep(POLL_S)
            _drain(address, config.settings.digest.deadline_s, received, is_whole)


def refuse_taken(host: str, port: int, metrics_port: int | None = None) -> None:
    """Check that the ports are free. Serve and Ray would check them only after Ray has started.

    Raises:
        StartError: a port is in use, or the address does not belong to this machine.
    """
    _refuse_taken(host, port, "--port")
    if metrics_port:
        _refuse_taken("", metrics_port, "--metrics-port")


def _refuse_taken(host: str, port: int, option: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or error
        raise StartError(f"{host}:{port} cannot be served on: {reason}; try {option}") from None


@contextmanager
def _ray(config: Config, metrics_port: int | None) -> Iterator[Callable[[], bool]]:
    """Run Ray; whether all of its processes run."""
    import ray  # noqa: PLC0415 - reads the environment on import

    from app.serving import head  # noqa: PLC0415 - likewise

    # It takes half a second, in which this process would only wait for Ray's.
    threading.Thread(target=import_module, args=("app.graph",), daemon=True).start()
    before = signal.getsignal(signal.SIGTERM)
    with head.running(max(os.cpu_count() or 1, _cpus(config)), metrics_port) as is_whole:
        signal.signal(signal.SIGTERM, before)  # Ray has set its own
        _refuse_missing_gpus(config, ray.cluster_resources().get("GPU", 0))
        yield is_whole


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
    from ray.serve.schema import LoggingConfig  # noqa: PLC0415

    from app.graph import compose  # noqa: PLC0415

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    written = LoggingConfig(encoding="JSON")
    ray_serve.start(
        proxy_location=ProxyLocation.HeadOnly,
        http_options=HTTPOptions(host=host, port=port, keep_alive_timeout_s=KEEP_ALIVE_S),
        logging_config=written,
    )
    target = ray_serve.RunTarget(compose(config), APPLICATION, "/", written)
    ray_serve.run_many([target], wait_for_applications_running=False)


def _wait_until_it_answers(address: str, received: list[int]) -> bool:
    """Wait until every stage has answered over HTTP; False if a signal comes before."""
    deadline = time.monotonic() + START_DEADLINE_S
    while not (received or _answers(address)):
        _refuse_failed()
        if time.monotonic() > deadline:
            raise StartError(f"not ready after {START_DEADLINE_S:.0f} s: {_status().message}")
        time.sleep(POLL_S)
    return not received


def _drain(address: str, grace_s: float, received: list[int], is_whole: Callable[[], bool]) -> None:
    """Refuse new requests, and wait for those under way, until a second signal at the latest.

    They have `grace_s` from the first refusal, which comes within `CALL_S`. A signal to the whole
    process group or service ends Ray as well: then nothing is under way.
    """
    deadline = time.monotonic() + CALL_S + grace_s
    refuses, ended = threading.Event(), threading.Event()
    # A daemon: without Ray its calls hang.
    deleted = threading.Thread(target=_delete, args=(address, refuses, ended), daemon=True)
    deleted.start()
    while deleted.is_alive() and is_whole() and len(received) == 1 and time.monotonic() < deadline:
        time.sleep(POLL_S)
        if refuses.is_set():
            deadline = min(deadline, time.monotonic() + grace_s)
    ended.set()
    if is_whole():
        deleted.join(CALL_S)  # for a call after the end of Ray, Serve would start another Ray


def _delete(address: str, refuses: threading.Event, ended: threading.Event) -> None:
    """Delete the graph, until the proxy knows it and refuses requests: what it had passed on ends.

    A proxy that ended before would cut them. Set `refuses` when it does; return early once `ended`
    is set.
    """
    from ray import serve as ray_serve  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    with suppress(RayError):
        ray_serve.delete(APPLICATION, _blocking=False)
        while not (ended.is_set() or (refuses.is_set() and _is_deleted())):
            ended.wait(POLL_S)
            if not _routes(address):
                refuses.set()


def _answers(address: str) -> bool:
    import requests  # noqa: PLC0415

    try:
        response = requests.get(f"{address}/v1/models", timeout=CALL_S)
    except requests.RequestException:
        return False
    return response.ok or (response.status_code == HTTPStatus.UNAUTHORIZED and _is_running())


def _routes(address: str) -> bool:
    """Whether the proxy passes requests on to the graph."""
    import requests  # noqa: PLC0415

    try:
        status = requests.get(f"{address}/v1/models", timeout=CALL_S).status_code
    except requests.Timeout:
        return True
    except requests.RequestException:
        return False
    return status not in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.NOT_FOUND}


def _is_deleted() -> bool:
    from ray import serve as ray_serve  # noqa: PLC0415

    return APPLICATION not in ray_serve.status().applications


def _is_running() -> bool:
    """Whether all deployments have their replicas: an API with keys does not say it to us."""
    from ray.serve.schema import ApplicationStatus  # noqa: PLC0415

    return bool(_status().status == ApplicationStatus.RUNNING)


def _status() -> Any:
    from ray import serve as ray_serve  # noqa: PLC0415

    return ray_serve.status().applications[APPLICATION]


def _refuse_failed() -> None:
    from ray.serve.schema import ApplicationStatus  # noqa: PLC0415

    application = _status()
    if application.status != ApplicationStatus.DEPLOY_FAILED:
        return
    messages = [application.message, *(d.message for d in application.deployments.values())]
    raise StartError(startup_error_in("\n".join(messages)))
