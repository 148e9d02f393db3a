"""Folders of tiny models."""

from tests.support.tiny_folders import onnx_folder, tiny_models

__all__ = ["onnx_folder", "tiny_models"]
