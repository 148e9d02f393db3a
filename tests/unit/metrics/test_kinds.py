import pytest

from app.metrics.kinds import SILENT, declare
from app.metrics.table import BATCH_ARTICLES, DIGESTS, ENTRIES, FAILURES
from app.metrics.tally import Tally


def test_a_declared_counter_begins_at_zero_for_each_combination() -> None:
    tally = Tally()
    declare(tally, DIGESTS, ("ok", "rejected"), ("true", "false"))
    assert tally.values() == {
        (DIGESTS, (outcome, cached)): 0
        for outcome in ("ok", "rejected")
        for cached in ("true", "false")
    }


def test_a_declaration_keeps_what_was_counted() -> None:
    tally = Tally()
    tally.add(FAILURES, "source")
    declare(tally, FAILURES, ("source",))
    assert tally.values() == {(FAILURES, ("source",)): 1}


def test_the_silent_recorder_calls_nothing() -> None:
    SILENT.add(FAILURES, "source")
    SILENT.observe(BATCH_ARTICLES, 1, "entities")
    SILENT.watch(ENTRIES, lambda: pytest.fail("it was read"), "tones")
