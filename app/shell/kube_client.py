"""The client of Kubernetes' API, as the environment configures it."""

import json
import os
from contextlib import suppress
from typing import Any

from app.core.errors import ShellError


def configured() -> tuple[Any, bool]:
    """The configured module `kubernetes.client`, and whether this is a pod of the cluster."""
    try:
        from kubernetes import client, config  # noqa: PLC0415 - of the extra, and slow to import
    except ImportError:
        raise ShellError("this needs the extra k8s: pip install 'wiki-digest[k8s]'") from None
    with suppress(config.ConfigException):
        config.load_incluster_config()
        return client, True
    try:
        config.load_kube_config(os.environ.get("KUBECONFIG"))
    except config.ConfigException as error:
        raise ShellError(f"no cluster is configured: {error}") from None
    return client, False


def message_of(body: str) -> str:
    """What an error of the API server says."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(body)
