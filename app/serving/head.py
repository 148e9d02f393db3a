"""Ray's head for one machine, without the processes that would serve nothing there."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import ray
from ray._private.node import Node
from ray._private.parameter import RayParams

from app.serving.local_ray import OBJECT_STORE_BYTES


class _Head(Node):
    """Without the process of the dashboard, which Ray starts also where it has no dashboard."""

    def start_api_server(self, *, include_dashboard: bool | None, raise_on_failure: bool) -> None:
        """Start nothing."""


@contextmanager
def running(cpus: int, metrics_port: int | None) -> Iterator[Callable[[], bool]]:
    """Start a Ray with so many CPUs and the GPUs that are here, connect to it, and end it.

    The result says whether all of its processes run. It exports metrics at `metrics_port`, by
    default a free one. `ray.init` would start an autoscaler, a log monitor and a dashboard's
    process besides, and has no option for that.
    """
    wanted = RayParams(
        num_cpus=cpus,
        object_store_memory=OBJECT_STORE_BYTES,
        metrics_export_port=metrics_port,
        include_dashboard=False,
        include_log_monitor=False,  # type: ignore[arg-type] # its annotation is wrong
        no_monitor=True,
    )
    head = _Head(wanted, head=True, shutdown_at_exit=False, spawn_reaper=True)
    try:
        ray.init(head.gcs_address, log_to_driver=False, logging_level=logging.ERROR)
        yield head.remaining_processes_alive
    finally:
        ray.shutdown()
        head.kill_all_processes(check_alive=False, allow_graceful=True)
