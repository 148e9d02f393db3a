"""A loaded model that writes text from text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from app.config.settings import SummarizerSettings
from app.models import pytorch
from app.models.device import Device
from app.models.encoding import Encoder, IntArray
from app.models.model_dir import ModelDir
from app.models.model_info import ModelInfo
from app.models.pytorch import Module
from app.models.resolve import find

_AUTO: Final = "AutoModelForSeq2SeqLM"

Generate: TypeAlias = Callable[[IntArray, IntArray], list[list[int]]]


@dataclass(frozen=True)
class Seq2Seq:
    """Rows of tokens in, a text for each out."""

    info: ModelInfo
    encoder: Encoder
    generate: Generate

    @classmethod
    def load(cls, stage: str, given: SummarizerSettings, device: Device) -> "Seq2Seq":
        """The model that the settings name.

        Raises:
            ModelError: it cannot be loaded, or is of another kind.
        """
        model_dir = find(stage, given)
        module, place = pytorch.load(model_dir, _AUTO, device)
        encoder = Encoder.of(model_dir, pytorch.tokenizer(model_dir), _instruction(model_dir))
        generate = _generator(module, model_dir, place, given)
        return cls(model_dir.info("torch", place.device, place.dtype), encoder, generate)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text that is written for each row."""
        written = self.generate(*self.encoder.arrays(rows))
        return [self.encoder.tokenizer.decode(ids, skip_special_tokens=True) for ids in written]


def _instruction(model_dir: ModelDir) -> str:
    """What a model of many tasks (T5) wants to be told first."""
    tasks = model_dir.config.get("task_specific_params") or {}
    return str(tasks.get("summarization", {}).get("prefix", ""))


def _generator(
    module: Module, model_dir: ModelDir, place: pytorch.Place, given: SummarizerSettings
) -> Generate:
    torch, _ = pytorch.libraries(model_dir.stage, model_dir.model)
    longest = min(given.max_tokens, model_dir.window - 1)  # what is written has a window, too
    options: dict[str, Any] = {
        "num_beams": given.num_beams,
        "max_new_tokens": longest,
        "min_new_tokens": min(given.min_tokens, longest),
        "do_sample": False,
    }
    # The model's own bounds would be warned about at every call.
    module.generation_config.max_length = module.generation_config.min_length = None

    def generate(ids: IntArray, mask: IntArray) -> list[list[int]]:
        with torch.inference_mode():
            feed = [torch.from_numpy(array).to(place.device) for array in (ids, mask)]
            written = module.generate(input_ids=feed[0], attention_mask=feed[1], **options)
            rows: list[list[int]] = written.tolist()
            return rows

    return generate
