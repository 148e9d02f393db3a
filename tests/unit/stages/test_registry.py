import pytest

from app.config.deployments import Deployments
from app.config.settings import ModelSettings, Settings
from app.core.values import Digest
from app.stages.registry import BRANCHES, GATE, STAGES, StageSpec


@pytest.mark.parametrize("spec", STAGES.values(), ids=lambda spec: spec.name)
def test_a_stage_has_settings_a_deployment_and_a_field_of_the_digest(
    spec: StageSpec[object],  # type: ignore[type-var]
) -> None:
    assert isinstance(Settings().stage(spec.name), ModelSettings)
    assert spec.deployment in Deployments.model_fields
    assert Digest.model_fields[spec.field].annotation == spec.result | None


def test_every_group_of_settings_with_a_model_is_a_stage() -> None:
    groups = {name for name, value in Settings() if isinstance(value, ModelSettings)}
    assert groups == STAGES.keys()


def test_every_deployment_but_the_ingress_is_a_stage() -> None:
    assert Deployments.model_fields.keys() - {"Digest"} == {
        spec.deployment for spec in STAGES.values()
    }


def test_the_gate_is_called_before_the_branches() -> None:
    assert list(STAGES.values()) == [GATE, *BRANCHES]
