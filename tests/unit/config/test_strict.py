from typing import Any

import pytest
from pydantic import ValidationError

from app.config.batching import BatchSettings
from app.config.deployments import LiveBatchOptions
from app.config.settings import Settings, SummarizerSettings
from app.config.strict import StrictSettings


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"sentiment": {"batch": {"size": 4}}}, {"sentiment": {"batch": {"max_batch_size": 4}}}),
        (
            {"entities": {"batch": {"wait_s": 1}}},
            {"entities": {"batch": {"batch_wait_timeout_s": 1}}},
        ),
        (
            {"entities": {"batch": {"tokens": 64}}},
            {"entities": {"batch": {"max_batch_tokens": 64}}},
        ),
        ({"summarizer": {"beams": 2}}, {"summarizer": {"num_beams": 2}}),
    ],
)
def test_a_deprecated_key_is_accepted_with_a_warning_that_names_the_new_key(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    with pytest.warns(FutureWarning, match=r"^\w+ is deprecated: use \w+$"):
        assert Settings.model_validate(old) == Settings.model_validate(new)


def test_a_deprecated_key_next_to_its_new_key_is_rejected() -> None:
    with pytest.raises(ValidationError, match="size is the old name of max_batch_size"):
        BatchSettings.model_validate({"size": 4, "max_batch_size": 4})


@pytest.mark.parametrize("group", [BatchSettings, LiveBatchOptions, SummarizerSettings])
def test_the_schema_marks_renamed_keys_as_deprecated(group: type[StrictSettings]) -> None:
    keys = group.model_json_schema()["properties"]
    assert {key for key in keys if keys[key].get("deprecated")} == group.renamed.keys()
    assert set(group.renamed.values()) <= group.model_fields.keys()
