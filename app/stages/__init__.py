"""The stages of the graph: plain classes without Ray or HTTP, and the table of them.

Imports `core`, `config`, `sources` and `models`.
"""
