"""Chromium from the system's packages: the one that is there, or one installed for us."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")
WANTED = "no Chromium here, and apt-get could not install it: the page is not tested"
INSTALL_S = 300


def executable() -> str | None:
    """The path of Chromium; None where there is none to be had."""
    return _found() or (_found() if _installed() else None)


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _installed() -> bool:
    """Whether the system's packages have given it."""
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
