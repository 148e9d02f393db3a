"""The context of work that several requests share."""

from contextvars import Context, copy_context

from ray.serve import context as serve_context


def detached() -> Context:
    """This request's context, without what Serve cancels when the request ends.

    The log of the shared work, and its calls to other deployments, have the first request's id.
    """
    copied = copy_context()
    copied.run(_detach)
    return copied


def _detach() -> None:
    """Keep the names of Serve's request context, and not the key of what it cancels."""
    request = serve_context._get_serve_request_context()  # noqa: SLF001 - has no public name
    serve_context._unset_request_context()  # noqa: SLF001
    serve_context._set_request_context(  # noqa: SLF001
        route=request.route, request_id=request.request_id, app_name=request.app_name
    )
