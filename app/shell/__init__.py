"""The commands that ask: one term, or many."""
