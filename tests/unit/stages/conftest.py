"""Fixtures: folders with tiny models."""

from tests.support.tiny_folders import classifier_folder, tagger_folder, tiny_models, writer_folder

__all__ = ["classifier_folder", "tagger_folder", "tiny_models", "writer_folder"]
