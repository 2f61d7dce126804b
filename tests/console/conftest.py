"""The application on a port, for tests that look at it with a browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn


@pytest.fixture
async def address(api: Any) -> AsyncIterator[str]:
    """The application on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(api.app, log_config=None, log_level="warning", lifespan="off", server_header=False)
    )
    running = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://localhost:{listening.getsockname()[1]}"
    server.should_exit = True
    await running
