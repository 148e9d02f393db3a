"""A Prometheus in the cluster that follows the chart's PodMonitors and rules."""

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import yaml

from app.shell.plan import ANY_KUBERNETES
from devtools import prometheus
from devtools.processes import answers
from devtools.prometheus import Prometheus
from devtools.server import free_port
from tests.e2e.discovery import META, known, pods_at
from tests.e2e.support import MEDIUM_S, SHORT_S, Release, run
from tests.support.eventually import eventually

NAMESPACE = "monitoring"
METRICS_FROM = json.dumps(
    [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}}]
)
"""The chart's value `networkPolicy.metricsFrom` for it, as in the documentation."""
DISCOVERED = "5s"
EVALUATED = "30s"
"""Where a group of rules does not say how often: the default of the Prometheus operator."""
SCRAPED = {"enabled": True, "operator": True}
ANNOTATED = "annotated"
"""The job that scrapes pods by their annotations, whoever made them."""
FOLDER = "/opt/prometheus"
Objects = list[dict[str, Any]]


def monitors(release: Release, *values: str) -> Objects:
    """The objects of the Prometheus operator that a release would have.

    The cluster does not have their kinds.
    """
    named = ["--namespace", release.namespace]
    given = run("helm", "get", "values", release.name, *named, "--output", "yaml")
    more = f"metrics.podMonitor={json.dumps(SCRAPED)}", "metrics.rules.enabled=true", *values
    words = [word for value in more for word in ("--set-json", value)]
    fixed = *named, "--kube-version", ANY_KUBERNETES, "--values", "-"
    made = yaml.safe_load_all(
        run("helm", "template", release.name, release.chart, *fixed, *words, given=given)
    )
    found = [one for one in made if one and one["apiVersion"].startswith("monitoring.coreos.com")]
    for one in found:
        one["metadata"]["namespace"] = release.namespace
    return found


def groups(objects: Objects) -> list[dict[str, Any]]:
    """The groups of rules among these objects."""
    return [g for one in objects if one["kind"] == "PrometheusRule" for g in one["spec"]["groups"]]


def jobs(objects: Objects) -> list[dict[str, Any]]:
    """What the Prometheus operator makes of the PodMonitors among these objects."""
    return [
        _job(one["metadata"], one["spec"], endpoint)
        for one in objects
        if one["kind"] == "PodMonitor"
        for endpoint in one["spec"]["podMetricsEndpoints"]
    ]


def _job(about: dict[str, Any], spec: dict[str, Any], endpoint: dict[str, Any]) -> dict[str, Any]:
    """A job that scrapes one port of all pods that a PodMonitor selects."""
    selected = {f"pod_label_{known(k)}": v for k, v in spec["selector"]["matchLabels"].items()}
    selected |= {"pod_container_port_name": endpoint["port"], "pod_phase": "Pending|Running"}
    added = {"namespace": "namespace", "pod": "pod_name", "container": "pod_container_name"}
    added |= {known(k): f"pod_label_{known(k)}" for k in spec.get("podTargetLabels", ())}
    return {
        "job_name": f"{about['namespace']}/{about['name']}/{endpoint['port']}",
        "scrape_interval": endpoint["interval"],
        "honor_labels": endpoint.get("honorLabels", False),
        "relabel_configs": [
            *(_keep(of, value) for of, value in (_namespaces(about, spec) | selected).items()),
            *({"source_labels": [f"{META}_{of}"], "target_label": to} for to, of in added.items()),
        ],
        "metric_relabel_configs": [
            {_snake_case(name): value for name, value in relabeling.items()}
            for relabeling in endpoint.get("metricRelabelings", ())
        ],
    }


def annotated() -> dict[str, Any]:
    """A job that scrapes all pods by `prometheus.io/scrape`, `port` and `path`."""
    about = f"{META}_pod_annotation_prometheus_io"
    address = {"source_labels": [f"{META}_pod_ip", f"{about}_port"], "separator": ":"}
    return {
        "job_name": ANNOTATED,
        "scrape_interval": "15s",
        "relabel_configs": [
            _keep("pod_annotation_prometheus_io_scrape", "true"),
            address | {"target_label": "__address__"},
            {"source_labels": [f"{about}_path"], "target_label": "__metrics_path__"},
            {"source_labels": [f"{META}_namespace"], "target_label": "namespace"},
            {"source_labels": [f"{META}_pod_name"], "target_label": "pod"},
        ],
    }


def _namespaces(about: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    """The namespaces of a PodMonitor: its own, those with these names, or any."""
    chosen = spec.get("namespaceSelector", {})
    if chosen.get("any"):
        return {}
    return {"namespace": "|".join(chosen.get("matchNames", [about["namespace"]]))}


def _keep(source: str, regex: str) -> dict[str, Any]:
    return {"action": "keep", "source_labels": [f"{META}_{source}"], "regex": regex}


def _snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


@contextmanager
def watching(image: str, node: str, releases: Sequence[Objects]) -> Iterator[Prometheus]:
    """A Prometheus on a node that follows the objects of several releases.

    The node gets the program from this machine, and the pod has an image that the node has.
    """
    program = prometheus.executable("prometheus")
    assert program, prometheus.WANTED
    run("docker", "exec", node, "mkdir", "--parents", FOLDER)
    run("docker", "cp", program, f"{node}:{FOLDER}/prometheus")
    with pods_at(host_of(node)) as pods:
        made = _made(image, node, _files(pods, releases))
        run("kubectl", "apply", "--filename", "-", given=json.dumps(made))
        try:
            ready = "--for=condition=Ready", f"--timeout={MEDIUM_S:.0f}s"
            run("kubectl", "wait", *ready, "pod/prometheus", "--namespace", NAMESPACE)
            with _forwarded() as found:
                yield found
        finally:
            run("kubectl", "delete", "namespace", NAMESPACE)


def host_of(node: str) -> str:
    """The address of this machine that the pods on a node reach."""
    return run("docker", "exec", node, "ip", "-4", "route", "show", "default").split()[2]


@contextmanager
def _forwarded() -> Iterator[Prometheus]:
    found = Prometheus(port := free_port())
    ports = ["pod/prometheus", f"{port}:9090", "--namespace", NAMESPACE]
    command = ["kubectl", "port-forward", *ports]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            ready = f"{found.address}/-/ready"
            eventually("Prometheus answers", lambda: answers(ready), SHORT_S)
            yield found
        finally:
            process.kill()


def _made(image: str, node: str, files: dict[str, str]) -> dict[str, Any]:
    named = {"name": "prometheus", "namespace": NAMESPACE}
    items: list[dict[str, Any]] = [
        {"kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"kind": "ConfigMap", "metadata": named, "data": files},
        {"kind": "Pod", "metadata": named, "spec": _pod(image, node)},
    ]
    return {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1"} | i for i in items]}


def _files(pods: str, releases: Sequence[Objects]) -> dict[str, str]:
    """Its configuration, and a file of rules for each release."""
    rules = {f"{n}.yaml": {"groups": groups(objects)} for n, objects in enumerate(releases)}
    discovery = {"http_sd_configs": [{"url": pods, "refresh_interval": DISCOVERED}]}
    made = [annotated(), *(job for objects in releases for job in jobs(objects))]
    config = {
        "global": {"evaluation_interval": EVALUATED},
        "rule_files": [f"/etc/prometheus/{name}" for name in rules],
        "scrape_configs": [job | discovery for job in made],
    }
    return {name: yaml.safe_dump(file) for name, file in {"prometheus": config, **rules}.items()}


def _pod(image: str, node: str) -> dict[str, Any]:
    folders = {"program": FOLDER, "config": "/etc/prometheus", "data": "/data"}
    volumes: dict[str, dict[str, Any]] = {
        "program": {"hostPath": {"path": FOLDER}},
        "config": {"configMap": {"name": "prometheus"}},
        "data": {"emptyDir": {}},
    }
    return {
        "nodeName": node,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "volumes": [{"name": name, **volume} for name, volume in volumes.items()],
        "containers": [
            {
                "name": "prometheus",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": [f"{FOLDER}/prometheus", "--config.file=/etc/prometheus/prometheus"],
                "args": ["--storage.tsdb.path=/data", "--log.level=warn"],
                "volumeMounts": [{"name": n, "mountPath": p} for n, p in folders.items()],
                "readinessProbe": {
                    "httpGet": {"path": "/-/ready", "port": 9090},
                    "periodSeconds": 1,
                },
            }
        ],
    }
