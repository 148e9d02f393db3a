import asyncio
import time
from importlib.metadata import version

import httpx
import pytest
from fastapi import FastAPI

from app.api.about import KEPT_S, Instruments, ListModels, Overview, Status
from app.api.routes import build_app
from app.config.settings import Settings
from app.core.errors import Overloaded
from app.metrics.report import ReplicaReport, report
from app.metrics.tally import Tally
from app.models.model_info import ModelInfo
from tests.support.fakes import (
    MODEL_INFO,
    FakeStage,
    FakeStages,
    client_of,
    list_models,
    problem,
    suggest_titles,
    with_timeout,
)


def replica(name: str, uptime_s: float = 1) -> ReplicaReport:
    empty = report(Tally(), "Digest", name)
    return empty.model_copy(update={"uptime_s": uptime_s})


class Replicas:
    """Answers with this overview, and counts how often it was asked."""

    def __init__(self, *reports: ReplicaReport, silent: int = 0) -> None:
        self._overview = Overview(reports, silent)
        self.asked = 0

    async def __call__(self) -> Overview:
        self.asked += 1
        await asyncio.sleep(0)
        return self._overview


def build(replicas: Replicas, models: ListModels = list_models) -> FastAPI:
    driver, instruments = FakeStages().driver(), Instruments(overview=replicas)
    return build_app(driver, Settings(), models, suggest_titles, instruments)


async def ask(
    replicas: Replicas, *paths: str, models: ListModels = list_models, times: int = 1
) -> list[httpx.Response]:
    """Ask for the status several times at the same time."""
    async with client_of(build(replicas, models)) as client:
        wanted = [client.get(path) for path in (paths or ("/v1/status",) * times)]
        return await with_timeout(asyncio.gather(*wanted))


async def test_the_status_has_the_version_the_models_and_every_replica() -> None:
    first, second = replica("a", 5), replica("b", 9)
    (response,) = await ask(Replicas(first, second, silent=1))
    found = Status.model_validate_json(response.content)
    assert found.version == version("wiki-digest")
    assert found.models == (MODEL_INFO,)
    assert found.replicas == (first, second)
    assert (found.uptime_s, found.silent) == (9, 1)


@pytest.mark.parametrize("error", [Overloaded("a stage's queue is full"), TimeoutError()])
async def test_stages_that_do_not_answer_leave_the_models_empty(error: Exception) -> None:
    """The status is wanted most when the stages are overloaded."""

    async def fail() -> tuple[ModelInfo, ...]:
        raise error

    (response,) = await ask(Replicas(replica("a")), models=fail)
    assert response.status_code == 200
    assert response.json()["models"] == []
    assert len(response.json()["replicas"]) == 1


async def test_requests_at_the_same_time_ask_the_replicas_once() -> None:
    replicas = Replicas(replica("a"))
    responses = await ask(replicas, times=5)
    assert {response.status_code for response in responses} == {200}
    assert replicas.asked == 1


async def test_requests_after_each_other_ask_the_replicas_twice_a_second_at_most() -> None:
    replicas = Replicas(replica("a"))
    started = time.monotonic()
    async with client_of(build(replicas)) as client:
        for _ in range(5):
            await with_timeout(client.get("/v1/status"))
    assert replicas.asked <= 1 + (time.monotonic() - started) / KEPT_S


async def test_requests_at_the_same_time_ask_the_stages_for_their_models_once() -> None:
    stages = FakeStage((MODEL_INFO,))
    paths = ("/v1/models",) * 4 + ("/v1/status",)
    responses = await ask(Replicas(replica("a")), *paths, models=lambda: stages(""))
    assert [len(response.json()["models"]) for response in responses] == [1] * 5
    assert stages.calls == 1


async def test_a_server_without_replicas_has_a_status_too() -> None:
    (response,) = await ask(Replicas())
    assert (response.json()["replicas"], response.json()["uptime_s"]) == ([], 0)


async def test_an_unknown_parameter_is_refused() -> None:
    (response,) = await ask(Replicas(), "/v1/status?verbose=1")
    assert problem(response)["status"] == 422
