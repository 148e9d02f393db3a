"""A server that answers requests in turn with these bodies, and records them."""

from urllib.parse import parse_qsl, urlsplit

from tests.support.http_server import HttpServer, Request


class JsonServer(HttpServer):
    """The last body is repeated."""

    def __init__(self, *bodies: str, status: int = 200) -> None:
        super().__init__()
        self._bodies = bodies
        self._status = status
        self.paths: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []

    def answer(self, request: Request) -> None:
        """Send the next body."""
        url = urlsplit(request.path)
        self.paths.append(url.path)
        self.queries.append(dict(parse_qsl(url.query)))
        self.headers.append(dict(request.headers))
        body = self._bodies[min(len(self.paths), len(self._bodies)) - 1]
        request.send(self._status, body.encode())
