"""API keys: named, kept as hashes in a file, and replaced while the server runs."""

import hmac
import logging
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from app.core.errors import ConfigError

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,64}):(?P<sha256>[0-9a-fA-F]{64})")
_log = logging.getLogger(__name__)
Hashes = tuple[tuple[str, bytes], ...]  # name and SHA-256
Version = tuple[int, int, int]  # inode, time of modification in ns, size


class Keys:
    """The keys in a file with a line `NAME:SHA256` for each; `#` begins a comment.

    A name can have several keys, so that a new one is valid before the old one is removed. The file
    is read again when it has changed; if it is then missing or invalid, the former keys are kept.

    Raises:
        ConfigError: the file is missing or invalid at the start.
    """

    def __init__(
        self, file: Path, equal: Callable[[bytes, bytes], bool] = hmac.compare_digest
    ) -> None:
        self._file = file
        self._equal = equal
        self._version = _version(file)
        self._hashes = _read(file)

    def owner(self, key: str) -> str | None:
        """The name of a key; None if it is not valid. All keys are compared, whichever it is."""
        self._refresh()
        given = sha256(key.encode()).digest()
        found = [name for name, known in self._hashes if self._equal(known, given)]
        return found[0] if found else None

    def _refresh(self) -> None:
        if (version := _version(self._file)) == self._version:
            return
        self._version = version
        try:
            self._hashes = _read(self._file)
        except ConfigError as error:
            _log.error("the former keys stay valid: %s", error)


def _version(file: Path) -> Version | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(file: Path) -> Hashes:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"api.keys_file: {file}: {type(error).__name__}") from None
    wanted = ((number, line.partition("#")[0].strip()) for number, line in enumerate(lines, 1))
    return tuple(_parsed(number, line) for number, line in wanted if line)


def _parsed(number: int, line: str) -> tuple[str, bytes]:
    found = _LINE.fullmatch(line)
    if found is None:  # it may hold a key by mistake, and is not shown
        raise ConfigError(f"api.keys_file: line {number} is not NAME:SHA256")
    return found["name"], bytes.fromhex(found["sha256"])
