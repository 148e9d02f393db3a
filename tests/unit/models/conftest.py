"""Folders of tiny models."""

from tests.support.tiny_models import classifier_folder, tagger_folder, writer_folder

__all__ = ["classifier_folder", "tagger_folder", "writer_folder"]
