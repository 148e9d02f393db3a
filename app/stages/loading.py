"""The stages that run a model, by name."""

from typing import Any

from app.models.device import Device
from app.settings import Settings
from app.stages.batching import Stage
from app.stages.entities import Entities
from app.stages.sentiment import Sentiment
from app.stages.summarizer import Summarizer

STAGES: dict[str, type[Any]] = {
    "sentiment": Sentiment,
    "summarizer": Summarizer,
    "entities": Entities,
}
"""Each is a setting of the same name; its deployment is that name with a capital."""


def load(name: str, settings: Settings, device: Device) -> Stage[Any]:
    """The stage `name` with its model.

    Raises:
        ModelError: the model cannot be loaded.
    """
    stage: Stage[Any] = STAGES[name].load(getattr(settings, name), device)
    return stage
