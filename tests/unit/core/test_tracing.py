from contextvars import Context, copy_context

from app.core.tracing import OFF, belong_to, trace_id


def test_a_tracer_that_is_off_gives_the_same_span_each_time() -> None:
    with OFF.begin("a", {}) as first, OFF.span("b") as second, OFF.resume("c", ["d"]) as third:
        first.set({"key": "value"})
        first.fail("kind")
        assert not first.recorded
    assert first is second is third


def test_a_tracer_that_is_off_passes_nothing_on() -> None:
    assert OFF.here() == ""
    assert list(OFF.context()) == []


def test_a_task_belongs_to_a_trace() -> None:
    def task() -> str:
        belong_to("a")
        return trace_id()

    assert copy_context().run(task) == "a"
    assert Context().run(trace_id) == ""
