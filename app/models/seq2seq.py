"""Sequence-to-sequence models, which generate text from text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

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
    """A model that generates a text from each row of token ids."""

    info: ModelInfo
    encoder: Encoder
    generate: Generate

    @classmethod
    def load(cls, stage: str, settings: SummarizerSettings, device: Device) -> "Seq2Seq":
        """Load the model named in the settings.

        Raises:
            ModelError: it cannot be loaded, or is of another kind.
        """
        model_dir = find(stage, settings)
        module, placement = pytorch.load(model_dir, _AUTO, device)
        tokenizer = pytorch.tokenizer(model_dir)
        encoder = Encoder.of(model_dir, tokenizer, _instruction(model_dir), device.tokens)
        generate = _generator(module, model_dir, placement, settings)
        return cls(model_dir.info("torch", placement.device, placement.dtype), encoder, generate)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The generated text of each row."""
        generated = self.generate(*self.encoder.arrays(rows))
        return [self.encoder.tokenizer.decode(ids, skip_special_tokens=True) for ids in generated]


def _instruction(model_dir: ModelDir) -> str:
    """The prefix that selects the task of a multi-task model (T5)."""
    tasks = model_dir.config.get("task_specific_params") or {}
    return str(tasks.get("summarization", {}).get("prefix", ""))


def _generator(
    module: Module,
    model_dir: ModelDir,
    placement: pytorch.TorchPlacement,
    settings: SummarizerSettings,
) -> Generate:
    torch, _ = pytorch.libraries(model_dir.stage, model_dir.model)
    longest = min(settings.max_tokens, model_dir.window - 1)  # the window limits the output, too
    options: dict[str, int] = {
        "num_beams": settings.num_beams,
        "max_new_tokens": longest,
        "min_new_tokens": min(settings.min_tokens, longest),
        "do_sample": False,
    }
    # Transformers would warn about the model's own bounds at every call.
    module.generation_config.max_length = module.generation_config.min_length = None

    def generate(ids: IntArray, mask: IntArray) -> list[list[int]]:
        with torch.inference_mode():
            feed = [torch.from_numpy(array).to(placement.device) for array in (ids, mask)]
            return module.generate(input_ids=feed[0], attention_mask=feed[1], **options).tolist()

    return generate
