"""The training loop of both models, and prediction in batches of similar length."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import PreTrainedModel

IGNORED: Final = -100  # torch's default ignore_index: a target without loss
POOL: Final = 50  # batches whose examples are sorted by length together
CLIP: Final = 1.0  # the largest norm of the gradients

Logits = NDArray[np.float32]
Forward = Callable[[Logits, Logits], Logits]


class Example(NamedTuple):
    """Token ids with [CLS] and [SEP]; targets: a class per token, or the class shares of a text.

    A twin is another form of a text, with the same targets, that should have the same logits.
    """

    ids: list[int]
    targets: list[int] | list[float]
    twin: list[int] | None = None


@dataclass(frozen=True)
class Recipe:
    """The hyperparameters of a training; the model card lists them."""

    rate: float
    batch: int
    epochs: int
    seed: int
    warmup: float = 0.1  # share of all steps
    decay: float = 0.01

    def plain(self) -> dict[str, Any]:
        """The recipe as a mapping, for scores.json."""
        return asdict(self)


def seed_everything(seed: int) -> None:
    """Use one thread and one seed: the same kind of machine then yields the same weights."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)


def pad(rows: Sequence[Sequence[float]], filler: int) -> torch.Tensor:
    """The rows as a rectangular tensor."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows])


def batches(examples: list[Example], size: int, rng: Random) -> list[list[Example]]:
    """Shuffled batches of examples of similar length."""
    rng.shuffle(examples)
    pools = [examples[at : at + POOL * size] for at in range(0, len(examples), POOL * size)]
    cut = [
        ordered[at : at + size]
        for ordered in (sorted(pool, key=lambda one: len(one.ids)) for pool in pools)
        for at in range(0, len(ordered), size)
    ]
    rng.shuffle(cut)
    return cut


def fit(
    model: PreTrainedModel,
    epoch: Callable[[Random], list[Example]],
    recipe: Recipe,
    weights: Sequence[float] | None = None,
) -> None:
    """Fine-tune every weight; ``epoch`` returns the examples of one pass."""
    rng = Random(recipe.seed)
    plan = [batches(epoch(rng), recipe.batch, rng) for _ in range(recipe.epochs)]
    steps = [batch for one in plan for batch in one]
    optimizer, schedule = _optimizer(model, recipe, len(steps))
    scale = None if weights is None else torch.tensor(weights)
    model.train()
    for batch in tqdm(steps, file=sys.stderr, mininterval=10):
        _loss(model, batch, scale).backward()  # type: ignore[no-untyped-call]  # torch's own
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.train(mode=False)


def _optimizer(
    model: PreTrainedModel, recipe: Recipe, steps: int
) -> tuple[torch.optim.AdamW, torch.optim.lr_scheduler.LambdaLR]:
    optimizer = torch.optim.AdamW(
        model.parameters(), recipe.rate, weight_decay=recipe.decay, fused=True
    )
    warm = max(1, int(recipe.warmup * steps))

    def slope(step: int) -> float:
        return min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, slope)


def _loss(
    model: PreTrainedModel, batch: Sequence[Example], weights: torch.Tensor | None
) -> torch.Tensor:
    twins = [one for one in batch if one.twin]
    rows = [*(one.ids for one in batch), *(one.twin or [] for one in twins)]
    ids, mask = pad(rows, 0), pad([[1] * len(row) for row in rows], 0)
    targets = pad([one.targets for one in (*batch, *twins)], IGNORED)
    with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
        logits = model(input_ids=ids, attention_mask=mask).logits.float()
    if targets.is_floating_point():
        return cross_entropy(logits, targets, weights) + _apart(logits, batch)
    return cross_entropy(logits.transpose(1, 2), targets, weights, ignore_index=IGNORED)


def _apart(logits: torch.Tensor, batch: Sequence[Example]) -> torch.Tensor:
    """The mean squared difference between the logits of the twins, which follow the batch."""
    paired = [at for at, one in enumerate(batch) if one.twin]
    apart = (logits[paired] - logits[len(batch) :]).square()
    return apart.sum() / (len(batch) * logits.shape[1])


def has_bfloat16() -> bool:
    """Whether the CPU multiplies in bfloat16. That halves the time there; elsewhere it is slower.

    Weights stay float32 in both cases. On AVX2, a step takes 1.3 s in float32, 18.6 s in bfloat16.
    """
    found = torch.cpu.get_capabilities()
    return any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def torch_forward(model: PreTrainedModel) -> Forward:
    """The model as a function of arrays, like `export.onnx_forward`."""

    def forward(ids: Logits, mask: Logits) -> Logits:
        with torch.inference_mode():
            out = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        logits: Logits = out.logits.numpy()
        return logits

    return forward


def predict(forward: Forward, rows: Sequence[list[int]], size: int = 16) -> list[Logits]:
    """The logits of each row, in the order of the rows, without the padding."""
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    found: dict[int, Logits] = {}
    for chunk in _chunks(order, size):
        ids = pad([rows[at] for at in chunk], 0).numpy()
        mask = pad([[1] * len(rows[at]) for at in chunk], 0).numpy()
        logits = forward(ids, mask)
        for at, row in zip(chunk, logits, strict=True):
            found[at] = row[: len(rows[at])] if row.ndim == 2 else row
    return [found[at] for at in range(len(rows))]


def _chunks(order: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (order[at : at + size] for at in range(0, len(order), size))


def softmax(logits: Logits) -> Logits:
    """Probabilities over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Logits = raised / raised.sum(axis=-1, keepdims=True)
    return shares
