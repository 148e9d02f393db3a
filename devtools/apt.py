"""Debian's and Ubuntu's packages."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALL_S = 300
_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wiki-digest"


def found(package: str, name: str) -> str | None:
    """The path of a program that is installed, or in the cache of a package."""
    return shutil.which(name) or shutil.which(name, path=str(_CACHES / package / "usr" / "bin"))


def executable(package: str, name: str) -> str | None:
    """The path of a program; its package is downloaded into a cache if possible, else None.

    The package is not installed, because that could start a server on the machine.
    """
    return found(package, name) or (found(package, name) if _cache(package) else None)


def _cache(package: str) -> bool:
    _CACHES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHES) as folder:
        unpacked = Path(folder) / "unpacked"
        unpacked.mkdir()
        if not unpack(package, unpacked):
            return False
        try:
            unpacked.rename(_CACHES / package)
        except OSError:  # another process was faster
            return (_CACHES / package).exists()
    return True


def install(package: str) -> bool:
    """Install a package, as root or with sudo; return whether that worked."""
    return _get("update", root=True) and _get(
        "install", "--no-install-recommends", package, root=True
    )


def unpack(package: str, folder: Path) -> bool:
    """Unpack a package into an empty folder, without installing it; return whether that worked."""
    download = "--option", "APT::Sandbox::User=root", "download", package
    got = _get(*download, at=folder) or (_get("update", root=True) and _get(*download, at=folder))
    if not got:
        return False
    (file,) = folder.glob("*.deb")
    return _run("dpkg-deb", "--extract", str(file), str(folder))


def _get(*words: str, root: bool = False, at: Path | None = None) -> bool:
    as_root = ["sudo", "--non-interactive"] if root and os.geteuid() else []
    return _run(*as_root, "apt-get", "--quiet", "--yes", *words, at=at)


def _run(*command: str, at: Path | None = None) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        subprocess.run(
            command,
            cwd=at,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            timeout=INSTALL_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True
