"""One page is read at a time."""

from threading import Lock
from typing import Final

READING: Final = Lock()
"""Held while an answer of the wiki, or a page's text, is parsed.

Threads that compute are no faster side by side under Python's lock, and the stages' thread, which
needs it too, would wait for all of them. Network and models are not under it.
"""
READING_HTML: Final = Lock()
"""Likewise for the HTML of a page, which takes ten times as long: nothing else waits for it."""
