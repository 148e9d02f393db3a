"""Training, evaluation and export of the embedded models.

The served application imports nothing from here. Reading order: ``data`` (the data sets), ``base``
(the base model), ``tone`` and ``entities`` (the two trainings), ``export`` (torch to int8 ONNX),
``card`` (the model cards), ``summary`` (the evaluation of the extractive summarizer).
"""
