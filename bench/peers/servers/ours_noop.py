"""This project's ingress with a source and stages that do nothing, served by `app.local`."""

import os
import sys

os.environ["RAY_AUTH_MODE"] = "token"  # as `wiki-digest serve` sets it; Ray reads it on import

from ray import serve
from ray.serve import Application

from app import graph, local
from app.config.loader import Config, read
from app.config.settings import Settings
from app.core.tracing import OFF
from app.core.values import (
    Article,
    Entities,
    Heading,
    Licence,
    Read,
    StageResult,
    Summary,
    Tone,
)
from app.driver import Driver
from app.serving.ingress import DigestReplica
from app.serving.metrics import RayMetrics
from app.stages.base import Stages
from bench.peers import servers

LICENCE = Licence(name="none", url="about:blank")
ARTICLE = Article.from_raw("", Heading(title="", url="", licence=LICENCE, attribution=""))
READ = Read(characters=0, of=0)
TONE = Tone(label="NEUTRAL", score=0.0, threshold=1.0, read=READ)
RESULTS: dict[str, StageResult] = {
    "summarizer": Summary(text="x" * 300, method="extractive", read=READ),
    "entities": Entities(items=(), read=READ),
}


class Source:
    """Finds an article for each term, without a text: other servers read none, either."""

    async def __call__(self, term: str) -> Article:
        """The article."""
        return ARTICLE.model_copy(update={"title": term, "url": f"urn:{term}"})

    async def suggest(self, _: str) -> tuple[str, ...]:
        """Nothing."""
        return ()


class Constant:
    """A stage whose answer is always the same."""

    def __init__(self, result: StageResult) -> None:
        self.result = result

    async def __call__(self, _: Article) -> StageResult:
        """The answer."""
        return self.result


async def tone(_: Article) -> Tone:
    """A neutral tone."""
    return TONE


class Replica(DigestReplica):
    """The ingress of a fused release, without models."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stages, self._handles = (), {}
        self._tally, self._tracer = RayMetrics(), OFF
        self._source = Source()  # type: ignore[assignment]
        branches = {name: Constant(result) for name, result in RESULTS.items()}
        self._driver = Driver(Stages(self._source, tone, branches), settings)


def compose(config: Config) -> Application:
    """The ingress alone."""
    options = config.deployed["Digest"].model_dump(exclude_none=True)
    replica = serve.deployment(name="Digest", **options)(serve.ingress()(Replica))
    return replica.bind(config.settings)


def main() -> None:
    """Serve until the process ends."""
    off = {"cache_size": 0}
    settings = {"source": off, "digest": off}
    graph.compose = compose
    config = Config(settings=read(Settings, settings))
    local.serve(config, "127.0.0.1", servers.PORT, lambda address: print(address, file=sys.stderr))


if __name__ == "__main__":
    main()
