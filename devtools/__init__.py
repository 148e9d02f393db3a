"""Shared by `bench`, `tools` and `tests`: programs in their own processes, and where they are."""
