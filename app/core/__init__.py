"""Values that travel, errors, text, backoff and shared computations.

Imports nothing else of `app`.
"""
