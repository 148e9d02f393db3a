"""Folders of tiny models."""

from tests.support.tiny_folders import (
    classifier_folder,
    onnx_folder,
    tagger_folder,
    tiny_models,
    writer_folder,
)

__all__ = ["classifier_folder", "onnx_folder", "tagger_folder", "tiny_models", "writer_folder"]
