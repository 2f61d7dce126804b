"""Providers on loopback that are asked whether they are well, and what the doctor says of them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from service.cli.doctor_checks import Check
from service.cli.doctor_providers import of_providers
from service.settings import Settings, settings_type

NUMBER, SID = "+12025550100", "AC" + "0" * 32


@contextlib.asynccontextmanager
async def answering(answers: dict[str, Any], date: str | None = None) -> AsyncIterator[str]:
    """A provider on loopback: by the end of the path a status, a document, or both."""

    async def answer(request: web.Request) -> web.StreamResponse:
        path = request.path_qs
        said = next((one for end, one in answers.items() if end in path), 404)
        status, document = (
            said if isinstance(said, tuple) else (said, {}) if isinstance(said, int) else (200, said)
        )
        headers = {} if date is None else {"Date": date}
        if isinstance(document, str):  # a media type
            headers["Content-Type"] = document
            return web.Response(body=b"{}", status=status, headers=headers)
        return web.json_response(document, status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def settings(**given: Any) -> Settings:
    """Of a deployment; its public URL is this machine's own."""
    return settings_type("")(**given)


async def found(**given: Any) -> dict[str, Check]:
    """What is said of providers, by name."""
    return {one.name: one for one in await of_providers(settings(**given))}
