"""What the kernel knows of a process's connections, from Linux's /proc/net/tcp."""

from pathlib import Path

import psutil


def has_connection(process: psutil.Process) -> bool:
    """Whether a client is connected to the process."""
    listening = _listening(process)
    connections = process.net_connections("tcp4")
    connected = {at.laddr.port for at in connections if at.status == psutil.CONN_ESTABLISHED}
    return bool(listening & connected)


def unread_request(process: psutil.Process, least: int) -> bool:
    """Whether a client has sent at least so many bytes that the process has not read yet."""
    listening = _listening(process)
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(_port(row[1]) in listening and _received(row[4]) >= least for row in rows)


def _listening(process: psutil.Process) -> set[int]:
    sockets = process.net_connections("tcp4")
    return {at.laddr.port for at in sockets if at.status == psutil.CONN_LISTEN}


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], base=16)


def _received(queues: str) -> int:
    return int(queues.rpartition(":")[2], base=16)
