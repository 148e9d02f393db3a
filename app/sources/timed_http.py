"""HTTP whose time limit is for a whole response, and that follows no redirect.

The timeout of a socket is for each packet: a server that sends a byte now and then would hold a
thread for ever.
"""

import io
import time
from http.client import HTTPResponse
from socket import socket

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import Buffer
from urllib3 import ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Timed(io.RawIOBase):
    """What comes from a socket until a deadline, of `time.monotonic`.

    Raises:
        TimeoutError: it is read after the deadline, or nothing has come before.
    """

    def __init__(self, packets: io.BufferedReader, sock: socket, deadline: float) -> None:
        self._packets = packets
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read a packet at most."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._packets.readinto1(buffer)

    def close(self) -> None:
        """Close the socket, if nothing else uses it."""
        self._packets.close()
        super().close()


class _Response(HTTPResponse):
    """A response whose header and body arrive within the timeout that its socket has at first."""

    def __init__(
        self, sock: socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        if (seconds := sock.gettimeout()) is not None:
            timed = _Timed(self.fp, sock, time.monotonic() + seconds)
            self.fp = io.BufferedReader(timed)


class _Http(HTTPConnection):
    response_class = _Response


class _Https(HTTPSConnection):
    response_class = _Response


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    """Gives these connections to requests, with a proxy and without."""

    def __init__(self, connections: int) -> None:
        super().__init__(pool_maxsize=connections)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class Session(requests.Session):
    """Thread-safe, if no request changes it; at most `connections` are kept open.

    A redirect is an answer like any other. `allow_redirects=False` is not enough: `requests` still
    reads the body of a redirect, without any limit, before it returns.
    """

    def __init__(self, connections: int) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(connections))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: no response leads to another address."""
        del resp
