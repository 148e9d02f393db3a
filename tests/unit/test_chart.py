import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config import Config
from app.plan import Plan
from app.serve_config import check
from tests.support import needs
from tools.chart import Values, schema

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "wiki-digest"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
ABOUT = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
FILES = sorted((CHART / "ci").glob("*-values.yaml"))
KUBERNETES = "1.34.0"

needs_helm = needs.program("helm")


def helm(*settings: str) -> subprocess.CompletedProcess[str]:
    """What the chart becomes with these values."""
    given = [word for setting in settings for word in ("--set-json", setting)]
    return template(*given)


def template(*options: str | Path) -> subprocess.CompletedProcess[str]:
    """What `helm template` prints."""
    return subprocess.run(
        ["helm", "template", "r", CHART, "--kube-version", KUBERNETES, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def rendered(*settings: str) -> dict[str, dict[str, Any]]:
    """The objects of a release, by kind."""
    done = helm(*settings)
    assert done.returncode == 0, done.stderr
    return {made["kind"]: made for made in yaml.safe_load_all(done.stdout) if made}


def pods(service: dict[str, Any]) -> list[dict[str, Any]]:
    """The pods' templates of a RayService: the head's, then the workers'."""
    cluster = service["spec"]["rayClusterConfig"]
    return [g["template"] for g in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


def service(file: Path) -> dict[str, Any]:
    """The RayService of a file of values."""
    done = template("-f", file)
    assert done.returncode == 0, done.stderr
    made = yaml.safe_load_all(done.stdout)
    (found,) = [part for part in made if part and part["kind"] == "RayService"]
    return dict(found)


def serve_config(made: dict[str, Any]) -> dict[str, Any]:
    """What Serve is told."""
    return dict(yaml.safe_load(made["spec"]["serveConfigV2"]))


def test_the_schema_is_what_the_types_say() -> None:
    """It is generated, and goes out of date when the types change."""
    held = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    assert schema() == held, "run make generate"


def test_every_value_is_there_and_valid() -> None:
    """The file shows all that can be set."""
    values = Values.model_validate(VALUES)
    names = {field.alias for field in Values.model_fields.values()} - {"global"}
    assert names == VALUES.keys()
    assert values.workers


def test_the_versions_are_those_of_the_project() -> None:
    """Of the app, and of Ray in its pods."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    version = re.search(r'^version = "(.+)"', project, re.MULTILINE)
    ray = re.search(r'"ray\[serve\]==(.+)"', project)
    template = (CHART / "templates" / "rayservice.yaml").read_text("utf-8")
    assert version
    assert ray
    assert {ABOUT["version"], ABOUT["appVersion"]} == {version[1]}
    assert f"rayVersion: {ray[1]}\n" in template
    assert f'image: "wiki-digest:{version[1]}"' in ABOUT["annotations"]["artifacthub.io/images"]


def test_the_deadline_without_a_setting_is_the_apps_own() -> None:
    """The chart computes times from it, and cannot read the app's types."""
    helpers = (CHART / "templates" / "_helpers.tpl").read_text("utf-8")
    assert f'dig "digest" "deadline_s" {Config().settings.digest.deadline_s:g} ' in helpers


def test_cpus_of_the_deployments_are_the_apps_own() -> None:
    """They are said again because Serve takes `ray_actor_options` as a whole or not at all."""
    for name, options in Config().deployed.items():
        given = VALUES["deployments"][name]["ray_actor_options"]
        assert given == options.ray_actor_options.model_dump(exclude_unset=True)


@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_serve_keeps_every_key_of_the_config(file: Path) -> None:
    """It drops those that it does not know without a word."""
    check(serve_config(service(file)))


@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_all_replicas_fit_the_workers(file: Path) -> None:
    """At least as many as there always are, and the most where all groups have grown."""
    plan = Plan.of(service(file))
    assert plan.least.faults == []
    assert plan.most.faults == []


@needs_helm
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_two_renders_are_equal(file: Path) -> None:
    """But for the token, which a cluster is asked for."""
    options = ("-f", file, "--set", "auth.create=false,faultTolerance.existingSecret=redis")
    assert template(*options).stdout == template(*options).stdout


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
        ("head.topologySpreadConstraints=[]", "'topologySpreadConstraints' not allowed"),
        ('fullnameOverride="1-a"', "1-a: what KubeRay names begins with a letter"),
        (
            'deployments.Digest.autoscaling_config={"min_replicas": 3, "max_replicas": 2}',
            "deployments.Digest.autoscaling_config: min_replicas <= initial_replicas",
        ),
        (
            'deployments.Digest.autoscaling_config={"upscale_delay_s": 5}',
            "autoscaling_config.upscale_delay_s (5) must not be below look_back_period_s (30)",
        ),
        ("podDisruptionBudget.minAvailable=2", "must be below the number of workers (2)"),
        ("workers.cpu.replicas=1", "deployments.Digest: 2 replicas, at most 1 in one worker"),
        ("workers.cpu.minReplicas=3", "minReplicas (3) <= replicas (2) <= maxReplicas (2)"),
        ("workers.cpu.maxReplicas=1", "minReplicas (2) <= replicas (2) <= maxReplicas (1)"),
        ('models={"claim": "a", "image": "b"}', "models.claim and models.image"),
        ("models.fill.enabled=true", "models.fill.enabled needs models.claim"),
        ("httpRoute.enabled=true", "httpRoute.parentRefs"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(setting: str, said: str) -> None:
    """Before anything is installed."""
    done = helm(setting)
    assert done.returncode != 0
    assert said in done.stderr


@needs_helm
def test_no_pod_may_do_more_than_it_must() -> None:
    """The restricted standard, and a root that cannot be written."""
    made = rendered("faultTolerance.enabled=true", 'models={"claim":"a","fill":{"enabled":true}}')
    others = [made["Deployment"]["spec"]["template"], made["Job"]["spec"]["template"], made["Pod"]]
    templates = [*pods(made["RayService"]), *others]
    assert len(templates) == 5
    for part in templates:
        spec = part["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is (part is made["Pod"])
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@needs_helm
def test_a_new_version_of_the_chart_changes_no_pod() -> None:
    """Each change of a pod would start a new cluster."""
    for part in pods(rendered()["RayService"]):
        labels = part["metadata"]["labels"]
        assert labels == {
            "app.kubernetes.io/name": "wiki-digest",
            "app.kubernetes.io/instance": "r",
        }


@needs_helm
def test_what_leaves_waits_for_as_long_as_a_request_may_take() -> None:
    """Workers do; the head goes at once, since no other starts before."""
    made = rendered("requestTimeoutSeconds=100")["RayService"]
    head, worker = (part["spec"] for part in pods(made))
    assert worker["terminationGracePeriodSeconds"] > 100 + 5
    assert head["terminationGracePeriodSeconds"] < 30
    assert made["spec"]["rayClusterDeletionDelaySeconds"] > 100


@needs_helm
@pytest.mark.parametrize(
    ("idle", "request_s", "expected"), [(5, 40, "10"), (65, 120, "70"), (600, 40, "45")]
)
def test_what_leaves_takes_requests_until_idle_connections_are_closed(
    idle: int, request_s: int, expected: str
) -> None:
    """But never for longer than its pod is there."""
    values = f"keepAliveTimeoutSeconds={idle}", f"requestTimeoutSeconds={request_s}"
    for part in pods(rendered(*values)["RayService"]):
        env = {one["name"]: one["value"] for one in part["spec"]["containers"][0]["env"]}
        assert env["RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S"] == expected
        assert env["RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S"] == expected
        assert float(env["RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"]) >= float(expected)


@needs_helm
def test_the_head_answers_where_it_is_needed() -> None:
    """With one worker it stands in while that starts again."""
    alone = service(CHART / "ci" / "one-worker-values.yaml")
    assert "excludeHeadPodFromServeSvc" not in alone["spec"]
    assert rendered()["RayService"]["spec"]["excludeHeadPodFromServeSvc"]


@needs_helm
def test_names_fit_what_kuberay_adds_to_them() -> None:
    """However long the release's is."""
    made = rendered(f'fullnameOverride="{"x" * 60}"')
    assert made["RayService"]["metadata"]["name"] == "x" * 47
