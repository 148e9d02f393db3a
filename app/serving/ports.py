"""Free ports of this machine."""

import secrets
import socket

_RANGE = range(20_000, 30_000)


def free_ports(count: int) -> list[int]:
    """Random free ports of the loopback interface.

    They are below those that systems give to outgoing connections, which could take a port between
    this choice and its use.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = secrets.choice(_RANGE)
        if port not in ports and _is_free(port):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
