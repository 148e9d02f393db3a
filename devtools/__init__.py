"""Shared by `bench`, `tools` and `tests`: a server in its own process, and Chromium."""
