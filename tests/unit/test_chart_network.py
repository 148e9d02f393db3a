"""What pods reach through a proxy, and where they listen."""

import json
from typing import Any

import pytest
from requests.utils import get_environ_proxies

from app.serving.haproxy import HOST
from tests.support.chart import CHART, needs_helm, pods, rendered, serve_config, service

PROXY = "http://proxy.example.org:3128"
pytestmark = needs_helm


def variables(pod: dict[str, Any]) -> dict[str, str]:
    """The environment of the main container of a pod."""
    return {one["name"]: one.get("value", "") for one in pod["spec"]["containers"][0]["env"]}


def outside(*settings: str, **source: str) -> dict[str, str]:
    """The variables of a worker that has a proxy, as Kubernetes expands them."""
    given = json.dumps({"url": PROXY, "noProxy": [".internal.example.org", "10.0.0.0/8"]})
    wiki = [f"settings.source={json.dumps({'kind': 'wikipedia'} | source)}"]
    made = rendered(f"proxy={given}", *wiki, *settings)["RayService"]
    found = variables(pods(made)[1])
    found["NO_PROXY"] = found["NO_PROXY"].replace("$(KUBERNETES_SERVICE_HOST)", "10.96.0.1")
    return {name: value for name, value in found.items() if "PROXY" in name and "RAY" not in name}


@pytest.fixture
def _in_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    endpoint = 'settings.tracing={"endpoint": "http://collector.observability:4318"}'
    for name, value in outside(endpoint, api_url="http://wiki:8080/w/api.php").items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_in_a_worker")
@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/-/healthz",
        "http://127.0.0.1:8265",
        "http://r-wiki-digest-head-svc.default.svc.cluster.local:8265",
        "http://r-wiki-digest-serve-svc.default.svc:8000",
        "http://r-wiki-digest-serve-svc.default:8000",
        "http://r-wiki-digest-redis:6379",
        "https://10.96.0.1:443",
        "https://kubernetes.default.svc",
        "http://10.1.2.3:8000",
        "http://collector.observability:4318/v1/traces",
        "http://wiki:8080/w/api.php",
        "https://mirror.internal.example.org",
    ],
)
def test_what_is_in_the_cluster_is_reached_without_the_proxy(url: str) -> None:
    assert get_environ_proxies(url) == {}


@pytest.mark.usefixtures("_in_a_worker")
@pytest.mark.parametrize("url", ["https://en.wikipedia.org/w/api.php", "https://huggingface.co"])
def test_what_is_outside_is_reached_through_the_proxy(url: str) -> None:
    assert get_environ_proxies(url)[url.partition(":")[0]] == PROXY


def test_grpc_does_not_see_the_proxy() -> None:
    """It reads the names in lowercase; Ray's processes call each other by addresses."""
    assert {*outside()} == {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}


def test_a_wiki_with_a_dot_in_its_name_is_outside() -> None:
    assert "wiki.example" not in outside(api_url="https://wiki.example/w/api.php")["NO_PROXY"]


def test_head_and_workers_have_no_proxy_by_default() -> None:
    for pod in pods(rendered()["RayService"]):
        assert not {"HTTP_PROXY", "NO_PROXY"} & variables(pod).keys()


def test_the_policy_lets_pods_reach_the_proxy() -> None:
    policy = rendered(f"proxy.url={json.dumps(PROXY)}")["NetworkPolicy"]
    ports = [port["port"] for rule in policy["spec"]["egress"][2:] for port in rule["ports"]]
    assert ports == [3128]


@pytest.mark.parametrize(
    ("endpoint", "host", "port"),
    [
        ("http://collector:4318", "collector", 4318),
        ("http://collector.observability/v1", "collector.observability", 80),
        ("https://collector.observability", "collector.observability", 443),
        ("http://[fd00::1]:4318", "fd00::1", 4318),
    ],
)
def test_the_host_and_the_port_of_an_address_are_found(endpoint: str, host: str, port: int) -> None:
    traced = json.dumps({"endpoint": endpoint, "sample_ratio": 0.5})
    made = rendered(f"settings.tracing={traced}", f"proxy.url={json.dumps(PROXY)}")
    egress = made["NetworkPolicy"]["spec"]["egress"]
    assert port in [one["port"] for rule in egress[2:] for one in rule["ports"]]
    assert host in variables(pods(made["RayService"])[1])["NO_PROXY"].split(",")


def test_all_that_listens_for_requests_does_so_on_both_families() -> None:
    """Serve's replicas and HAProxy; the Service asks for both."""
    made = service(CHART / "ci" / "dual-stack-values.yaml")
    assert serve_config(made)["http_options"]["host"] == "::"
    assert made["spec"]["serveService"] == {"spec": {"ipFamilyPolicy": "PreferDualStack"}}
    assert [variables(pod)[HOST] for pod in pods(made)] == ["::", "::"]


def test_pods_listen_on_ipv4_by_default() -> None:
    made = rendered()["RayService"]
    assert serve_config(made)["http_options"]["host"] == "0.0.0.0"
    assert "serveService" not in made["spec"]
    assert all(HOST not in variables(pod) for pod in pods(made))
