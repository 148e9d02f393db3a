import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from app.config.autoscaling import AutoscalingOptions, AutoscalingPolicyOptions
from app.config.batching import BatchSettings
from app.config.deployments import (
    DeploymentOptions,
    Deployments,
    StageDeploymentOptions,
)
from app.config.loader import read
from app.config.settings import (
    EMBEDDED,
    PRESETS,
    REVISIONS,
    CorpusSettings,
    EntitiesSettings,
    SentimentSettings,
    Settings,
    SummarizerSettings,
    WikipediaSettings,
)
from app.config.strict import StrictSettings

STAGES = ("sentiment", "summarizer", "entities")


def models(settings: Settings) -> dict[str, str]:
    """Return the model of each stage."""
    return {name: getattr(settings, name).model for name in STAGES}


def inside(annotation: Any) -> Iterator[type[StrictSettings]]:
    """Return the settings groups in an annotation, recursively."""
    if isinstance(annotation, type) and issubclass(annotation, StrictSettings):
        yield annotation
        for field in annotation.model_fields.values():
            yield from inside(field.annotation)
    for argument in get_args(annotation):
        yield from inside(argument)


def groups(*roots: type[StrictSettings]) -> list[type[StrictSettings]]:
    """Return `roots` and every settings group below them, once each."""
    return list(dict.fromkeys(group for root in roots for group in inside(root)))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_sets_the_model_of_every_stage(preset: str) -> None:
    expected = dict.fromkeys(STAGES, EMBEDDED) | PRESETS[preset]
    assert expected == models(Settings.model_validate({"preset": preset}))


def test_the_default_models_are_bundled() -> None:
    expected = dict.fromkeys(STAGES, EMBEDDED)
    assert expected == models(Settings())
    assert expected == models(Settings.model_validate({}))


@pytest.mark.parametrize("stage", STAGES)
def test_an_explicit_model_overrides_the_preset(stage: str) -> None:
    expected = PRESETS["hub"] | {stage: "./mine"}
    settings = Settings.model_validate({"preset": "hub", stage: {"model": "./mine"}})
    assert expected == models(settings)


def test_other_stage_settings_do_not_override_the_presets_model() -> None:
    settings = Settings.model_validate({"preset": "hub", "sentiment": {"threshold": 0.5}})
    model = PRESETS["hub"]["sentiment"]
    expected = SentimentSettings(model=model, revision=REVISIONS[model], threshold=0.5)
    assert expected == settings.sentiment


def test_every_model_of_a_preset_has_a_commit() -> None:
    assert REVISIONS.keys() == {model for models in PRESETS.values() for model in models.values()}
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for commit in REVISIONS.values())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, REVISIONS[PRESETS["hub"]["entities"]]),
        ({"revision": "main"}, "main"),
        ({"model": "some/other"}, None),
        ({"model": "some/other", "revision": "v2"}, "v2"),
    ],
)
def test_the_commit_of_the_preset_is_for_its_model_only(
    given: dict[str, str], expected: str | None
) -> None:
    settings = Settings.model_validate({"preset": "hub", "entities": given})
    assert settings.entities.revision == expected


def test_the_allowed_presets_are_the_defined_ones() -> None:
    expected = set(PRESETS)
    assert expected == set(get_args(Settings.model_fields["preset"].annotation))


def test_applying_a_preset_does_not_mutate_its_input() -> None:
    given: dict[str, Any] = {"preset": "hub", "source": "wikipedia", "sentiment": {}}
    Settings.model_validate(given)
    expected = {"preset": "hub", "source": "wikipedia", "sentiment": {}}
    assert expected == given


def test_settings_survive_a_json_round_trip() -> None:
    for given in ({}, {"preset": "hub"}, {"source": "wikipedia"}, {"source": {"folder": "x"}}):
        expected = Settings.model_validate(given)
        assert expected == Settings.model_validate(expected.model_dump(mode="json"))
        assert expected == Settings.model_validate_json(expected.model_dump_json())


@pytest.mark.parametrize("group", groups(Settings, Deployments), ids=lambda group: group.__name__)
def test_every_setting_has_a_description(group: type[StrictSettings]) -> None:
    """The README's tables show it."""
    expected: list[str] = []
    fields = group.model_fields.items()
    assert expected == [name for name, field in fields if not field.description]


@pytest.mark.parametrize("group", groups(Settings, Deployments), ids=lambda group: group.__name__)
def test_every_settings_group_is_frozen_and_forbids_unknown_keys(
    group: type[StrictSettings],
) -> None:
    expected = (True, "forbid")
    assert expected == (group.model_config.get("frozen"), group.model_config.get("extra"))


def test_the_helper_finds_groups_in_unions_options_and_groups() -> None:
    expected = {Settings, WikipediaSettings, BatchSettings, Deployments, AutoscalingOptions}
    assert expected <= set(groups(Settings, Deployments))


def test_settings_are_frozen() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.preset = "hub"  # type: ignore[misc]  # the point of it
    with pytest.raises(ValidationError, match="frozen"):
        settings.sentiment.threshold = 0.5  # type: ignore[misc]  # likewise


@pytest.mark.parametrize(
    ("group", "name", "low", "high"),
    [
        (SentimentSettings, "threshold", -1.01, 1.01),
        (SummarizerSettings, "sentences", 0, 21),
        (SummarizerSettings, "max_tokens", 15, 1025),
        (SummarizerSettings, "min_tokens", -1, 513),
        (SummarizerSettings, "num_beams", 0, 17),
        (EntitiesSettings, "max_characters", 199, 1_000_001),
        (EntitiesSettings, "window_tokens", 15, 8193),
        (EntitiesSettings, "limit", 0, 1001),
        (EntitiesSettings, "min_score", -0.01, 1.01),
        (CorpusSettings, "max_concurrent", 0, 65),
        (DeploymentOptions, "num_replicas", 0, 1001),
        (DeploymentOptions, "max_ongoing_requests", 0, 100_001),
        (DeploymentOptions, "max_queued_requests", -2, 1_000_001),
    ],
)
def test_a_value_out_of_bounds_is_rejected(
    group: type[StrictSettings], name: str, low: float, high: float
) -> None:
    for value in (low, high, float("nan")):
        with pytest.raises(ValidationError):
            group.model_validate({name: value})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("timeout_s", [0, -1, 121]),
        ("retries", [-1, 11]),
        ("max_characters", [999, 10_000_001]),
        ("max_concurrent", [0, 65]),
        ("cache_size", [-1, 100_001]),
        ("cache_ttl_s", [0, -1]),
        ("language", ["", "e", "EN", "en/../x", "en.evil.org", "e" * 21, "en\n"]),
        ("api_url", ["wiki.example.org", "ftp://wiki.example.org", "file:///etc/passwd"]),
        ("user_agent", ["", "x" * 301, "two\nlines", "kälte"]),
    ],
)
def test_an_invalid_mediawiki_language_or_agent_is_rejected(
    name: str, values: list[object]
) -> None:
    """The language becomes part of the URL, the agent part of a header."""
    for value in values:
        with pytest.raises(ValidationError):
            WikipediaSettings.model_validate({"kind": "wikipedia", name: value})


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("max_batch_size", [0, 257, 1.5]),
        ("batch_wait_timeout_s", [-0.1, 10.1]),
        ("max_batch_tokens", [63, 1_000_001]),
    ],
)
def test_the_batch_settings_of_every_stage_have_bounds(path: str, values: list[float]) -> None:
    for stage in STAGES:
        for value in values:
            with pytest.raises(ValidationError):
                Settings.model_validate({stage: {"batch": {path: value}}})


def test_large_models_are_known_by_preset_and_by_stage() -> None:
    given: list[dict[str, Any]] = [{}, {"preset": "hub"}, {"entities": {"model": "./mine"}}]
    assert [read(Settings, one).has_embedded_models for one in given] == [True, False, False]


def test_the_largest_batch_is_that_of_any_stage() -> None:
    given = {"entities": {"batch": {"max_batch_size": 64}}}
    assert read(Settings, given).largest_batch == 64


@pytest.mark.parametrize("bad", [0, -1, 601, float("nan")])
def test_the_deadline_is_positive_and_at_most_ten_minutes(bad: float) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"digest": {"deadline_s": bad}})


@pytest.mark.parametrize(
    ("setting", "good", "bad"),
    [
        (
            "root_path",
            ["", "/a", "/some/digests", "/v1.0/~me_"],
            ["/", "a", "/a/", "//a", "/a//b", "/../a", "/a b", "/a?b", "https://a.test", "/a\n"],
        ),
        (
            "cors_origins",
            [[], ["*"], ["https://a.test", "http://127.0.0.1:8000", "http://[::1]:8000"]],
            [["a.test"], ["https://a.test/"], ["https://A.test"], ["null"], ["https://*.a.test/b"]],
        ),
    ],
)
def test_root_paths_and_origins_have_one_form(
    setting: str, good: list[object], bad: list[object]
) -> None:
    for value in good:
        Settings.model_validate({"api": {setting: value}})
    for value in bad:
        with pytest.raises(ValidationError):
            Settings.model_validate({"api": {setting: value}})


@pytest.mark.parametrize("language", ["de", "simple", "zh-min-nan", "be-x-old", "map-bms"])
def test_every_form_of_wikipedia_language_code_is_valid(language: str) -> None:
    given = WikipediaSettings.model_validate({"kind": "wikipedia", "language": language})
    assert language == given.language


REQUIRED: dict[type[BaseModel], dict[str, str]] = {
    WikipediaSettings: {"kind": "wikipedia"},
    AutoscalingPolicyOptions: {"policy_function": "a:b"},
}


def test_defaults_are_within_their_own_bounds() -> None:
    """Pydantic does not validate defaults."""
    for group in groups(Settings, StageDeploymentOptions):
        for name, field in group.model_fields.items():
            if not field.is_required():
                default = field.get_default(call_default_factory=False)
                group.model_validate({**REQUIRED.get(group, {}), name: default})


def test_a_folder_is_a_path() -> None:
    expected = Path("articles")
    settings = Settings.model_validate({"source": {"folder": "articles"}})
    assert isinstance(settings.source, CorpusSettings)
    assert expected == settings.source.folder
