"""How the embedded models were made: retrain, measure and export them.

Nothing here is imported by the served application. Read in this order: ``data`` (what is
learned from), ``base`` (what is fine-tuned), ``tone`` and ``entities`` (the two trainings),
``export`` (torch to int8 ONNX), ``card`` (what is written beside the weights), ``summary``
(the measurement behind the extractive summarizer).
"""
