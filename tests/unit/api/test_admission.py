from contextlib import ExitStack, suppress

import pytest

from app.api.admission import TERMS_AT_ONCE, Admission, Slots
from app.core.errors import Overloaded, OverShare
from app.metrics.table import IN_PROGRESS, REFUSED
from app.metrics.table import LIMIT as LIMIT_OF_TERMS
from tests.support.fake_recorder import FakeRecorder
from tests.support.turns import begun, holding

LIMIT = 256


def fill(stack: ExitStack, admission: Admission, client: str) -> int:
    """Send requests for one term until one is refused; how many were admitted."""
    for admitted in range(LIMIT + 1):
        try:
            stack.enter_context(admission.one(client))
        except Overloaded:
            return admitted
    raise AssertionError("more than the limit were admitted")


def post_all(stack: ExitStack, admission: Admission, client: str, terms: int = 100) -> int:
    """Send POSTs until one is refused; how many were admitted."""
    for admitted in range(LIMIT + 1):
        try:
            stack.enter_context(admission.many(client, range(terms)))
        except Overloaded:
            return admitted
    raise AssertionError("more than the limit were admitted")


@pytest.fixture
def stack() -> ExitStack:
    """Holds what was admitted."""
    return ExitStack()


def test_a_full_server_refuses_every_client_with_503(stack: ExitStack) -> None:
    admission = Admission(2)
    for client in ("a", "b"):
        stack.enter_context(admission.one(client))
    for client in ("a", "c"):
        with pytest.raises(Overloaded) as raised, admission.one(client):
            pass
        assert (raised.value.status, raised.value.retry_after_s) == (503, 1)
        assert raised.value.detail == "2 terms are in progress already; try again soon"


def test_a_client_over_its_share_is_refused_with_429(stack: ExitStack) -> None:
    admission = Admission(8)
    assert fill(stack, admission, "a") == 7
    with pytest.raises(OverShare) as raised, admission.one("a"):
        pass
    assert (raised.value.status, raised.value.retry_after_s) == (429, 1)
    assert raised.value.detail == "7 of your terms are in progress already; 7 may be"


def test_a_client_that_is_alone_leaves_an_eighth_to_the_next(stack: ExitStack) -> None:
    admission = Admission(LIMIT)
    assert fill(stack, admission, "a") == LIMIT * 7 // 8
    assert fill(stack, admission, "b") == LIMIT // 8


def test_a_client_with_others_holds_half_at_most(stack: ExitStack) -> None:
    admission = Admission(LIMIT)
    stack.enter_context(admission.one("b"))
    assert fill(stack, admission, "a") == LIMIT // 2


def test_a_client_without_terms_in_progress_is_not_there_for_others(stack: ExitStack) -> None:
    """As one whose terms are all cached."""
    admission = Admission(LIMIT)
    stack.enter_context(admission.many("b", range(0)))
    assert fill(stack, admission, "a") == LIMIT * 7 // 8


def test_posts_of_all_clients_leave_a_quarter_to_requests_for_one_term(stack: ExitStack) -> None:
    admission = Admission(LIMIT)
    posts = sum(post_all(stack, admission, f"client {n}") for n in range(10))
    assert posts * TERMS_AT_ONCE == LIMIT * 3 // 4
    singles = [stack.enter_context(admission.one(f"other {n}")) for n in range(LIMIT // 4)]
    assert len(singles) == LIMIT // 4


def test_posts_of_one_client_leave_room_to_posts_of_the_next(stack: ExitStack) -> None:
    admission = Admission(LIMIT)
    assert post_all(stack, admission, "a") == 42
    assert post_all(stack, admission, "b") == 6


def test_a_post_counts_the_terms_that_it_can_have_running(stack: ExitStack) -> None:
    admission = Admission(LIMIT)
    stack.enter_context(admission.one("other"))
    with ExitStack() as large:
        assert post_all(large, admission, "a", TERMS_AT_ONCE) == 128 // TERMS_AT_ONCE
    with ExitStack() as small:
        assert post_all(small, admission, "a", 1) == 128


@pytest.mark.parametrize("limit", range(1, 40))
def test_a_post_of_any_size_fits_an_idle_server(limit: int) -> None:
    with Admission(limit).many("a", range(100)):
        pass


@pytest.mark.parametrize("limit", range(3, 40))
def test_a_request_for_one_term_fits_beside_any_posts(stack: ExitStack, limit: int) -> None:
    admission = Admission(limit)
    for n in range(limit):
        post_all(stack, admission, f"client {n}")
    stack.enter_context(admission.one("other"))


def test_a_post_of_cached_terms_is_always_admitted(stack: ExitStack) -> None:
    admission = Admission(LIMIT)
    for client in ("a", "b"):
        fill(stack, admission, client)
    stack.enter_context(admission.many("a", range(0)))


async def test_the_posts_of_a_client_share_their_turns() -> None:
    admission = Admission(LIMIT)
    with admission.many("a", range(9)) as one, admission.many("a", range(9)) as other:
        async with holding(one, TERMS_AT_ONCE - 1):
            assert await begun(other, TERMS_AT_ONCE) == 1


def test_a_post_beyond_the_share_is_refused_before_its_terms_are_looked_at() -> None:
    admission, looked_at = Admission(1), iter(range(100))
    with admission.one("a"), pytest.raises(Overloaded), admission.many("b", looked_at):
        pass
    assert next(looked_at) == 1


def test_a_request_frees_its_slots_however_it_ends() -> None:
    admission = Admission(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"), admission.one("a"):
            raise ValueError("no")
        with pytest.raises(ValueError, match="no"), admission.many("a", range(2)):
            raise ValueError("no")


def test_a_refused_request_frees_no_slot() -> None:
    admission = Admission(1)
    with admission.one("a"):
        for _ in range(2):
            with pytest.raises(Overloaded), admission.one("b"):
                pass
            with pytest.raises(Overloaded), admission.many("b", range(1)):
                pass


def test_an_uncounted_request_takes_a_slot_and_is_not_counted() -> None:
    counted: list[tuple[str, int]] = []
    admission = Admission(1, lambda *given: counted.append(given))
    with admission.uncounted("a"), pytest.raises(Overloaded), admission.one("b"):
        pass
    with admission.one("a"):
        pass
    assert counted == [("a", 1)]


def test_a_client_without_requests_counts_no_more() -> None:
    slots = Slots(8)
    with slots.take("b", 1):
        assert slots.share("a") == 4
    assert slots.share("a") == 7


async def test_as_many_terms_of_a_client_run_at_once_as_fill_a_batch() -> None:
    with Admission(256, at_once=2).many("a", range(100)) as turns:
        assert await begun(turns, 20) == 2


async def test_half_as_many_terms_of_a_client_run_at_once_beside_others() -> None:
    admission = Admission(256, at_once=4, singles=6)
    with admission.many("a", range(100)) as many, admission.one("a") as single, admission.one("b"):
        assert await begun(many, 20) == 2
        assert await begun(single, 20) == 3


def test_a_refusal_is_counted_by_its_reason(stack: ExitStack) -> None:
    def refuse(client: str, _: int) -> None:
        if client == "fast":
            raise OverShare

    recorder = FakeRecorder()
    admission = Admission(8, refuse, recorder=recorder)
    fill(stack, admission, "a")
    stack.enter_context(admission.one("b"))
    for client in ("c", "c"):
        with suppress(Overloaded):
            stack.enter_context(admission.one(client))
    assert recorder.counted(REFUSED) == {("share",): 1, ("busy",): 2}
    stack.close()
    with suppress(OverShare), admission.one("fast"):
        pass
    assert recorder.value(REFUSED, "rate") == 1


def test_terms_in_progress_are_those_of_all_clients(stack: ExitStack) -> None:
    recorder = FakeRecorder()
    admission = Admission(LIMIT, recorder=recorder)
    stack.enter_context(admission.one("a"))
    stack.enter_context(admission.many("b", range(100)))
    assert recorder.value(IN_PROGRESS) == 1 + TERMS_AT_ONCE
    stack.close()
    assert (recorder.value(IN_PROGRESS), recorder.value(LIMIT_OF_TERMS)) == (0, LIMIT)
