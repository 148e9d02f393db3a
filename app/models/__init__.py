"""From a model's name to a loaded model, in ONNX Runtime or torch; `embedded/` holds two.

Imports `core` and `config`.
"""
