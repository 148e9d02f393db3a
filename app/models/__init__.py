"""Loads models by name, in ONNX Runtime or torch; `embedded/` has two bundled models.

Imports `core` and `config`.
"""
