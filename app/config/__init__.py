"""Settings and deployment options: their types, how they are loaded, where replicas are placed.

Imports `core`.
"""
