import threading

from app.metrics.table import BATCH_ARTICLES, ENTRIES, FAILURES, LOOKUPS, REFUSED
from app.metrics.tally import Observed, Tally


def test_a_counter_sums_by_labels() -> None:
    tally = Tally()
    tally.add(FAILURES, "source")
    tally.add(FAILURES, "source", amount=2)
    tally.add(FAILURES, "entities")
    assert tally.values() == {(FAILURES, ("source",)): 3, (FAILURES, ("entities",)): 1}


def test_what_is_watched_is_read_when_it_is_wanted() -> None:
    tally, held = Tally(), [1]
    tally.watch(ENTRIES, lambda: held[0], "tones")
    tally.watch(LOOKUPS, lambda: 7, "tones", "hit")
    held[0] = 5
    assert tally.values() == {(ENTRIES, ("tones",)): 5, (LOOKUPS, ("tones", "hit")): 7}


def test_a_counter_can_be_added_to_and_read() -> None:
    tally = Tally()
    tally.watch(LOOKUPS, lambda: 7, "tones", "hit")
    tally.add(LOOKUPS, "tones", "hit", amount=2)
    assert tally.values() == {(LOOKUPS, ("tones", "hit")): 9}


def test_a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed() -> None:
    """The bounds begin with 1, 2, 4."""
    tally = Tally()
    for value in (1, 2, 3, 4, 1_000):
        tally.observe(BATCH_ARTICLES, value, "entities")
    (observed,) = tally.observed().values()
    assert observed.counts == (1, 1, 2, 0, 0, 0, 0, 0, 1)
    assert (observed.number, observed.total) == (5, 1_010)


def test_totals_that_were_read_do_not_change() -> None:
    tally = Tally()
    tally.observe(BATCH_ARTICLES, 1, "entities")
    before = tally.observed()
    tally.observe(BATCH_ARTICLES, 1, "entities")
    assert before == {(BATCH_ARTICLES, ("entities",)): Observed((1, *[0] * 8), 1)}


def test_no_increase_is_lost_between_threads() -> None:
    tally, times, threads = Tally(), 2_000, 4

    def increase() -> None:
        for _ in range(times):
            tally.add(REFUSED, "busy")
            tally.observe(BATCH_ARTICLES, 1, "entities")

    started = [threading.Thread(target=increase) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert tally.values() == {(REFUSED, ("busy",)): times * threads}
    assert tally.observed()[BATCH_ARTICLES, ("entities",)].number == times * threads
