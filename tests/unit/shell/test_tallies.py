import pytest

from app.shell.tallies import Tally, bound_s, by_replica, total
from tests.support.pages import page


def test_a_page_has_a_tally_of_each_replica() -> None:
    found = by_replica(page("a", ok=10, internal=2, slow=3) + page("b", ok=1), 1.0)
    assert found == {"a": Tally(12, 2, 10, 7), "b": Tally(1, 0, 1, 1)}


def test_errors_of_clients_are_no_requests() -> None:
    assert by_replica(page("a", invalid=5), 1.0)["a"].requests == 0


def test_a_cached_answer_has_no_time() -> None:
    text = page("a", ok=4) + page("a", cached="true", ok=6)
    assert by_replica(text, 0.005)["a"] == Tally(10, 0, 4, 0)


def test_a_missing_article_is_no_failure() -> None:
    labels = 'replica="a",route="/",outcome="no-article",cached="false"'
    found = by_replica(f"ray_wiki_digest_requests_total{{{labels}}} 3", 1.0)
    assert found == {"a": Tally(requests=3)}


def test_a_page_of_something_else_has_no_tallies() -> None:
    assert by_replica('ray_node_cpu{replica="a"} 1.0\n# HELP a\n<html>', 1.0) == {}


@pytest.mark.parametrize(("wanted", "bound"), [(1.0, 1.0), (0.7, 1.0), (99, float("inf"))])
def test_the_time_is_a_bound_of_the_histogram(wanted: float, bound: float) -> None:
    assert bound_s(wanted) == bound


def test_tallies_add_up_and_differ() -> None:
    both = total([Tally(1, 2, 3, 4), Tally(1, 1, 1, 1)])
    assert both == Tally(2, 3, 4, 5)
    assert both.since(Tally(1, 1, 1, 1)) == Tally(1, 2, 3, 4)
