"""The API and its page over fake stages, served on a real port."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

STOP_S = 10


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The address of `app`; open connections are aborted at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listening]))  # noqa: SLF001 - without its signal handlers
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await asyncio.wait_for(task, STOP_S)
            for connection in list(server.server_state.connections):
                connection.transport.abort()
