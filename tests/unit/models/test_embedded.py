"""The models that come along, on sentences that nobody trained them on."""

import pytest

from app import settings
from app.models.device import Device
from app.models.folder import ONNX
from app.models.loading import EMBEDDED_FOLDER
from app.stages.entities import Entities
from app.stages.sentiment import Sentiment
from tests.support.fakes import article

pytestmark = pytest.mark.skipif(
    not all((EMBEDDED_FOLDER / stage / ONNX).exists() for stage in ("sentiment", "entities")),
    reason="the models are not trained yet",
)
DARK = "The earthquake killed 4,000 people, and thousands more died of hunger and disease."
LIGHT = "The festival is loved for its music, its gardens and its happy crowds of children."
MET = (
    "Ada Lovelace met Charles Babbage in London in 1833. "
    "She wrote about Babbage's Analytical Engine. Ada Lovelace died in London."
)


def test_the_gate_tells_dark_from_light() -> None:
    """And lets the light pass."""
    dark, light = Sentiment.load(settings.Sentiment(), Device()).run(
        [article(text=DARK), article(text=LIGHT)]
    )
    assert dark.label == "NEGATIVE"
    assert dark.rejected
    assert not light.rejected


def test_names_are_found_whole_and_counted() -> None:
    """Case marks, word pieces and possessives are put right."""
    (found,) = Entities.load(settings.Entities(), Device()).run([article(text=MET)])
    names = {(one.text, one.type): one.count for one in found.items}
    assert names["Ada Lovelace", "PER"] == 2
    assert names["London", "LOC"] == 2
    assert names["Charles Babbage", "PER"] == 1
    assert ("Babbage", "PER") in names


def test_capitals_matter() -> None:
    """The tokenizer's case marks survived."""
    (found,) = Entities.load(settings.Entities(), Device()).run([article(text="He went to MIT.")])
    assert [one.text for one in found.items] == ["MIT"]


@pytest.mark.parametrize("stage", [Sentiment, Entities])
def test_they_run_in_int8(stage: type[Sentiment | Entities]) -> None:
    """By ONNX Runtime, on the CPU."""
    given = settings.Sentiment() if stage is Sentiment else settings.Entities()
    about = stage.load(given, Device()).about  # type: ignore[arg-type]
    assert (about.backend, about.dtype, about.device) == ("onnx", "int8", "cpu")
