import json

import pytest

from tests.support import needs


@pytest.fixture(autouse=True)
def _heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "LIGHT", False)


def test_an_installed_module_is_returned() -> None:
    assert needs.module("json") is json
    assert needs.program("sh").args == (False,)


def test_a_missing_tool_skips_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "ALL_TOOLS", False)
    assert needs.program("no-such-program").args == (True,)
    with pytest.raises(pytest.skip.Exception, match="no_such_library is not installed"):
        needs.module("no_such_library")


def test_a_missing_tool_fails_a_test_if_all_tools_are_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(needs, "ALL_TOOLS", True)
    assert needs.program("no-such-program").args == (False,)
    with pytest.raises(pytest.fail.Exception, match="no_such_library is not installed"):
        needs.module("no_such_library")


def test_a_light_run_skips_tests_of_heavy_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "LIGHT", True)
    with pytest.raises(pytest.skip.Exception, match="json is tested by make test only"):
        needs.module("json")
