"""Two models sharing one GPU, each of them alone, and the throughput by batch size.

`python -m bench.gpu` needs the extra `hub` and a CUDA device. The weights are random, the sizes
those of distilbart-cnn-12-6 and bert-base. Each model has its own process, as a replica has, and
the code that caps a replica's memory caps it.
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
from app.models.pytorch import TorchPlacement, configure_process

SECONDS = 10
BATCH, TOKENS = 8, 512
BATCHES = (1, 4, 16, 64)
SUMMARY = {"num_beams": 4, "min_new_tokens": 64, "max_new_tokens": 64}
MIB = 2**20
Pass = Callable[[], Any]


class Measured(NamedTuple):
    """Articles a second, the median batch in milliseconds, and the peak memory in MiB."""

    rate: float
    p50_ms: float
    peak_mib: float


def summarizer(torch: Any, transformers: Any, place: TorchPlacement, batch: int) -> Pass:
    """An encoder-decoder that summarises a batch by beam search."""
    config = transformers.BartConfig(
        d_model=1024,
        encoder_layers=12,
        decoder_layers=6,
        encoder_ffn_dim=4096,
        decoder_ffn_dim=4096,
        encoder_attention_heads=16,
        decoder_attention_heads=16,
    )
    model = _placed(torch, transformers.BartForConditionalGeneration(config), place)
    ids = torch.randint(10, config.vocab_size, (batch, TOKENS), device=place.device)
    return lambda: model.generate(ids, **SUMMARY).cpu()


def entities(torch: Any, transformers: Any, place: TorchPlacement, batch: int) -> Pass:
    """An encoder that labels each token of a batch."""
    config = transformers.BertConfig(num_labels=9)
    model = _placed(torch, transformers.BertForTokenClassification(config), place)
    ids = torch.randint(10, config.vocab_size, (batch, TOKENS), device=place.device)

    def labelled() -> Any:
        return model(input_ids=ids).logits.cpu()

    return labelled


MODELS = {"summarizer": summarizer, "entities": entities}


def _placed(torch: Any, model: Any, place: TorchPlacement) -> Any:
    return model.to(place.device, getattr(torch, place.dtype)).eval()


def replica(name: str, share: float, batch: int, ready: Barrier, results: Connection) -> None:
    """Run one model for `SECONDS`, once all processes are ready; send a `Measured`."""
    import torch  # noqa: PLC0415 - once a process
    import transformers  # noqa: PLC0415

    place = configure_process(torch, Device(gpus=share))
    with torch.inference_mode():
        work = MODELS[name](torch, transformers, place, batch)
        work()
        ready.wait()
        times = _timed(work)
    peak = torch.cuda.max_memory_reserved() / MIB
    results.send(Measured(batch * len(times) / sum(times), 1000 * median(times), peak))


def _timed(work: Pass) -> list[float]:
    times: list[float] = []
    while sum(times) < SECONDS:
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return times


def greedy(share: float, results: Connection) -> None:
    """Allocate memory until it runs out; send the MiB allocated."""
    import torch  # noqa: PLC0415

    configure_process(torch, Device(gpus=share))
    blocks: list[Any] = []
    try:
        while True:
            blocks.append(torch.empty(256 * MIB, dtype=torch.uint8, device="cuda:0"))
    except torch.OutOfMemoryError:
        results.send(256 * len(blocks))


def together(
    shares: dict[str, float], batch: int = BATCH, *, with_greedy: bool = False
) -> dict[str, Any]:
    """The results of models that run at the same time, each with its share of the GPU."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(len(shares))
    pipes = {name: spawn.Pipe() for name in shares}
    processes = [
        spawn.Process(target=replica, args=(name, share, batch, ready, pipes[name][1]))
        for name, share in shares.items()
    ]
    if with_greedy:
        pipes["greedy"] = spawn.Pipe()
        processes.append(spawn.Process(target=greedy, args=(0.5, pipes["greedy"][1])))
    for process in processes:
        process.start()
    results = {name: pipe[0].recv() for name, pipe in pipes.items()}
    for process in processes:
        process.join()
    return results


def by_batch(name: str) -> str:
    """The articles a second of a model alone, for each batch size."""
    rates = {batch: together({name: 1.0}, batch)[name].rate for batch in BATCHES}
    return ", ".join(f"{batch}: {rate:,.1f}" for batch, rate in rates.items())


def main() -> None:
    """Measure and print a table."""
    import torch  # noqa: PLC0415 - of the extra

    if not torch.cuda.is_available():
        print("No CUDA device: nothing was measured.")
        sys.exit(0)
    total = torch.cuda.get_device_properties(0).total_memory / MIB
    alone = {name: together({name: 1.0})[name] for name in MODELS}
    halves = together(dict.fromkeys(MODELS, 0.5))
    print(
        f"{torch.cuda.get_device_name(0)}, {total:,.0f} MiB; batches of {BATCH} x {TOKENS} tokens"
    )
    print(f"{'':12}{'alone':>24}{'half, with the other':>26}{'ratio':>8}{'peak / cap':>20}")
    for name in MODELS:
        one, half = alone[name], halves[name]
        figures = f"{one.rate:8.1f}/s {one.p50_ms:8.1f} ms{half.rate:14.1f}/s {half.p50_ms:8.1f} ms"
        memory = f"{half.peak_mib:,.0f} / {total / 2:,.0f} MiB"
        print(f"{name:12}    {figures}{half.rate / one.rate:8.2f}{memory:>20}")
    neighbour = together({"entities": 0.5}, with_greedy=True)
    kept = neighbour["entities"].rate / halves["entities"].rate
    print(f"A greedy neighbour with half of the GPU gets {neighbour['greedy']:,} MiB, then fails;")
    print(f"entities continue at {kept:.2f} of their rate with the summarizer.")
    for name in MODELS:
        print(f"{name} alone, articles a second by batch size: {by_batch(name)}")


if __name__ == "__main__":
    main()
