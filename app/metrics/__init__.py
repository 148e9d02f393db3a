"""What is measured: the table of metrics, and the totals of one process.

Imports `core` and `config`. Knows nothing of Ray, which exports the totals (`serving/metrics.py`).
"""
