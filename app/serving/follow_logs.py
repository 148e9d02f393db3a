"""Follows the log files of Ray and Serve in a pod: each line to stdout, as one line of JSON.

    python -m app.serving.follow_logs FOLDER NODE (serve | all)

FOLDER is `/tmp`, with the folders of Ray and of Serve's HAProxy; NODE is `head` or `worker`. One
process writes all lines, so no two are mixed. After SIGTERM it writes what is left, and exits.

It runs in a small container of its own, and imports a little of the standard library only.
"""

import os
import re
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

from app.serving.log_lines import Lines, as_json

PERIOD_S = 0.5
"""Seconds between two looks at the files."""
CHUNK = 64 * 1024
"""Bytes of one file that are read before it is the turn of the next."""
MAX_LINE = 128 * 1024
"""Bytes of a line that are kept; the rest is cut."""
_LOG = re.compile(r"(.+\.(?:log|out|err))(?:\.\d+)?")
"""A log's name; a number is appended when the file is rotated."""

Write = Callable[[bytes], None]
Key = tuple[int, int]
"""A device and an inode."""
Place = tuple[str, str]
"""A folder of logs, and how its files are called: what precedes their names."""


class LogFile:
    """An open log file, which is read to its end under any name, also after its removal."""

    def __init__(self, path: str, name: str, node: str) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._origin = {"node": node, "file": name}
        self._lines = Lines(MAX_LINE)
        self._at = 0

    @property
    def key(self) -> Key:
        """What identifies it while it is open."""
        found = os.fstat(self._file)
        return found.st_dev, found.st_ino

    def left(self) -> int:
        """Bytes to read."""
        size = os.fstat(self._file).st_size
        return size - self._at if size >= self._at else size

    def is_removed(self) -> bool:
        """Whether it has no name any more."""
        return os.fstat(self._file).st_nlink == 0

    def read(self) -> bytes:
        """The next lines that are complete, as JSON; from the beginning if it was truncated."""
        before = b""
        if os.fstat(self._file).st_size < self._at:
            before = self._as_json(self._lines.rest())
            self._at = os.lseek(self._file, 0, os.SEEK_SET)
        data = os.read(self._file, CHUNK)
        self._at += len(data)
        return before + self._as_json(self._lines.feed(data))

    def close(self) -> bytes:
        """Close the file; its last line, if that is not complete, as JSON."""
        os.close(self._file)
        return self._as_json(self._lines.rest())

    def _as_json(self, lines: Iterator[tuple[bytes, int]]) -> bytes:
        return b"".join(as_json(line, cut, self._origin) for line, cut in lines)


class Follower:
    """Follows all log files below `folder`, and those that appear later, in every session of Ray.

    A file is recognized by its inode, so that it is read once when it is renamed.
    """

    def __init__(self, folder: str, node: str, wanted: str, write: Write) -> None:
        self._folder = folder
        self._node = node
        self._serve_only = wanted == "serve"
        self._write = write
        self._files: dict[Key, LogFile] = {}

    def catch_up(self) -> None:
        """Write all lines that the files have now; the files take turns."""
        self._find()
        left = {key: file.left() for key, file in self._files.items()}
        while left := {key: size - CHUNK for key, size in left.items() if size > 0}:
            for key in left:
                self._write(self._files[key].read())
        removed = [key for key, file in self._files.items() if file.is_removed()]
        for key in removed:
            self._drop(key)

    def close(self) -> None:
        """Write what is left, with half-written last lines, and close the files."""
        self.catch_up()
        for key in list(self._files):
            self._drop(key)

    def _drop(self, key: Key) -> None:
        file = self._files.pop(key)
        for _ in range(0, file.left(), CHUNK):
            self._write(file.read())
        self._write(file.close())

    def _find(self) -> None:
        for folder, before in self._places():
            for entry in entries(folder):
                name = _LOG.fullmatch(entry.name)
                if name and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # renamed or removed since it was listed
                        self.open(entry, before + name[1])

    def open(self, entry: os.DirEntry[str], name: str) -> None:
        """Follow a file of a folder, unless it is followed already."""
        found = entry.stat(follow_symlinks=False)
        if (found.st_dev, found.st_ino) in self._files:
            return
        file = LogFile(entry.path, name, self._node)
        if file.key in self._files:  # the name was given to another file meanwhile
            file.close()
        else:
            self._files[file.key] = file

    def _places(self) -> Iterator[Place]:
        for session in folders(f"{self._folder}/ray"):
            if session.name.startswith("session_"):
                yield f"{session.path}/logs/serve", "serve/"
                if not self._serve_only:
                    yield f"{session.path}/logs", ""
        for node in folders(f"{self._folder}/haproxy-serve"):
            yield node.path, "haproxy/"


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing if there is none."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def folders(folder: str) -> Iterator[os.DirEntry[str]]:
    """The folders in a folder, without links: `session_latest` is one to another session."""
    return (entry for entry in entries(folder) if entry.is_dir(follow_symlinks=False))


def write_all(data: bytes) -> None:
    """Write to stdout, which may be a pipe that accepts a part at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(sys.stdout.fileno(), rest) :]


def until_stopped() -> Iterator[None]:
    """Once each period, until SIGTERM or SIGINT."""
    stopped, stop = os.pipe()
    os.set_blocking(stop, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(stop, b"."))
    while not select.select([stopped], [], [], PERIOD_S)[0]:
        yield


def main(folder: str, node: str, wanted: str) -> None:
    """Follow until a signal."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    follower = Follower(folder, node, wanted, write_all)
    for _ in until_stopped():
        follower.catch_up()
    follower.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
