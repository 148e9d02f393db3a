"""Generators of derived files, and other tools of developers; not used in production."""
