"""The command line of both trainings, and storage of the float32 weights."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from training.loop import Recipe


def parser(text: str, recipe: Recipe) -> argparse.ArgumentParser:
    """A parser of DATA, OUT and the options of a training."""
    found = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("data", type=Path, help="the folder with the data sets, one folder each")
    found.add_argument("out", type=Path, help="the model folder to write")
    found.add_argument(
        "--weights",
        type=Path,
        help="the folder of the float32 weights; if it has some, training is skipped",
    )
    found.add_argument("--seed", type=int, default=recipe.seed)
    found.add_argument("--epochs", type=int, default=recipe.epochs)
    return found


def load_or_train(
    weights: Path | None, train: Callable[[], PreTrainedModel], loader: Any
) -> PreTrainedModel:
    """The model in the folder of weights, or a newly trained one, which is saved there."""
    if weights and (weights / "model.safetensors").exists():
        found: PreTrainedModel = loader.from_pretrained(weights).eval()
        return found
    model = train()
    if weights:
        model.save_pretrained(weights)
    return model
