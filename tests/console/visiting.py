"""A browser without a window: keeps cookies, fills in forms."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.face import PUBLIC


class Visitor:
    """A browser: keeps cookies, sends the session's CSRF token with its forms."""

    def __init__(self, api: Any) -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url=PUBLIC)

    async def log_in(self, key: str) -> httpx.Response:
        return await self.client.post("/console/login", data={"key": key, "next": "/console"})

    async def get(self, path: str, **further: Any) -> httpx.Response:
        return await self.client.get(path, **further)

    async def csrf_token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', (await self.get("/console")).text)
        return found[1] if found else ""

    async def post(self, path: str, fields: dict[str, Any] | None = None, **further: Any) -> httpx.Response:
        return await self.client.post(
            path, data={"csrf_token": await self.csrf_token(), **(fields or {})}, **further
        )


async def after(one: Visitor, answer: httpx.Response) -> str:
    """The page that an action leads to."""
    assert 303 == answer.status_code, answer.text
    return (await one.get(answer.headers["location"])).text


async def visitor(api: Any, role: str = "admin", **further: Any) -> Visitor:
    """One who has logged in with a fresh key of this role."""
    key = (await api.key(role, **further))["Authorization"].removeprefix("Bearer ")
    one = Visitor(api)
    assert 303 == (await one.log_in(key)).status_code
    return one


async def accepted(api: Any, notice: dict[str, Any], **further: Any) -> str:
    """A notice that was accepted; its id."""
    answer = await api.client.post("/v1/notices", json={**notice, **further})
    assert 202 == answer.status_code, answer.text
    return str(answer.json()["id"])


async def change(api: Any, statement: str, *values: Any) -> None:
    """Change rows behind the service's back."""
    async with api.runtime.database.transaction() as connection:
        await connection.execute(statement, *values)
