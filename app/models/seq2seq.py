"""A loaded model that writes text from text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from app.models import pytorch
from app.models.about import About
from app.models.device import Device
from app.models.folder import Folder
from app.models.loading import find
from app.models.pytorch import Module
from app.models.reader import IntArray, Reader
from app.settings import Summarizer

_AUTO: Final = "AutoModelForSeq2SeqLM"

Generate: TypeAlias = Callable[[IntArray, IntArray], list[list[int]]]


@dataclass(frozen=True)
class Seq2Seq:
    """Rows of tokens in, a text for each out."""

    about: About
    reader: Reader
    generate: Generate

    @classmethod
    def load(cls, stage: str, given: Summarizer, device: Device) -> "Seq2Seq":
        """The model that the settings name.

        Raises:
            ModelError: it cannot be loaded, or is of another kind.
        """
        folder = find(stage, given)
        module, place = pytorch.load(folder, _AUTO, device)
        reader = Reader.of(folder, pytorch.tokenizer(folder), _instruction(folder))
        generate = _generator(module, folder, place, given)
        return cls(folder.about("torch", place.device, place.dtype), reader, generate)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text that is written for each row."""
        written = self.generate(*self.reader.arrays(rows))
        return [self.reader.tokenizer.decode(ids, skip_special_tokens=True) for ids in written]


def _instruction(folder: Folder) -> str:
    """What a model of many tasks (T5) wants to be told first."""
    tasks = folder.config.get("task_specific_params") or {}
    return str(tasks.get("summarization", {}).get("prefix", ""))


def _generator(module: Module, folder: Folder, place: pytorch.Place, given: Summarizer) -> Generate:
    torch, _ = pytorch.libraries(folder.stage, folder.model)
    longest = min(given.max_tokens, folder.window - 1)  # what is written has a window, too
    options: dict[str, Any] = {
        "num_beams": given.beams,
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
