import pytest
from starlette.types import Message, Scope

from app.api.clients import Clients
from app.core.turns import CLIENT


async def client(scope: Scope, trusted_proxies: int) -> str:
    """The client that the application is told."""
    seen: list[str] = []

    async def app(*_: object) -> None:
        seen.append(CLIENT.get())

    async def receive() -> Message:
        raise AssertionError

    async def send(_: Message) -> None:
        raise AssertionError

    await Clients(app, trusted_proxies)(scope, receive, send)
    return seen[0]


def request(*forwarded: str, peer: str = "10.0.0.9") -> Scope:
    """A request from `peer` with a header `X-Forwarded-For` for each of `forwarded`."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "headers": headers, "client": (peer, 50_000)}


@pytest.mark.parametrize(
    ("trusted_proxies", "forwarded", "expected"),
    [
        (0, [], "10.0.0.9"),
        (0, ["1.1.1.1"], "10.0.0.9"),
        (1, ["2.2.2.2"], "2.2.2.2"),
        (1, ["1.1.1.1, 2.2.2.2"], "2.2.2.2"),
        (1, ["1.1.1.1", "2.2.2.2"], "2.2.2.2"),
        (2, ["1.1.1.1, 2.2.2.2", "3.3.3.3"], "2.2.2.2"),
        (1, ["2001:db8::1"], "2001:db8::/64"),
        (1, [], "10.0.0.9"),
        (1, [" , "], "10.0.0.9"),
        (3, ["2.2.2.2"], "2.2.2.2"),
    ],
)
async def test_the_client_is_the_address_before_the_trusted_proxies(
    trusted_proxies: int, forwarded: list[str], expected: str
) -> None:
    assert await client(request(*forwarded), trusted_proxies) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:DB8:0:7:ffff::", "2001:db8:0:7::/64"),
        ("2001:db8:0:8::1", "2001:db8:0:8::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("2001:db8::1/64", "2001:db8::1/64"),
        ("unknown", "unknown"),
    ],
)
async def test_an_ipv6_network_of_64_bits_is_one_client(address: str, expected: str) -> None:
    assert await client(request(address), 1) == expected
    assert await client(request(peer=address), 0) == expected


async def test_what_the_client_itself_sends_is_not_read() -> None:
    found = [await client(request(f"{n}.0.0.1, 2.2.2.2"), 1) for n in range(3)]
    assert found == ["2.2.2.2"] * 3


async def test_a_peer_without_an_address_is_a_client_too() -> None:
    assert await client({"type": "http", "headers": [], "client": None}, 0) == ""
