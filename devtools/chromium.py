"""Chromium: the installed one, or a new one from the system's packages."""

import shutil

from devtools import apt

NAMES = ("chromium", "chromium-browser", "google-chrome")
WANTED = "Chromium is not installed, and apt-get could not install it"


def executable() -> str | None:
    """The path of Chromium; installed if possible, else None."""
    return _found() or (_found() if apt.install("chromium") else None)


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)
