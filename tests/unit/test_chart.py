import json
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from app.config.placement import GROUP_LABEL, Plan
from app.config.settings import Settings
from app.serving.readiness import VARIABLE
from app.serving.serve_config import check
from tests.support.chart import (
    CHART,
    FILES,
    helm,
    needs_helm,
    pods,
    render,
    rendered,
    serve_config,
    service,
)
from tools.chart import DEFAULTS, SCHEMA, defaults, defaults_file, schema
from tools.chart_values import Values

VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))


def test_the_schema_is_what_the_types_say() -> None:
    """It is generated, and out of date once the types change."""
    held = json.loads((CHART / SCHEMA).read_text("utf-8"))
    assert schema() == held, "run make generate"


def test_the_defaults_are_what_the_types_say() -> None:
    """They are generated too."""
    assert defaults_file() == (CHART / DEFAULTS).read_text("utf-8"), "run make generate"


def test_every_value_is_there_and_valid() -> None:
    """The file shows all that can be set."""
    values = Values.model_validate(VALUES)
    names = {field.alias for field in Values.model_fields.values()} - {"global"}
    assert names == VALUES.keys()
    assert values.workers


def test_each_preset_has_a_model_for_each_stage() -> None:
    """A stage is a group of settings that names a model."""
    groups = {name: field.annotation for name, field in Settings.model_fields.items()}
    stages = {name for name, kind in groups.items() if "model" in getattr(kind, "model_fields", ())}
    for models in defaults()["models"].values():
        assert models.keys() == stages


@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_serve_keeps_every_key_of_the_config(file: Path) -> None:
    """Serve silently drops unknown keys."""
    check(serve_config(service(file)))


@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_all_replicas_fit_the_workers(file: Path) -> None:
    """The fewest replicas, and the most on the most workers."""
    plan = Plan.of(service(file))
    assert plan.least.faults == []
    assert plan.most.faults == []


@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_two_renders_are_equal(file: Path) -> None:
    first, second = (render("-f", file) for _ in range(2))
    assert first.returncode == 0
    assert first.stdout == second.stdout


@needs_helm
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("settings.sentimet={}", "'sentimet' not allowed"),
        ("settings.sentiment.threshold=5", "/settings/sentiment/threshold"),
        ("deployments.Entitis={}", "'Entitis' not allowed"),
        ("networkPolicy.enbled=false", "'enbled' not allowed"),
        ('image.tag="latest"', "/image/tag"),
        ("workers.cpu=null", "/workers"),
        ("requestTimeoutSeconds=30", "must be above settings.digest.deadline_s (30)"),
        ("settings.digest.deadline_s=60", "requestTimeoutSeconds (40) must be above"),
        ("deployments.Digest.graceful_shutdown_timeout_s=20", "must be between"),
        ("deployments.Digest.graceful_shutdown_timeout_s=50", "deployments.Digest.graceful"),
        ('workers.a_b={"replicas": 1, "numCpus": 1, "resources": {}}', "'a_b' not allowed"),
        ('fullnameOverride="1-a"', "1-a: names in KubeRay begin with a letter"),
        (
            'deployments.Digest.autoscaling_config={"min_replicas": 3, "max_replicas": 2}',
            "deployments.Digest.autoscaling_config: min_replicas <= initial_replicas",
        ),
        (
            'deployments.Digest.autoscaling_config={"upscale_delay_s": 5}',
            "autoscaling_config.upscale_delay_s (5) must not be below look_back_period_s (30)",
        ),
        ("podDisruptionBudget.minAvailable=2", "must be below the number of workers of cpu (2)"),
        ("workers.cpu.minReplicas=3", "minReplicas (3) <= replicas (2) <= maxReplicas (2)"),
        ("workers.cpu.maxReplicas=1", "minReplicas (2) <= replicas (2) <= maxReplicas (1)"),
        ('models={"claim": "a", "image": "b"}', "models.claim and models.image"),
        ("models.fill.enabled=true", "'/models/claim': minLength: got 0, want 1"),
        ("httpRoute.enabled=true", "'/httpRoute/parentRefs': minItems: got 0, want 1"),
        ("deployments.Entities.ray_actor_options.num_gpus=1.5", "/num_gpus': maximum: got 1.5"),
        ("deployments.Entities.ray_actor_options.num_gpus=1", "no group of workers has any"),
        (
            "workers.cpu.terminationGracePeriodSeconds=49",
            "terminationGracePeriodSeconds (49) must be at least requestTimeoutSeconds + 10 (50)",
        ),
    ],
)
def test_an_invalid_value_is_refused_by_its_name(setting: str, said: str) -> None:
    """Before anything is installed."""
    done = helm(setting)
    assert done.returncode != 0
    assert said in done.stderr


@needs_helm
def test_the_package_holds_the_generated_files(tmp_path: Path) -> None:
    """Templates read one of them."""
    command = ["helm", "package", str(CHART), "--destination", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    (package,) = tmp_path.iterdir()
    with tarfile.open(package) as files:
        assert {f"wiki-digest/{DEFAULTS}", f"wiki-digest/{SCHEMA}"} <= set(files.getnames())


@needs_helm
def test_pods_meet_the_restricted_security_standard() -> None:
    """With a read-only root file system."""
    made = rendered("faultTolerance.enabled=true", 'models={"claim":"a","fill":{"enabled":true}}')
    others = [
        made["Deployment"]["spec"]["template"],
        made["Job"]["spec"]["template"],
        made["Pod"],
    ]
    templates = [*pods(made["RayService"]), *others]
    assert len(templates) == 5
    assert "initContainers" in made["Deployment"]["spec"]["template"]["spec"]
    for part in templates:
        spec = part["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is (part is made["Pod"])
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@needs_helm
def test_a_new_version_of_the_chart_changes_no_pod() -> None:
    """A changed pod template would start a new cluster."""
    for part in pods(rendered()["RayService"]):
        labels = part["metadata"]["labels"]
        assert labels == {
            "app.kubernetes.io/name": "wiki-digest",
            "app.kubernetes.io/instance": "r",
        }


@needs_helm
def test_workers_drain_for_as_long_as_a_request_may_take() -> None:
    """The head terminates at once, since the next one starts only then."""
    made = rendered("requestTimeoutSeconds=100")["RayService"]
    head, worker = (part["spec"] for part in pods(made))
    assert worker["terminationGracePeriodSeconds"] > 100 + 5
    assert head["terminationGracePeriodSeconds"] < 30
    assert made["spec"]["rayClusterDeletionDelaySeconds"] > 100


@needs_helm
@pytest.mark.parametrize(
    ("idle", "request_s", "expected"), [(5, 40, "10"), (65, 120, "70"), (600, 40, "45")]
)
def test_draining_pods_accept_requests_until_idle_connections_are_closed(
    idle: int, request_s: int, expected: str
) -> None:
    """But not for longer than the pod drains."""
    values = f"keepAliveTimeoutSeconds={idle}", f"requestTimeoutSeconds={request_s}"
    for part in pods(rendered(*values)["RayService"]):
        env = {one["name"]: one["value"] for one in part["spec"]["containers"][0]["env"]}
        assert env["RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S"] == expected
        assert env["RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S"] == expected
        assert float(env["RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"]) >= float(expected)


@needs_helm
def test_the_pod_monitor_names_ports_that_the_pods_have() -> None:
    made = rendered("metrics.podMonitor.enabled=true")
    endpoints = made["PodMonitor"]["spec"]["podMetricsEndpoints"]
    containers = [part["spec"]["containers"][0] for part in pods(made["RayService"])]
    held = {port["name"]: port["containerPort"] for one in containers for port in one["ports"]}
    allowed = rendered("networkPolicy.metricsFrom=[{}]")["NetworkPolicy"]["spec"]["ingress"][2]
    assert {held[endpoint["port"]] for endpoint in endpoints} == {
        port["port"] for port in allowed["ports"]
    }


@needs_helm
def test_the_service_routes_to_the_head_only_beside_a_single_worker() -> None:
    """The head accepts requests while that worker restarts."""
    alone = service(CHART / "ci" / "one-worker-values.yaml")
    assert "excludeHeadPodFromServeSvc" not in alone["spec"]
    assert rendered()["RayService"]["spec"]["excludeHeadPodFromServeSvc"]


@needs_helm
@pytest.mark.parametrize(
    ("last", "ports"), [("./folder", []), ("/folder", []), ("embedded", []), ("a/hub-id", [443])]
)
def test_the_hub_is_reached_only_if_a_model_is_downloaded(last: str, ports: list[int]) -> None:
    """Whatever the preset names, where each stage has a model of its own."""
    *others, name = defaults()["models"]["hub"]
    models = {stage: {"model": "./folder"} for stage in others} | {name: {"model": last}}
    policy = rendered(f"settings={json.dumps({'preset': 'hub'} | models)}")["NetworkPolicy"]
    outside = [port["port"] for rule in policy["spec"]["egress"][2:] for port in rule["ports"]]
    assert outside == ports


@needs_helm
def test_workers_without_a_volume_reach_the_mirror() -> None:
    made = rendered('settings.preset="hub"', 'models.endpoint="http://mirror.hub:8081"')
    egress = made["NetworkPolicy"]["spec"]["egress"]
    assert [port["port"] for rule in egress[2:] for port in rule["ports"]] == [8081]


@needs_helm
def test_names_leave_room_for_the_suffixes_of_kuberay() -> None:
    """However long the name of the release."""
    made = rendered(f'fullnameOverride="{"x" * 60}"')
    assert made["RayService"]["metadata"]["name"] == "x" * 47


def test_the_chart_and_the_app_share_names() -> None:
    templates = "".join(file.read_text("utf-8") for file in (CHART / "templates").glob("*.*"))
    assert f"labels: {{{GROUP_LABEL}: " in templates
    assert f"name: {VARIABLE}," in templates
