"""Who sends a request: the name of its key, or an address behind trusted proxies."""

from ipaddress import IPv6Address, IPv6Network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import page, problems
from app.api.keys import Keys
from app.api.root_path import route_path
from app.core.errors import KeyNeeded
from app.core.turns import ADDRESS, CLIENT

OPEN = ("/docs", "/openapi.json")
"""Paths that need no key, as the page at `/` needs none."""
OPEN_FOLDERS = ("/web/", "/-/")
"""No path below one of these needs a key."""
SCHEME = "Bearer"
NETWORK_BITS = 64
"""Leading bits of an IPv6 address that name a client: networks of this size are given to one."""


class Clients:
    """Writes the client of each request into `CLIENT`, and its address into `ADDRESS`.

    With `keys`, a request has a valid one (`Authorization: Bearer`), or it gets a 401.

    The last `trusted_proxies` proxies append the address of their peer to `X-Forwarded-For`. What
    is before these addresses was sent by the client, and is not read. All addresses of an IPv6
    network of 64 bits are one client.
    """

    def __init__(self, app: ASGIApp, trusted_proxies: int, keys: Keys | None = None) -> None:
        self._app = app
        self._trusted = trusted_proxies
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with a problem."""
        if scope["type"] == "http":
            ADDRESS.set(self._address(scope))
            try:
                CLIENT.set(self._client(scope))
            except KeyNeeded as error:
                await problems.of_error(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _client(self, scope: Scope) -> str:
        if self._keys is None or _is_open(scope):
            return ADDRESS.get()
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.casefold() != SCHEME.casefold():
            raise KeyNeeded
        owner = self._keys.owner(key.strip())
        if owner is None:
            raise KeyNeeded("the key is not valid")
        return owner

    def _address(self, scope: Scope) -> str:
        peer, _ = scope.get("client") or ("", 0)  # a socket of Unix has no address
        forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
        hops = [*(hop.strip() for hop in forwarded if self._trusted and hop.strip()), peer]
        return _network(hops[max(0, len(hops) - 1 - self._trusted)])


def _network(address: str) -> str:
    """The network of an IPv6 address, or the IPv4 address in it; any other text as it is."""
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed), NETWORK_BITS), strict=False))


def _is_open(scope: Scope) -> bool:
    path = route_path(scope)
    is_open = path in OPEN or path.startswith(OPEN_FOLDERS)
    return is_open or (path == "/" and page.is_wanted(scope))
