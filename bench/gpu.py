"""Two models on one GPU, half of it each, beside each of them alone, and what batches gain there.

`python -m bench.gpu` needs the extra `hub` and a CUDA device. The weights are random, the sizes
those of distilbart-cnn-12-6 and bert-base. Each model is a process of its own, as a replica is, and
its memory is capped by the code that caps a replica's.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Any, NamedTuple

from app.models.device import Device
from app.models.pytorch import Place, settle

SECONDS = 10
BATCH, TOKENS = 8, 512
BATCHES = (1, 4, 16, 64)
SUMMARY = {"num_beams": 4, "min_new_tokens": 64, "max_new_tokens": 64}
MIB = 2**20
Pass = Callable[[], Any]


class Measured(NamedTuple):
    """Articles a second, the median batch in milliseconds, and the most memory in MiB."""

    rate: float
    p50_ms: float
    peak_mib: float


def summarizer(torch: Any, transformers: Any, place: Place, batch: int) -> Pass:
    """A batch through an encoder, and a summary out of beams."""
    config = transformers.BartConfig(
        d_model=1024,
        encoder_layers=12,
        decoder_layers=6,
        encoder_ffn_dim=4096,
        decoder_ffn_dim=4096,
        encoder_attention_heads=16,
        decoder_attention_heads=16,
    )
    model = _settled(torch, transformers.BartForConditionalGeneration(config), place)
    ids = torch.randint(10, config.vocab_size, (batch, TOKENS), device=place.device)
    return lambda: model.generate(ids, **SUMMARY).cpu()


def entities(torch: Any, transformers: Any, place: Place, batch: int) -> Pass:
    """A batch through an encoder, and a label for each token."""
    config = transformers.BertConfig(num_labels=9)
    model = _settled(torch, transformers.BertForTokenClassification(config), place)
    ids = torch.randint(10, config.vocab_size, (batch, TOKENS), device=place.device)

    def labelled() -> Any:
        return model(input_ids=ids).logits.cpu()

    return labelled


MODELS = {"summarizer": summarizer, "entities": entities}


def _settled(torch: Any, model: Any, place: Place) -> Any:
    return model.to(place.device, getattr(torch, place.dtype)).eval()


def replica(name: str, share: float, batch: int, ready: Barrier, told: Connection) -> None:
    """A process with one model: waits for the others, works for a while, says what it measured."""
    import torch  # noqa: PLC0415 - each process has its own
    import transformers  # noqa: PLC0415

    place = settle(torch, Device(gpus=share))
    with torch.inference_mode():
        work = MODELS[name](torch, transformers, place, batch)
        work()
        ready.wait()
        times = _timed(work)
    peak = torch.cuda.max_memory_reserved() / MIB
    told.send(Measured(batch * len(times) / sum(times), 1000 * median(times), peak))


def _timed(work: Pass) -> list[float]:
    times: list[float] = []
    while sum(times) < SECONDS:
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return times


def greedy(share: float, told: Connection) -> None:
    """A process that takes memory until it gets no more: says how many MiB it had."""
    import torch  # noqa: PLC0415

    settle(torch, Device(gpus=share))
    held: list[Any] = []
    try:
        while True:
            held.append(torch.empty(256 * MIB, dtype=torch.uint8, device="cuda:0"))
    except torch.OutOfMemoryError:
        told.send(256 * len(held))


def together(
    shares: dict[str, float], batch: int = BATCH, *, beside_a_greedy: bool = False
) -> dict[str, Any]:
    """What models measure that work at the same time, each with its share."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(len(shares))
    pipes = {name: spawn.Pipe() for name in shares}
    processes = [
        spawn.Process(target=replica, args=(name, share, batch, ready, pipes[name][1]))
        for name, share in shares.items()
    ]
    if beside_a_greedy:
        pipes["greedy"] = spawn.Pipe()
        processes.append(spawn.Process(target=greedy, args=(0.5, pipes["greedy"][1])))
    for process in processes:
        process.start()
    told = {name: pipe[0].recv() for name, pipe in pipes.items()}
    for process in processes:
        process.join()
    return told


def by_batch(name: str) -> str:
    """The articles a second of a model alone, for each size of batch."""
    rates = {batch: together({name: 1.0}, batch)[name].rate for batch in BATCHES}
    return ", ".join(f"{batch}: {rate:,.1f}" for batch, rate in rates.items())


def main() -> None:
    """Measure, and print a table."""
    import torch  # noqa: PLC0415 - of the extra

    if not torch.cuda.is_available():
        print("There is no CUDA device here: nothing was measured.")
        sys.exit(0)
    total = torch.cuda.get_device_properties(0).total_memory / MIB
    alone = {name: together({name: 1.0})[name] for name in MODELS}
    halves = together(dict.fromkeys(MODELS, 0.5))
    print(
        f"{torch.cuda.get_device_name(0)}, {total:,.0f} MiB; batches of {BATCH} x {TOKENS} tokens"
    )
    print(f"{'':12}{'alone':>24}{'half, beside the other':>26}{'ratio':>8}{'peak / cap':>20}")
    for name in MODELS:
        one, half = alone[name], halves[name]
        figures = f"{one.rate:8.1f}/s {one.p50_ms:8.1f} ms{half.rate:14.1f}/s {half.p50_ms:8.1f} ms"
        memory = f"{half.peak_mib:,.0f} / {total / 2:,.0f} MiB"
        print(f"{name:12}    {figures}{half.rate / one.rate:8.2f}{memory:>20}")
    beside = together({"entities": 0.5}, beside_a_greedy=True)
    kept = beside["entities"].rate / halves["entities"].rate
    print(
        f"A neighbour of one half that takes what it can gets {beside['greedy']:,} MiB, then fails;"
    )
    print(f"entities beside it go on, at {kept:.2f} of their rate beside the summarizer.")
    for name in MODELS:
        print(f"{name} alone, articles a second by the articles in a batch: {by_batch(name)}")


if __name__ == "__main__":
    main()
