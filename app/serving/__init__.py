"""Ray Serve: replicas, handles, readiness, headers and the Serve config.

Imports `api` and what is below it.
"""
