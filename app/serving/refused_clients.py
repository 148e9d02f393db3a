"""HAProxy's lines that refuse clients which replicas refuse again and again.

A 429 costs a replica a millisecond, and HAProxy next to nothing. What is cached is not refused: a
GET of a digest or its stream goes on to a replica, marked, which answers it if it is cached, or
refuses it before FastAPI reads it.
"""

from app.core.errors import CACHED_ONLY, REFUSED_CLIENT

MOST = 50
"""Requests of an address that replicas refuse in `SECONDS`, for its share, its rate, or a long body
that is invalid; then HAProxy refuses others itself."""
SECONDS = 10
TRIED_PER_S = 10
"""Requests that still go to replicas, so that the client gets its share. If all were held back for
a time, all that wait would come at once."""
NETWORK = "ipmask(32,64)"
"""HAProxy's converter from an address to the network of one client, as in `app.api.clients`."""
COUNTERS = 4
"""Entries of tables that a request can count in. A refusal has one of its own: anybody can send the
address of another in the header."""
_ADDRESSES = ("src", "req.hdr_ip(x-forwarded-for,-1)")  # a peer, or whom an ingress saw
_NAMED = f"res.hdr({REFUSED_CLIENT})"
PATHS = "/v1/digest", "/v1/digest/stream"
"""Those of `app.api.cached_answers`, which imports FastAPI: HAProxy's program would start later."""
_MARKED = f"{{ req.hdr({CACHED_ONLY}) -m found }}"


def rules(problem: str) -> str:
    """The lines of the front door; `problem` is the response, in HAProxy's words."""
    tracked = (
        f"    http-request track-sc2 {address},{NETWORK} table refused_clients"
        f" if {{ {address},{NETWORK},table_gpc0_rate(refused_clients) gt {MOST} }}\n"
        for address in _ADDRESSES
    )
    return f"""\
{"".join(tracked)}\
    acl is_refused sc2_gpc0_rate gt {MOST}
    acl is_tried sc2_gpc1_rate lt {TRIED_PER_S}
    acl is_read method GET HEAD
    acl is_digest path_end {" ".join(PATHS)}
    http-request del-header {CACHED_ONLY}
    http-request set-header {CACHED_ONLY} 1 if is_refused !is_tried is_read is_digest
    http-request return {problem} hdr Retry-After {SECONDS} if is_refused !is_tried !{_MARKED}
    http-request sc-inc-gpc1(2) if is_refused !{_MARKED}
    http-response track-sc3 {_NAMED},field(1,/),{NETWORK} table refused_clients
    http-response sc-inc-gpc0(3) if {{ {_NAMED} -m found }}
    http-response del-header {REFUSED_CLIENT}
"""


def table(size: int) -> str:
    """A table of at most `size` addresses, and how often each is refused and tried."""
    kept = f"expire {SECONDS}s store gpc0_rate({SECONDS}s),gpc1_rate(1s)"
    return f"\nbackend refused_clients\n    stick-table type ipv6 size {size} {kept}\n"
