"""The Ray Serve parts on a real Ray: batches, retries and errors."""

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import ray
from ray import serve

from app.config.batching import BatchSettings
from app.config.deployments import LiveBatchOptions, RequestRouterOptions
from app.core.errors import StageFailed
from app.core.values import Article
from app.graph import BESIDE_A_WORKER
from app.metrics.table import RETRIES, SLOW
from app.metrics.tally import Tally
from app.models.model_info import ModelInfo
from app.serving import log_fields, readiness
from app.serving.handles import Observers, StageClient
from app.serving.replicas import BatchedStage
from app.stages.measured import MeasuredBatches
from tests.support.eventually import eventually
from tests.support.fakes import SUMMARY, article
from tests.support.http_server import HttpServer, Request

MODEL_INFO = ModelInfo(
    stage="summarizer", model="fake", revision="0", backend="extractive", device="cpu", dtype="-"
)


CRASHES = 10
WORK_S, HEDGE_S = 0.2, 3
FAILED_S = 90.0
"""Serve tries three times, and waits in between."""
HELD_S = 120
STALLING = ("stalling", "stopped", "stuck")


class Counting:
    """Returns the size of the batch for each article; raises if one is titled `bad`.

    A batch with one that is titled `slow` runs until it `may_end`.
    """

    info = MODEL_INFO

    def __init__(self) -> None:
        self.may_end = threading.Event()

    def run(self, batch: Sequence[Article]) -> list[int]:
        titles = {a.title for a in batch}
        if "slow" in titles:
            self.may_end.wait(HELD_S)
        if "bad" in titles:
            raise ValueError("secret")
        return [len(batch)] * len(batch)


class Batching3:
    """A replica that runs `Counting` in batches of 3."""

    def __init__(self) -> None:
        log_fields.install()
        self._counting = Counting()
        batching = BatchSettings(max_batch_size=3, batch_wait_timeout_s=5, max_concurrent_batches=1)
        self._batched = BatchedStage(MeasuredBatches("summarizer", self._counting), batching)
        self._titles: set[str] = set()

    async def __call__(self, article: Article) -> Any:
        self._titles.add(article.title)
        return await self._batched(article)

    async def has(self, title: str) -> bool:
        """Whether an article with this title has come."""
        return title in self._titles

    async def end_slow(self) -> None:
        """Let the slow batch end."""
        self._counting.may_end.set()

    async def change(self, live: LiveBatchOptions) -> None:
        self._batched.change(live)


class CrashingReplica:
    """A replica whose process exits as long as `crash_files` holds files; each exit removes one."""

    def __init__(self, crash_files: str) -> None:
        self._crash_files = Path(crash_files)

    async def __call__(self, _: Article) -> Any:
        for file in self._crash_files.iterdir():
            file.unlink()
            os._exit(1)
        return SUMMARY


class StallingReplica:
    """A replica whose process stops at its next call if there is a file `stall`.

    It renames it to `stalled-PID`. A file `stick` lets it accept calls, and finish none.
    """

    def __init__(self, stall_files: str) -> None:
        self._stall_files = Path(stall_files)
        self._is_stuck = False

    async def __call__(self, _: Article) -> Any:
        with suppress(FileNotFoundError):
            (self._stall_files / "stall").rename(self._stall_files / f"stalled-{os.getpid()}")
            os.kill(os.getpid(), signal.SIGSTOP)
        with suppress(FileNotFoundError):
            (self._stall_files / "stick").unlink()
            self._is_stuck = True
        if self._is_stuck:
            await asyncio.Event().wait()
        await asyncio.sleep(WORK_S)
        return SUMMARY


class Caller:
    """A deployment that calls others through `StageClient`, as the driver does."""

    def __init__(self, **handles: Any) -> None:
        self._tally = Tally()
        observers = Observers(self._tally)
        self._clients = {
            name: StageClient(handle, object, name, observers, HEDGE_S if name in STALLING else 60)
            for name, handle in handles.items()
        }
        self._handles = handles

    async def call_many(self, name: str, articles: list[Article]) -> list[Any]:
        calls = (self._clients[name](a) for a in articles)
        return await asyncio.gather(*calls, return_exceptions=True)

    async def repeated(self, name: str) -> float:
        """The calls that were made once more because they took long."""
        return self._tally.values()[RETRIES, (name, SLOW)]

    async def change(self, live: LiveBatchOptions) -> None:
        await self._handles["batching"].change.remote(live)

    async def has(self, title: str) -> bool:
        """Whether an article with this title has come to the replica that batches."""
        return bool(await self._handles["batching"].has.remote(title))

    async def end_slow(self) -> None:
        """Let its slow batch end."""
        await self._handles["batching"].end_slow.remote()


@pytest.fixture(scope="module")
def crash_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder whose files are the remaining crashes of `CrashingReplica`."""
    return tmp_path_factory.mktemp("crashes")


@pytest.fixture(scope="module")
def stall_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of those for the files of each `StallingReplica`."""
    folder = tmp_path_factory.mktemp("stalls")
    for name in STALLING:
        (folder / name).mkdir()
    return folder


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the log of `Batching3`."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def caller(crash_files: Path, stall_files: Path, logs: Path) -> Iterator[Any]:
    """A handle to `Caller`, on a Ray of its own."""
    ray.init(address="local", num_cpus=4, include_dashboard=False, log_to_driver=False)
    deployment: Any = serve.deployment
    light: dict[str, Any] = {"ray_actor_options": {"num_cpus": 0.1}, "max_ongoing_requests": 32}
    router = RequestRouterOptions(request_router_kwargs={"finished_s": 1}).model_dump()
    written = {"encoding": "JSON", "logs_dir": str(logs)}
    batching = deployment(Batching3, logging_config=written, **light).bind()
    crashing = deployment(CrashingReplica, num_replicas=2, **light).bind(str(crash_files))
    stalling = {
        name: deployment(
            StallingReplica, name=name, num_replicas=2, request_router_config=router, **light
        ).bind(str(stall_files / name))
        for name in STALLING
    }
    called = {"batching": batching, "crashing": crashing, **stalling}
    app = deployment(Caller, **light).bind(**called)
    yield serve.run(app, name="seams", route_prefix=None)
    serve.shutdown()
    ray.shutdown()


def call_many(caller: Any, name: str, *articles: Article) -> list[Any]:
    """Call the deployment for all articles concurrently; return results and exceptions."""
    answered: list[Any] = caller.call_many.remote(name, list(articles)).result(timeout_s=120)
    return answered


def test_concurrent_requests_form_a_batch(caller: Any) -> None:
    """The batch is full long before its wait of 5 s is over."""
    assert call_many(caller, "batching", *[article()] * 3) == [3, 3, 3]


def test_what_comes_while_a_batch_runs_is_one_batch(caller: Any) -> None:
    """Without a wait for more. Serve alone makes a batch of each."""

    def has(title: str) -> bool:
        return bool(caller.has.remote(title).result(timeout_s=60))

    caller.change.remote(LiveBatchOptions(batch_wait_timeout_s=0)).result(timeout_s=60)
    answers = []
    for title in ("slow", "a", "b", "c"):
        answers.append(caller.call_many.remote("batching", [article(title)]))
        eventually("the article", partial(has, title), 60)
    caller.end_slow.remote().result(timeout_s=60)
    assert [answer.result(timeout_s=60) for answer in answers] == [[1], [3], [3], [3]]
    caller.change.remote(LiveBatchOptions()).result(timeout_s=60)


def test_a_bad_article_does_not_fail_its_batch(caller: Any) -> None:
    good, bad, other = call_many(caller, "batching", article("a"), article("bad"), article("b"))
    assert (good, other) == (1, 1)
    assert isinstance(bad, StageFailed)
    assert (bad.detail, bad.stage) == ("summarizer failed: ValueError", "summarizer")


def test_a_failure_in_the_log_has_the_request_the_stage_and_the_traceback(
    caller: Any, logs: Path
) -> None:
    """And not the article."""
    call_many(caller, "batching", article("a"), article("bad"), article("b"))
    texts = (file.read_text("utf-8") for file in logs.iterdir())
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    failed = next(line for line in lines if line["levelname"] == "ERROR")
    calls = [line for line in lines if line["message"].startswith("CALL __call__")]
    assert (failed["message"], failed["stage"]) == ("summarizer failed", "summarizer")
    assert failed["request_id"] in {line["request_id"] for line in calls}
    assert "ValueError" in failed["exc_text"]
    assert "article" not in failed


def test_the_batch_size_changes_live_and_falls_back_to_the_settings(caller: Any) -> None:
    caller.change.remote(LiveBatchOptions(max_batch_size=1)).result(timeout_s=60)
    assert call_many(caller, "batching", *[article()] * 3) == [1, 1, 1]
    caller.change.remote(LiveBatchOptions()).result(timeout_s=60)
    assert call_many(caller, "batching", *[article()] * 3) == [3, 3, 3]


def test_a_call_is_retried_once_if_its_replica_dies(caller: Any, crash_files: Path) -> None:
    (crash_files / "one").touch()
    assert call_many(caller, "crashing", article()) == [SUMMARY]


def test_calls_to_a_replica_that_stalls_are_answered_by_another(
    caller: Any, stall_files: Path
) -> None:
    """Before Serve replaces it, which takes over a minute."""
    (stall_files / "stalling" / "stall").touch()
    with continued(stall_files):
        assert call_many(caller, "stalling", *[article()] * 20) == [SUMMARY] * 20


@pytest.mark.parametrize(("name", "way"), [("stopped", "stall"), ("stuck", "stick")])
def test_a_replica_that_does_not_answer_gets_no_more_calls(
    caller: Any, stall_files: Path, name: str, way: str
) -> None:
    """After the first ones none has to be repeated."""
    (stall_files / name / way).touch()
    with continued(stall_files):
        call_many(caller, name, *[article()] * 20)
        before = repeated(caller, name)
        for _ in range(3):
            assert call_many(caller, name, *[article()] * 20) == [SUMMARY] * 20
        assert repeated(caller, name) == before > 0


def repeated(caller: Any, name: str) -> float:
    counted: float = caller.repeated.remote(name).result(timeout_s=60)
    return counted


@contextmanager
def continued(stall_files: Path) -> Iterator[None]:
    """Let the processes go on that stopped meanwhile."""
    try:
        yield
    finally:
        for stalled in stall_files.glob("*/stalled-*"):
            with suppress(ProcessLookupError):
                os.kill(int(stalled.name.rpartition("-")[2]), signal.SIGCONT)


def test_repeated_deaths_of_replicas_are_an_error(caller: Any, crash_files: Path) -> None:
    """Most crash files are left: there is one retry, not more."""
    for crash in range(CRASHES):
        (crash_files / str(crash)).touch()
    (error,) = call_many(caller, "crashing", article())
    assert isinstance(error, Exception)
    assert len(list(crash_files.iterdir())) > CRASHES / 2


class Idle:
    """A replica without work."""


@pytest.mark.usefixtures("caller")
def test_a_policy_of_the_app_sets_the_number_of_replicas() -> None:
    """Without any load; Serve's controller imports it by its name."""
    name, times = "app.serving.scaling:Schedule", {"times": {"00:00": 2}}
    policy = {"policy_function": name, "policy_kwargs": times}
    scaling = {"max_replicas": 2, "upscale_delay_s": 0, "policy": policy}
    idle: Any = serve.deployment(autoscaling_config=scaling, ray_actor_options={"num_cpus": 0.1})
    serve.run(idle(Idle).bind(), name="scheduled", route_prefix=None)
    give_up = time.monotonic() + 60
    while running("scheduled", "Idle") < 2:
        assert time.monotonic() < give_up, serve.status()
        time.sleep(0.2)


class HealthCheck(HttpServer):
    """That of a worker, which fails until `passes` is set."""

    calls, passes = 0, False

    def answer(self, request: Request) -> None:
        """Answer a check."""
        self.calls += 1
        request.send(200 if self.passes else 503)


@pytest.mark.usefixtures("caller")
def test_an_application_is_not_running_before_its_hold_has_seen_the_worker_answer() -> None:
    """KubeRay sends no requests to a new cluster until then."""
    with HealthCheck() as health:
        begin(readiness.HoldReplica, "held", health)
        eventually("checks", lambda: health.calls > 2, HELD_S)
        assert serve.status().applications["held"].status == "DEPLOYING"
        health.passes = True
        eventually("a release", lambda: running("held", "HoldReplica"), HELD_S)
        serve.delete("held")


class ImpatientHold:
    """A hold that does not wait for five minutes."""

    def __init__(self) -> None:
        with readiness.hold_until_routable(readiness.HoldTimes(deadline_s=0.5)):
            pass


@pytest.mark.usefixtures("caller")
def test_an_application_whose_worker_never_answers_has_failed() -> None:
    """So that an upgrade to it fails, and KubeRay keeps the old cluster."""
    with HealthCheck() as health:
        begin(ImpatientHold, "never", health)
        eventually("its end", lambda: state_of("never") == "DEPLOY_FAILED", FAILED_S)
        assert "has not passed within 0.5 s" in status("never", "ImpatientHold").message
        serve.delete("never")


def begin(hold: type, name: str, health: HealthCheck) -> None:
    """Deploy an application of one replica beside a worker with this health check."""
    given = {"env_vars": {readiness.VARIABLE: health.address}}
    held: Any = serve.deployment(ray_actor_options=BESIDE_A_WORKER | {"runtime_env": given})
    target = serve.RunTarget(held(hold).bind(), name=name, route_prefix=None)
    serve.run_many([target], wait_for_applications_running=False)


def state_of(application: str) -> str:
    found: str = serve.status().applications[application].status.value
    return found


def running(application: str, deployment: str) -> int:
    states: dict[str, int] = {**status(application, deployment).replica_states}
    return states.get("RUNNING", 0)


def status(application: str, deployment: str) -> Any:
    return serve.status().applications[application].deployments[deployment]
