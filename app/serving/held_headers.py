"""Sends the headers of a response together with the first part of its body.

HAProxy asks another replica instead of one that dies or stalls, as long as it has nothing of the
response. An event stream has its headers at once else, and Serve passes on headers and body in
different steps of the event loop.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeldHeaders:
    """ASGI middleware that holds the headers back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        held: list[Message] = []

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            while held:
                await send(held.pop())
            await send(message)

        await self._app(scope, receive, with_headers)
