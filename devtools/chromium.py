"""Chromium: the installed one, or a new one from the system's packages."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")
WANTED = "Chromium is not installed, and apt-get could not install it"
INSTALL_S = 300


def executable() -> str | None:
    """The path of Chromium; installed if possible, else None."""
    return _found() or (_found() if _install() else None)


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _install() -> bool:
    """Install Chromium with apt-get; return whether that worked."""
    if shutil.which("apt-get") is None:
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    install = ["install", "--yes", "--no-install-recommends", "chromium"]
    try:
        for words in (["update"], install):
            subprocess.run(
                [*as_root, "apt-get", "--quiet", *words],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
                timeout=INSTALL_S,
                check=True,
            )
    except (OSError, subprocess.SubprocessError):
        return False
    return True
