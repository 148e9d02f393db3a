from pathlib import Path

import pytest

from app.config.settings import ModelSettings
from app.core.errors import ModelError
from app.models.resolve import EMBEDDED_FOLDER, find


def test_an_existing_folder_is_used(tmp_path: Path) -> None:
    assert find("entities", ModelSettings(model=str(tmp_path))).path == tmp_path


def test_embedded_means_the_stages_folder_in_the_package() -> None:
    try:
        assert find("entities", ModelSettings()).path == EMBEDDED_FOLDER / "entities"
    except ModelError as error:
        assert str(EMBEDDED_FOLDER / "entities") in str(error)  # noqa: PT017  (no embedded models)


@pytest.mark.parametrize("name", ["./models/none", "/models/none", "~/none", ".\\none"])
def test_a_path_without_a_folder_is_a_model_error(name: str) -> None:
    """An unmounted volume must not cause a download."""
    with pytest.raises(ModelError, match="does not exist"):
        find("sentiment", ModelSettings(model=name))


def test_a_file_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    with pytest.raises(ModelError, match="a folder is needed"):
        find("sentiment", ModelSettings(model=str(tmp_path / "model.onnx")))


def test_an_invalid_hub_id_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="neither a folder nor a hub id"):
        find("sentiment", ModelSettings(model="three/part/name"))


def test_the_settings_state_the_languages(tmp_path: Path) -> None:
    given = ModelSettings(model=str(tmp_path), languages=("ja", "en"))
    assert find("entities", given).languages == ("ja", "en")
