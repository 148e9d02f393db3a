"""Two models sharing one GPU, each of them alone, and the throughput by batch size.

`python -m bench.gpu` needs the extra `hub` and a CUDA device. The weights are random, the sizes
those of distilbart-cnn-12-6 and bert-base. Each model has its own process, as a replica has, is
loaded and run by the app's classes, and gets texts of 50 to 500 tokens, others in each batch.
"""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from app.config.batching import BatchSettings
from app.config.settings import EntitiesSettings, SummarizerSettings
from app.models.classifier import Classifier, ClassifierKind
from app.models.device import Device
from app.models.pytorch import configure_process
from app.models.resolve import EMBEDDED_FOLDER
from app.models.seq2seq import Seq2Seq
from app.stages.token_batches import Runner, in_groups

SECONDS = 4
BATCH = 8
BATCHES = (1, 4, 16, 64)
LENGTHS = (50, 500)
SUMMARY = {"min_tokens": 64, "max_tokens": 64}
MIB = 2**20


class Measured(NamedTuple):
    """Articles a second, the median batch in milliseconds, and the peak memory in MiB."""

    rate: float
    p50_ms: float
    peak_mib: float


def summarizer(folder: Path, device: Device) -> Runner[Any]:
    """An encoder-decoder that summarises a batch by beam search."""
    return Seq2Seq.load("summarizer", SummarizerSettings(model=str(folder), **SUMMARY), device)


def entities(folder: Path, device: Device) -> Runner[Any]:
    """An encoder that labels each token of a batch."""
    settings = EntitiesSettings(model=str(folder))
    return Classifier.load(ClassifierKind.TOKENS, "entities", settings, device)


MODELS: dict[str, Callable[[Path, Device], Runner[Any]]] = {
    "summarizer": summarizer,
    "entities": entities,
}


def save_models(home: Path) -> None:
    """A folder for each model, with random weights and the embedded tokenizer."""
    import transformers  # noqa: PLC0415 - of the extra

    tokenizer = (EMBEDDED_FOLDER / "entities" / "tokenizer.json").read_bytes()
    tags = {number: f"B-{number}" for number in range(9)}
    bart = transformers.BartConfig(decoder_layers=6)
    bert = transformers.BertConfig(
        id2label=tags, label2id={tag: number for number, tag in tags.items()}
    )
    transformers.BartForConditionalGeneration(bart).save_pretrained(home / "summarizer")
    transformers.BertForTokenClassification(bert).save_pretrained(home / "entities")
    for name in MODELS:
        (home / name / "tokenizer.json").write_bytes(tokenizer)


def replica(folder: Path, share: float, batch: int, ready: Barrier, results: Connection) -> None:
    """Run one model for `SECONDS`, once all processes are ready; send a `Measured`."""
    import torch  # noqa: PLC0415 - once a process

    runner = MODELS[folder.name](folder, Device(gpus=share))
    budget = BatchSettings().budget("cuda:0", "torch")
    random.seed(1)

    def work() -> None:
        in_groups([_text() for _ in range(batch)], budget, runner)

    with ThreadPoolExecutor(1) as thread:  # a replica runs its batches in a thread
        thread.submit(work).result()
        ready.wait()
        times = thread.submit(_timed, work).result()
    peak = torch.cuda.max_memory_reserved() / MIB
    results.send(Measured(batch * len(times) / sum(times), 1000 * median(times), peak))


def _text() -> list[int]:
    return [random.randrange(200, 10_000) for _ in range(random.randint(*LENGTHS))]


def _timed(work: Callable[[], None]) -> list[float]:
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
    home: Path, shares: dict[str, float], batch: int = BATCH, *, with_greedy: bool = False
) -> dict[str, Any]:
    """The results of models that run at the same time, each with its share of the GPU."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(len(shares))
    pipes = {name: spawn.Pipe() for name in shares}
    processes = [
        spawn.Process(target=replica, args=(home / name, share, batch, ready, pipes[name][1]))
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


def by_batch(home: Path, name: str) -> str:
    """The articles a second of a model alone, for each batch size."""
    rates = {batch: together(home, {name: 1.0}, batch)[name].rate for batch in BATCHES}
    return ", ".join(f"{batch}: {rate:,.1f}" for batch, rate in rates.items())


def main() -> None:
    """Measure and print a table."""
    import torch  # noqa: PLC0415 - of the extra

    if not torch.cuda.is_available():
        print("No CUDA device: nothing was measured.")
        sys.exit(0)
    with TemporaryDirectory() as folder:
        save_models(Path(folder))
        measure(Path(folder), torch.cuda.get_device_properties(0).total_memory / MIB)


def measure(home: Path, total: float) -> None:
    """Print the figures of the models in `home` on a GPU with `total` MiB."""
    alone = {name: together(home, {name: 1.0})[name] for name in MODELS}
    halves = together(home, dict.fromkeys(MODELS, 0.5))
    print(f"{total:,.0f} MiB; batches of {BATCH} texts of {LENGTHS[0]} to {LENGTHS[1]} tokens")
    print(f"{'':12}{'alone':>24}{'half, with the other':>26}{'ratio':>8}{'peak / cap':>20}")
    for name in MODELS:
        one, half = alone[name], halves[name]
        figures = f"{one.rate:8.1f}/s {one.p50_ms:8.1f} ms{half.rate:14.1f}/s {half.p50_ms:8.1f} ms"
        memory = f"{half.peak_mib:,.0f} / {total / 2:,.0f} MiB"
        print(f"{name:12}    {figures}{half.rate / one.rate:8.2f}{memory:>20}")
    neighbour = together(home, {"entities": 0.5}, with_greedy=True)
    kept = neighbour["entities"].rate / halves["entities"].rate
    print(f"A greedy neighbour with half of the GPU gets {neighbour['greedy']:,} MiB, then fails;")
    print(f"entities continue at {kept:.2f} of their rate with the summarizer.")
    for name in MODELS:
        print(f"{name} alone, articles a second by batch size: {by_batch(home, name)}")


if __name__ == "__main__":
    main()
