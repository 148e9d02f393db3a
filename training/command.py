"""The command line that both trainings share, and the float32 weights kept beside."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from training.loop import Recipe


def parser(text: str, recipe: Recipe) -> argparse.ArgumentParser:
    """DATA, OUT and what may be varied."""
    found = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("data", type=Path, help="the folder with the sets, one folder each")
    found.add_argument("out", type=Path, help="the model folder to write")
    found.add_argument(
        "--weights",
        type=Path,
        help="where float32 weights are kept; if they are there already, nothing is trained",
    )
    found.add_argument("--seed", type=int, default=recipe.seed)
    found.add_argument("--epochs", type=int, default=recipe.epochs)
    return found


def kept(
    weights: Path | None, train: Callable[[], PreTrainedModel], loader: Any
) -> PreTrainedModel:
    """The model from the folder of weights, or a new one that is then put there."""
    if weights and (weights / "model.safetensors").exists():
        found: PreTrainedModel = loader.from_pretrained(weights).eval()
        return found
    model = train()
    if weights:
        model.save_pretrained(weights)
    return model
