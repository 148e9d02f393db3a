"""The environment of a Ray that serves one machine: where it listens, and its ports' token."""

import secrets
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LOOPBACK = "127.0.0.1"
OBJECT_STORE_BYTES = 100_000_000
"""Size of Ray's object store. Articles are passed by value, so it stays almost empty."""
_DEFAULTS = {
    # Ray's default of 15 leaves the cores to whatever else runs: a third of the answers a second.
    "RAY_worker_niceness": "0",
    # gRPC between replicas instead of actor calls: faster, measured in bench/knobs.py.
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_PROXY_USE_GRPC": "1",
    # A stopping replica need not wait for load balancers: HAProxy retries what it refuses.
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
    # A replica that fails its health checks does not finish its requests: others get them at once.
    "RAY_SERVE_FORCE_STOP_UNHEALTHY_REPLICAS": "1",
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "app.serving.header_filter:middlewares",
    # Large texts leave the process at once when they are freed; else glibc keeps 200 MB of them.
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    # uvicorn would trust 127.0.0.1, HAProxy here, and take a client's header for its address.
    "FORWARDED_ALLOW_IPS": "",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # hides GPUs from replicas without one
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
}
"""An inherited variable takes precedence."""
_FORCED = {
    # Without support for clusters, which macOS does not have by default, every process of Ray takes
    # the loopback interface for its node's address. `ray.init(_node_ip_address=...)` refuses it.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
}
_TOKEN = "RAY_AUTH_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_PATH = "RAY_AUTH_TOKEN_PATH"  # noqa: S105 - likewise


@contextmanager
def closed_to_others(
    environ: MutableMapping[str, str], defaults: Mapping[str, str], forced: Mapping[str, str]
) -> Iterator[None]:
    """Complete the environment of Ray's processes, with a token that lasts until the end.

    Ray listens on the loopback interface, and its calls need the token, whatever was inherited.
    More variables are `defaults`, or `forced`.
    """
    with TemporaryDirectory(prefix="wiki-digest-") as folder:
        token = Path(folder) / "token"
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(32), "ascii")
        environ.pop(_TOKEN, None)  # Ray would prefer it to the file
        always = {**forced, **_FORCED, TOKEN_PATH: str(token)}
        environ.update({**_DEFAULTS, **defaults, **environ, **always})
        yield
