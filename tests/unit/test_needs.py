import json

import pytest

from tests.support import needs


@pytest.fixture(autouse=True)
def _heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "LIGHT", False)


def test_what_is_there_is_given() -> None:
    assert needs.module("json") is json
    assert needs.program("sh").args == (False,)


def test_a_test_that_lacks_something_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "ALL_TOOLS", False)
    assert needs.program("no-such-program").args == (True,)
    with pytest.raises(pytest.skip.Exception, match="no_such_library is not installed"):
        needs.module("no_such_library")


def test_where_all_must_be_there_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "ALL_TOOLS", True)
    assert needs.program("no-such-program").args == (False,)
    with pytest.raises(pytest.fail.Exception, match="no_such_library is not installed"):
        needs.module("no_such_library")


def test_make_unit_leaves_libraries_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "LIGHT", True)
    with pytest.raises(pytest.skip.Exception, match="json is left to make test"):
        needs.module("json")
