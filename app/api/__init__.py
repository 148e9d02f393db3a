"""HTTP: FastAPI routes, schemas, problems, limits and the page.

Imports `driver` and what is below it.
"""
