"""What Serve writes at the start, with replicas, and when its controller has started again."""

from pathlib import Path

from app.serving import kept_replicas
from tests.support import needs

ONE = "    server SERVE_REPLICA_a 10.0.0.1:30000 check observe layer4 error-limit 1\n"
OTHER = "    server SERVE_REPLICA_b 10.0.0.2:30000 check observe layer4 error-limit 1\n"
FALLBACK = "    server SERVE_PROXY_ACTOR 10.0.0.3:8500 check backup\n"


def config(*replicas: str) -> str:
    return f"backend app\n{kept_replicas.BEGIN}{''.join(replicas)}{FALLBACK}"


def test_without_replicas_the_last_ones_stay(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for named in (config(ONE), config(ONE, OTHER)):
        assert kept_replicas.added(named, kept) == named
    assert kept_replicas.added(config(), kept) == config(ONE, OTHER)


def test_at_the_start_there_are_none(tmp_path: Path) -> None:
    assert kept_replicas.added(config(), tmp_path / "kept") == config()


def test_serves_own_template_has_the_lines() -> None:
    template = needs.module("ray.serve._private.haproxy_templates").HAPROXY_CONFIG_TEMPLATE
    line = "    server {{ server.name }} {{ server.host }}:{{ server.port }} check{% if "
    assert f"{kept_replicas.BEGIN}    {{%- for server in backend.servers %}}\n{line}" in template
    assert "{{ backend.fallback_server.port }} check backup\n" in template
