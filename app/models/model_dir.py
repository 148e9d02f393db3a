"""A folder with a model: its files, and the facts read from them."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, TypedDict, cast

from tokenizers import Tokenizer

from app.core.errors import ModelError
from app.models import card
from app.models.model_info import ModelInfo

ONNX: Final = "model.int8.onnx"
_WEIGHTS: Final = (ONNX, "model*.safetensors", "pytorch_model*.bin")
_WINDOW: Final = 512  # tokens, if neither the model nor its tokenizer states a limit
_UNLIMITED: Final = 1_000_000  # transformers writes 1e30 for "no limit"


class ModelConfig(TypedDict, total=False):
    """The members of config.json that are read. They are not validated."""

    id2label: dict[str, str]
    max_position_embeddings: int
    model_type: str
    n_positions: int
    pad_token_id: int | None
    task_specific_params: dict[str, dict[str, str]] | None


@dataclass(frozen=True)
class ModelDir:
    """The folder of a stage's model.

    `commit` is the hub's commit, if it came from the hub; `stated` are the languages in the
    settings, if they state any.
    """

    stage: str
    model: str
    path: Path
    commit: str | None = None
    stated: tuple[str, ...] | None = None

    def error(self, problem: str) -> ModelError:
        """An error whose message begins with the stage and the model."""
        return ModelError(f"{self.stage}: model {self.model!r}: {problem}")

    def file(self, name: str) -> Path:
        """The path of a required file.

        Raises:
            ModelError: it does not exist.
        """
        path = self.path / name
        if not path.is_file():
            raise self.error(f"{name} is missing in {self.path}")
        return path

    def json(self, name: str) -> dict[str, object]:
        """The content of a required JSON file.

        Raises:
            ModelError: it does not exist, or is not a JSON object.
        """
        try:
            content = json.loads(self.file(name).read_text(encoding="utf-8"))
        except ValueError as error:
            raise self.error(f"{self.path / name} is not JSON: {error}") from None
        if not isinstance(content, dict):
            raise self.error(f"{self.path / name} is not a JSON object")
        return content

    @cached_property
    def config(self) -> ModelConfig:
        """The content of config.json."""
        return cast("ModelConfig", self.json("config.json"))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it reads: those of the settings, or else of its card."""
        return card.languages(self.path) if self.stated is None else self.stated

    @property
    def is_onnx(self) -> bool:
        """Whether it runs in ONNX Runtime, without torch."""
        return (self.path / ONNX).is_file()

    @property
    def weights(self) -> list[Path]:
        """The weight files, of the preferred format that exists: ONNX, safetensors, then bin."""
        found = (sorted(self.path.glob(pattern)) for pattern in _WEIGHTS)
        return next((files for files in found if files), [])

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the model's outputs.

        Raises:
            ModelError: `id2label` in config.json does not number them 0, 1, ...
        """
        names = self.config.get("id2label")
        if not isinstance(names, dict) or set(names) != set(map(str, range(len(names)))):
            raise self.error(f"id2label in {self.path / 'config.json'} must name classes 0, 1, ...")
        return tuple(str(names[str(number)]) for number in range(len(names)))

    @property
    def window(self) -> int:
        """The model's longest input in tokens, including special tokens."""
        positions = self.config.get("max_position_embeddings")
        if positions and "roberta" in self.config.get("model_type", ""):
            positions -= (
                cast("int", self.config.get("pad_token_id", 1)) + 1
            )  # RoBERTa's positions begin after the padding id
        limits = self.config.get("n_positions"), positions, self._tokenizer_window
        return min((int(n) for n in limits if n and n < _UNLIMITED), default=_WINDOW)

    @property
    def _tokenizer_window(self) -> float | None:
        if not (self.path / "tokenizer_config.json").is_file():
            return None
        limit = self.json("tokenizer_config.json").get("model_max_length")
        return cast("float | None", limit)

    def tokenizer(self) -> Tokenizer:
        """The tokenizer in tokenizer.json.

        Raises:
            ModelError: the file does not exist, or is not a tokenizer.
        """
        path = self.file("tokenizer.json")
        try:
            return Tokenizer.from_file(str(path))
        except Exception as error:
            raise self.error(f"{path} is not a tokenizer: {error}") from error

    def info(self, backend: Literal["onnx", "torch"], device: str, dtype: str) -> ModelInfo:
        """The description of this model, loaded in a library on a device."""
        return ModelInfo(
            stage=self.stage,
            model=self.model,
            revision=self.commit or fingerprint(*self.weights),
            backend=backend,
            device=device,
            dtype=dtype,
            languages=self.languages,
        )


def fingerprint(*files: Path) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of the files, concatenated."""
    sha = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                sha.update(chunk)
    return sha.hexdigest()[:12]
