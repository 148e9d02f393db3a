"""A folder that holds a model: its files, and what they say."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from tokenizers import Tokenizer

from app.core.errors import ModelError
from app.models.model_info import ModelInfo

ONNX: Final = "model.int8.onnx"
_WEIGHTS: Final = (ONNX, "model*.safetensors", "pytorch_model*.bin")
_WINDOW: Final = 512  # where neither the model nor its tokenizer says
_UNLIMITED: Final = 1_000_000  # transformers writes 1e30 for "not said"


@dataclass(frozen=True)
class ModelDir:
    """Where a stage's model lies. `commit` is the hub's, where it comes from there."""

    stage: str
    model: str
    path: Path
    commit: str | None = None

    def error(self, problem: str) -> ModelError:
        """What is wrong, with the stage and the model before it."""
        return ModelError(f"{self.stage}: model {self.model!r}: {problem}")

    def file(self, name: str) -> Path:
        """A file that must be there.

        Raises:
            ModelError: it is not.
        """
        path = self.path / name
        if not path.is_file():
            raise self.error(f"{name} is missing in {self.path}")
        return path

    def json(self, name: str) -> dict[str, Any]:
        """The content of a JSON file that must be there.

        Raises:
            ModelError: it is not, or is not JSON.
        """
        try:
            content = json.loads(self.file(name).read_text(encoding="utf-8"))
        except ValueError as error:
            raise self.error(f"{self.path / name} is not JSON: {error}") from None
        if not isinstance(content, dict):
            raise self.error(f"{self.path / name} does not hold a JSON object")
        return content

    @cached_property
    def config(self) -> dict[str, Any]:
        """What config.json says."""
        return self.json("config.json")

    @property
    def is_onnx(self) -> bool:
        """Whether ONNX Runtime can run it, so that torch is not needed."""
        return (self.path / ONNX).is_file()

    @property
    def weights(self) -> list[Path]:
        """The files with the weights that are loaded, of the first kind that there is."""
        found = (sorted(self.path.glob(pattern)) for pattern in _WEIGHTS)
        return next((files for files in found if files), [])

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the model's outputs.

        Raises:
            ModelError: config.json does not name them one by one, from 0 on.
        """
        names = self.config.get("id2label")
        if not isinstance(names, dict) or set(names) != set(map(str, range(len(names)))):
            raise self.error(f"id2label in {self.path / 'config.json'} must name classes 0, 1, ...")
        return tuple(str(names[str(number)]) for number in range(len(names)))

    @property
    def window(self) -> int:
        """Tokens that the model can read at once, special ones included."""
        positions = self.config.get("max_position_embeddings")
        if positions and "roberta" in self.config.get("model_type", ""):
            positions -= self.config.get("pad_token_id", 1) + 1  # its positions begin after padding
        said = self.config.get("n_positions"), positions, self._tokenizer_window
        return min((int(one) for one in said if one and one < _UNLIMITED), default=_WINDOW)

    @property
    def _tokenizer_window(self) -> float | None:
        if not (self.path / "tokenizer_config.json").is_file():
            return None
        return self.json("tokenizer_config.json").get("model_max_length")

    def tokenizer(self) -> Tokenizer:
        """The tokenizer of tokenizer.json.

        Raises:
            ModelError: it is not there, or is none.
        """
        path = self.file("tokenizer.json")
        try:
            return Tokenizer.from_file(str(path))
        except Exception as error:
            raise self.error(f"{path} is not a tokenizer: {error}") from error

    def info(self, backend: Literal["onnx", "torch"], device: str, dtype: str) -> ModelInfo:
        """What a replica says of itself once this is loaded."""
        return ModelInfo(
            stage=self.stage,
            model=self.model,
            revision=self.commit or fingerprint(*self.weights),
            backend=backend,
            device=device,
            dtype=dtype,
        )


def fingerprint(*files: Path) -> str:
    """Twelve digits of the SHA-256 of the files, one after another."""
    sha = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                sha.update(chunk)
    return sha.hexdigest()[:12]
