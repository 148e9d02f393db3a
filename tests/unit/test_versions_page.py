"""The table of versions in docs/platform.md."""

from tests.support.chart import CHART, ROOT, needs_helm, rendered
from tools.versions_page import table, tried

PAGE = ROOT / "docs" / "platform.md"


def test_the_table_is_that_of_the_versions_that_tests_run_with() -> None:
    assert table() in PAGE.read_text("utf-8"), "run make generate"


def test_each_version_is_one() -> None:
    for one in tried():
        assert one.version[0].isdigit(), one


def test_the_version_of_kuberay_that_is_tried_is_the_oldest_that_the_chart_names() -> None:
    (kuberay,) = [one for one in tried() if one.what == "KubeRay"]
    assert f"operator {kuberay.version} or later" in (CHART / "README.md").read_text("utf-8")
    assert kuberay.allowed == f"{kuberay.version} and later"


@needs_helm
def test_fields_of_a_newer_kuberay_can_be_set() -> None:
    """In the chart's last word; its own CRDs refuse what it does not know."""
    newer = "rayService.spec.suspend=true", "workers.cpu.groupSpec.priority=10"
    spec = rendered(*newer)["RayService"]["spec"]
    assert spec["suspend"]
    assert spec["rayClusterConfig"]["workerGroupSpecs"][0]["priority"] == 10
