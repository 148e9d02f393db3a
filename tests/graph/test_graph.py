"""What the composition root adds to plain classes, on a real Ray: batches, retries, own errors."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import ray
from ray import serve

from app.config.deployments import LiveBatchOptions
from app.config.settings import BatchSettings
from app.core.errors import StageFailed
from app.core.values import Article
from app.models.model_info import ModelInfo
from app.serving.handles import StageClient
from app.serving.replicas import BatchedStage
from tests.support.fakes import SUMMARY, article

ABOUT = ModelInfo(
    stage="summarizer", model="fake", revision="0", backend="extractive", device="cpu", dtype="-"
)


LIVES = 10


class Counting:
    """A stage that answers how many articles came with this one; a bad one raises."""

    info = ABOUT

    def run(self, batch: Sequence[Article]) -> list[int]:
        if any(a.title == "bad" for a in batch):
            raise ValueError("secret")
        return [len(batch)] * len(batch)


class Batching3:
    """A replica around `Counting`, with batches of three."""

    def __init__(self) -> None:
        self._batched = BatchedStage(
            "summarizer", Counting(), BatchSettings(max_batch_size=3, batch_wait_timeout_s=5)
        )

    async def __call__(self, asked: Article) -> Any:
        return await self._batched(asked)

    async def change(self, live: LiveBatchOptions) -> None:
        self._batched.change(live)


class Dying:
    """A replica that dies while it works, as often as there are files in a folder."""

    def __init__(self, lives: str) -> None:
        self._lives = Path(lives)

    async def __call__(self, _: Article) -> Any:
        for life in self._lives.iterdir():
            life.unlink()
            os._exit(1)
        return SUMMARY


class Driving:
    """A deployment that asks others through `StageClient`, as the driver does."""

    def __init__(self, **handles: Any) -> None:
        self._ask = {name: StageClient(handle, object) for name, handle in handles.items()}
        self._handles = handles

    async def many(self, name: str, articles: list[Article]) -> list[Any]:
        asked = (self._ask[name](a) for a in articles)
        return await asyncio.gather(*asked, return_exceptions=True)

    async def change(self, live: LiveBatchOptions) -> None:
        await self._handles["batching"].change.remote(live)


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder whose files are the times that `Dying` dies."""
    return tmp_path_factory.mktemp("lives")


@pytest.fixture(scope="module")
def driving(lives: Path) -> Iterator[Any]:
    """A handle to `Driving` on a Ray of its own."""
    ray.init(address="local", num_cpus=4, include_dashboard=False, log_to_driver=False)
    deployment: Any = serve.deployment
    light: dict[str, Any] = {"ray_actor_options": {"num_cpus": 0.1}, "max_ongoing_requests": 32}
    batching = deployment(Batching3, **light).bind()
    dying = deployment(Dying, num_replicas=2, **light).bind(str(lives))
    app = deployment(Driving, **light).bind(batching=batching, dying=dying)
    yield serve.run(app, name="seams", route_prefix=None)
    serve.shutdown()
    ray.shutdown()


def many(driving: Any, name: str, *articles: Article) -> list[Any]:
    """What became of these articles, all asked at once."""
    answered: list[Any] = driving.many.remote(name, list(articles)).result(timeout_s=60)
    return answered


def test_requests_are_put_together_into_batches(driving: Any) -> None:
    """Three that come together are one batch, long before the wait is over."""
    assert many(driving, "batching", *[article()] * 3) == [3, 3, 3]


def test_a_bad_article_does_not_spoil_its_neighbours(driving: Any) -> None:
    """It alone fails; the error names the stage, and not what the code said."""
    good, bad, other = many(driving, "batching", article("a"), article("bad"), article("b"))
    assert (good, other) == (1, 1)
    assert isinstance(bad, StageFailed)
    assert (bad.detail, bad.stage) == ("summarizer failed: ValueError", "summarizer")


def test_the_size_of_batches_changes_live(driving: Any) -> None:
    """A new size holds for the next batch, and none is the size that the stage was born with."""
    driving.change.remote(LiveBatchOptions(max_batch_size=1)).result(timeout_s=60)
    assert many(driving, "batching", *[article()] * 3) == [1, 1, 1]
    driving.change.remote(LiveBatchOptions()).result(timeout_s=60)
    assert many(driving, "batching", *[article()] * 3) == [3, 3, 3]


def test_a_call_whose_replica_died_is_made_once_more(driving: Any, lives: Path) -> None:
    """The caller never learns of one death."""
    (lives / "one").touch()
    assert many(driving, "dying", article()) == [SUMMARY]


def test_deaths_without_end_are_an_error(driving: Any, lives: Path) -> None:
    """It is tried once more, and not for ever: most of the lives are left."""
    for life in range(LIVES):
        (lives / str(life)).touch()
    (error,) = many(driving, "dying", article())
    assert isinstance(error, Exception)
    assert len(list(lives.iterdir())) > LIVES / 2
