"""A hub with one model, whose connection breaks once in the middle of a file."""

import json
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.support.http_server import HttpServer, Request


class BrokenHub(HttpServer):
    """Serves the files of a folder as `MODEL` at `COMMIT`; `fragile` breaks at half, once.

    `ranges` has the `Range` header of each GET of the fragile file; empty without one.
    """

    MODEL = "some/model"
    COMMIT = "0123456789abcdef0123456789abcdef01234567"

    def __init__(self, folder: Path, fragile: str) -> None:
        super().__init__()
        self.files = {file.name: file.read_bytes() for file in folder.iterdir()}
        self.fragile, self.is_broken = fragile, False
        self.ranges: list[str] = []

    def answer(self, request: Request) -> None:
        """Send a file, or what the hub's API says; the rest of the fragile file from its range."""
        path = urlsplit(request.path).path
        name = Path(unquote(path)).name
        body = self.said(path) if path.startswith("/api/") else self.files[name]
        headers = {"ETag": f'"{sha256(body).hexdigest()}"', "X-Repo-Commit": self.COMMIT}
        if request.command == "HEAD":
            request.send(200, b"", **headers, **{"Content-Length": str(len(body))})
        elif name == self.fragile:
            self._send_fragile(request, body, headers)
        else:
            request.send(200, body, **headers)

    def _send_fragile(self, request: Request, body: bytes, headers: dict[str, str]) -> None:
        given = request.headers.get("Range", "")
        self.ranges.append(given)
        first = int(given.removeprefix("bytes=").partition("-")[0] or 0)
        headers |= {"Content-Length": str(len(body) - first)}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        end = len(body) if self.is_broken else len(body) // 2
        self.is_broken = True
        request.send(206 if first else 200, body[first:end], **headers)

    def said(self, path: str) -> bytes:
        """What the hub's API says of the model, or of its files."""
        about: object = {"id": self.MODEL, "sha": self.COMMIT}
        if "/tree/" in path:
            about = [
                {"type": "file", "path": name, "size": len(body), "oid": sha256(body).hexdigest()}
                for name, body in self.files.items()
            ]
        return json.dumps(about).encode()
