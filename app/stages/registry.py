"""The table of stages, which the driver, the graph, the page and the commands read.

`Settings` has a group, and `Deployments` has options, for each row; a test compares them with this
table, and the chart is generated from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.config.settings import Settings
from app.core.values import BranchResult, Entities, Summary, Tone
from app.models.device import Device
from app.stages.base import Stage
from app.stages.entities import EntitiesStage
from app.stages.sentiment import SentimentStage
from app.stages.summarizer import SummarizerStage
from app.stages.unread import Declining

R_co = TypeVar("R_co", bound=BranchResult, covariant=True)


@dataclass(frozen=True)
class StageSpec(Generic[R_co]):
    """One row: a stage that runs a model."""

    name: str
    """its group of settings, and its key in the `ms` and `missing` of a digest"""
    result: type[R_co]
    load: Callable[[Settings, Device], Stage[R_co]]
    task: str
    """a short description for the page"""

    @property
    def field(self) -> str:
        """The field of a `Digest` that holds its result."""
        return self.result.__name__.lower()

    @property
    def deployment(self) -> str:
        """The name of its deployment."""
        return self.name.capitalize()


GATE = StageSpec(
    name="sentiment",
    result=Tone,
    load=lambda settings, device: SentimentStage.load(settings.sentiment, device),
    task="check the tone",
)
"""The stage that may reject an article before any further work."""
BRANCHES: tuple[StageSpec[BranchResult], ...] = (
    StageSpec(
        name="summarizer",
        result=Summary,
        load=lambda settings, device: Declining(SummarizerStage.load(settings.summarizer, device)),
        task="sum it up",
    ),
    StageSpec(
        name="entities",
        result=Entities,
        load=lambda settings, device: Declining(EntitiesStage.load(settings.entities, device)),
        task="find names",
    ),
)
"""The stages that run at the same time. One that declines or fails degrades the answer."""
STAGES: dict[str, StageSpec[BranchResult]] = {spec.name: spec for spec in (GATE, *BRANCHES)}
"""All rows by name, in the order of the calls."""
