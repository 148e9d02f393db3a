"""Lines of a log file, and each as one line of JSON."""

import json
from collections.abc import Iterator, Mapping


class Lines:
    """The lines in a stream of bytes, and how many bytes of each were cut beyond `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun = bytearray()
        self._cut = 0

    def feed(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """The lines that `data` completes."""
        *ends, begun = data.split(b"\n")
        for end in ends:
            self._add(end)
            yield from self.rest()
        self._add(begun)

    def rest(self) -> Iterator[tuple[bytes, int]]:
        """The line that has begun, as if it ended here; none if it is empty."""
        line, cut = bytes(self._begun), self._cut
        self._begun.clear()
        self._cut = 0
        if line:
            yield line, cut

    def _add(self, part: bytes) -> None:
        room = self._limit - len(self._begun)
        self._begun += part[:room]
        self._cut += max(0, len(part) - room)


def as_json(line: bytes, cut: int, origin: Mapping[str, str]) -> bytes:
    """A JSON object as it is; any other line as the `message` of one, beside its `origin`."""
    if not cut and is_json_object(line):
        return line + b"\n"
    record: dict[str, object] = {**origin, "message": line.decode(errors="replace")}
    if cut:
        record["bytes_cut"] = cut
    return json.dumps(record).encode() + b"\n"


def is_json_object(line: bytes) -> bool:
    """Whether a line is a JSON object, in UTF-8."""
    if not line.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(line.decode()), dict)
    except (ValueError, RecursionError):
        return False
