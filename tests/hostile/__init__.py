"""A program that attacks a real server, while a victim asks it: `python -m tests.hostile`."""
