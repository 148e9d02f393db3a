"""Asks HAProxy for what a replica does not answer whose node is silent, and writes the status.

The loopback interface of a network namespace is the network to the node. It is silent before the
request is sent, or once the replica has it:

    unshare --map-root-user --net python -m tests.support.silent_node {before,after} FOLDER
"""

import fcntl
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import httpx

from tests.support.haproxy import DOOR, haproxy_with

GET_FLAGS, SET_FLAGS, IS_UP = 0x8913, 0x8914, 0x1  # linux/sockios.h, linux/if.h
LIMIT_S = 20
"""Seconds that a replica has to answer: many more than a silent node."""
WAIT_S = 60


def loopback(*, is_up: bool) -> None:
    """Switch the interface on or off: nothing is sent then, and no connection ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        known = fcntl.ioctl(any_socket, GET_FLAGS, struct.pack("16sH14x", b"lo", 0))
        (flags,) = struct.unpack("16xH14x", known)
        flags = flags | IS_UP if is_up else flags & ~IS_UP
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", b"lo", flags))


class Replica:
    """Answers requests that begin so; `has_another` is set once it has read another one."""

    def __init__(self, door: socket.socket, answered: bytes) -> None:
        self.has_another = Event()
        self._answered = answered
        Thread(target=self._accept, args=(door,), daemon=True).start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            client, _ = door.accept()
            Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        while request := client.recv(65_536):
            if request.startswith(self._answered):
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            else:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # acknowledge it now
                self.has_another.set()


def replicas(silent_port: int, other: Path) -> str:
    """Lines as Serve writes them. The other replica can be reached without the interface."""
    return f"""\
    timeout server {LIMIT_S}s
    option redispatch 1
    retries 8
    retry-on conn-failure empty-response
    server a 127.0.0.1:{silent_port} check observe layer4 error-limit 1 on-error mark-down
    server b unix@{other} backup
"""


def unix_server(path: Path) -> socket.socket:
    """A socket that listens at this path."""
    found = socket.socket(socket.AF_UNIX)
    found.bind(str(path))
    found.listen()
    return found


def main(when: str, folder: Path) -> None:
    """Write the status to stdout."""
    loopback(is_up=True)
    door = socket.create_server(("127.0.0.1", 0))
    silent = Replica(door, b"GET /warm ")
    Replica(unix_server(folder / "other"), b"GET ")
    transport = httpx.HTTPTransport(uds=str(folder / DOOR), retries=5)
    with (
        haproxy_with(replicas(door.getsockname()[1], folder / "other"), folder),
        httpx.Client(transport=transport, base_url="http://wiki", timeout=WAIT_S) as client,
        ThreadPoolExecutor() as pool,
    ):
        assert client.get("/warm").is_success  # opens the connections
        if when == "before":
            loopback(is_up=False)
        answer = pool.submit(client.get, "/")
        if when == "after":
            assert silent.has_another.wait(WAIT_S)
            loopback(is_up=False)
        sys.stdout.write(str(answer.result().status_code))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
