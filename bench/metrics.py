"""The CPU time of metrics, in a replica and in Ray's agent: `python -m bench.metrics`."""

import time
from collections.abc import Callable
from typing import Any

import psutil
import ray

from app.metrics.table import COMPUTE_SECONDS, FAILURES, STAGE
from app.serving.metrics import RayMetrics

TIMES = 50_000
EXPORTED_S = 20.0
"""Seconds in which the agent has recorded what a process has observed."""


class Replica:
    """Records metrics, as a replica of Serve does."""

    def __init__(self) -> None:
        self._metrics = RayMetrics()

    def measure(self, times: int) -> dict[str, float]:
        """Microseconds of CPU time for each kind of record."""
        metrics, stages = self._metrics, STAGE.values
        return {
            "a value of a histogram": cpu_us(
                lambda n: metrics.observe(COMPUTE_SECONDS, n % 100 / 50, stages[n % 4]), times
            ),
            "an increase of a counter": cpu_us(
                lambda n: metrics.add(FAILURES, stages[n % 4]), times
            ),
        }


def cpu_us(call: Callable[[int], None], times: int) -> float:
    """Microseconds of CPU time for one call."""
    started = time.process_time()
    for n in range(times):
        call(n)
    return (time.process_time() - started) / times * 1e6


def agent_s() -> float:
    """Seconds of CPU time that Ray's agent has used."""
    processes = psutil.Process().children(recursive=True)
    agents = [one for one in processes if any("DashboardAgent" in word for word in one.cmdline())]
    assert agents, "Ray's agent was not found"
    return sum(sum(one.cpu_times()[:2]) for one in agents)


def agent_after(work: Callable[[], object]) -> float:
    """Seconds of CPU time of the agent, until it has recorded some work."""
    before = agent_s()
    work()
    time.sleep(EXPORTED_S)
    return agent_s() - before


def main() -> None:
    """Measure, and print a row for each."""
    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    replica: Any = ray.remote(Replica).remote()
    ray.get(replica.measure.remote(10))
    agent_after(lambda: None)  # it starts for a while
    idle, found = agent_after(lambda: None), dict[str, float]()
    busy = agent_after(lambda: found.update(ray.get(replica.measure.remote(TIMES))))
    for name, microseconds in found.items():
        print(f"{name:30}{microseconds:6.2f} us")
    print(f"{'the same value, in the agent':30}{(busy - idle) / TIMES * 1e6:6.2f} us")
    ray.shutdown()


if __name__ == "__main__":
    main()
