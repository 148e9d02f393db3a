"""Gives a Secret of this namespace a random password: `python -m app.shell.fill_secret NAME KEY`.

Run in a pod of the cluster. So no password is made when the chart is rendered: it renders the same
objects each time, and neither Git nor Helm's history holds the password.
"""

import secrets
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any, Protocol

BYTES = 36
REQUEST_S = 10.0
"""Timeout of a request to the API server, in seconds: the pod then runs this again."""
NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class Secrets(Protocol):
    """The methods of `kubernetes.client.CoreV1Api` that are used here."""

    def read_namespaced_secret(self, name: str, namespace: str, *, _request_timeout: float) -> Any:
        """The Secret."""

    def patch_namespaced_secret(
        self, name: str, namespace: str, body: dict[str, Any], *, _request_timeout: float
    ) -> Any:
        """Merge `body` into the Secret."""


def fill(api: Secrets, namespace: str, name: str, key: str) -> bool:
    """Whether the Secret had no value for `key`, and has got one.

    The patch names the version that was read: of two that fill it at once, the second fails.
    """
    found = api.read_namespaced_secret(name, namespace, _request_timeout=REQUEST_S)
    if (found.data or {}).get(key):
        return False
    value = b64encode(secrets.token_urlsafe(BYTES).encode()).decode()
    version = {"resourceVersion": found.metadata.resource_version}
    body = {"metadata": version, "data": {key: value}}
    api.patch_namespaced_secret(name, namespace, body, _request_timeout=REQUEST_S)
    return True


def main(name: str, key: str, namespace: Path = NAMESPACE) -> None:
    """Fill the Secret in the namespace of this pod."""
    from kubernetes import client, config  # noqa: PLC0415 - of the extra, and slow to import

    config.load_incluster_config()
    filled = fill(client.CoreV1Api(), namespace.read_text("utf-8"), name, key)
    print(f"{name} {'has got' if filled else 'has'} a value for {key}")  # noqa: T201 - its log


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
