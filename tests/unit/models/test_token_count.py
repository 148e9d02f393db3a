import threading

from app.models.token_count import TokenCount, Tokens


def test_a_count_sums_and_begins_again_once_it_was_taken() -> None:
    count = TokenCount()
    count.add(10, 2)
    count.add(5, 0)
    assert count.take() == Tokens(read=15, padding=2)
    assert count.take() == Tokens(read=0, padding=0)


def test_each_thread_has_its_own_count() -> None:
    count, others = TokenCount(), list[Tokens]()
    count.add(10, 2)
    thread = threading.Thread(target=lambda: others.append(count.take()))
    thread.start()
    thread.join()
    assert others == [Tokens()]
    assert count.take() == Tokens(10, 2)
