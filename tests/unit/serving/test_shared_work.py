"""The context of shared work; tests/graph/test_logs.py shows what Serve makes of it."""

from contextvars import ContextVar
from typing import Any

from ray.serve import context

from app.serving.shared_work import detached

OTHER: ContextVar[str] = ContextVar("other")
SERVE: Any = context._serve_request_context  # noqa: SLF001 - has no public name
REQUEST = context._RequestContext(  # noqa: SLF001
    route="/v1/digest", request_id="mine", _internal_request_id="cancelled by it", app_name="app"
)


async def test_shared_work_is_named_after_the_first_request_and_not_cancelled_with_it() -> None:
    OTHER.set("kept")
    SERVE.set(REQUEST)
    found = detached()
    assert found[SERVE] == context._RequestContext(  # noqa: SLF001
        route="/v1/digest", request_id="mine", app_name="app"
    )
    assert found[OTHER] == "kept"


async def test_the_context_of_the_request_itself_is_unchanged() -> None:
    SERVE.set(REQUEST)
    detached()
    assert SERVE.get() is REQUEST
