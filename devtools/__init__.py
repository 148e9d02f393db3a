"""What `bench`, `tools` and `tests` share: a server in a process of its own, and Chromium."""
