"""Models from folders, as from the Hugging Face hub, by settings only."""

from pathlib import Path

import requests

from devtools.server import Server
from tests.support.tiny_folders import classifier_folder, tagger_folder, tiny_models, writer_folder

__all__ = ["classifier_folder", "tagger_folder", "tiny_models", "writer_folder"]
ASK_S = 60


def test_distilbert_bert_and_bart_run_in_the_graph(
    classifier_folder: Path, tagger_folder: Path, writer_folder: Path
) -> None:
    """Each runs in PyTorch in its own deployment; the weights are random."""
    folders = {
        "sentiment": classifier_folder,
        "entities": tagger_folder,
        "summarizer": writer_folder,
    }
    assignments = [f"{stage}.model={folder}" for stage, folder in folders.items()]
    with Server(*assignments, "sentiment.threshold=1", "summarizer.min_tokens=1") as server:
        digest = requests.get(f"{server.address}/v1/digest?term=kyoto", timeout=ASK_S).json()
        models = requests.get(f"{server.address}/v1/models", timeout=ASK_S).json()["models"]
    assert (digest["status"], digest["missing"]) == ("ok", [])
    assert digest["summary"]["method"] == "abstractive"
    assert digest["summary"]["read"]["characters"] <= digest["summary"]["read"]["of"]
    assert {m["stage"]: (m["model"], m["backend"]) for m in models} == {
        stage: (str(folder), "torch") for stage, folder in folders.items()
    }
