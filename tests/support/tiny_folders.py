"""Fixtures for a conftest: folders with tiny models; skipped without torch."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import needs


@pytest.fixture(scope="session")
def tiny_models() -> Any:
    """The module that creates the models."""
    return needs.module("tests.support.tiny_models")


@pytest.fixture(scope="session")
def classifier_folder(tiny_models: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved DistilBERT with two classes."""
    folder: Path = tiny_models.saved_classifier(tmp_path_factory.mktemp("classifier"))
    return folder


@pytest.fixture(scope="session")
def tagger_folder(tiny_models: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved BERT with the labels of names."""
    folder: Path = tiny_models.saved_tagger(tmp_path_factory.mktemp("tagger"))
    return folder


@pytest.fixture(scope="session")
def writer_folder(tiny_models: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved BART."""
    folder: Path = tiny_models.saved_writer(tmp_path_factory.mktemp("writer"))
    return folder


@pytest.fixture(scope="session")
def onnx_folder(tiny_models: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classifier in `texts` and the tagger in `tokens`, as int8 ONNX."""
    at = tmp_path_factory.mktemp("onnx")
    export = needs.module("training.export").export
    export(tiny_models.classifier(), tiny_models.bert_tokenizer(), at / "texts")
    export(tiny_models.tagger(), tiny_models.bert_tokenizer(), at / "tokens")
    return at
