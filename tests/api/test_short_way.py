"""Routes that need no router answer as they do through it, and are measured under their names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
from prometheus_client import CollectorRegistry

from service.api.app import create_app
from service.api.short_way import ShortWay

PARTS = ("instance", "x-request-id", "date", "retry-after")
"""What differs from request to request."""


@pytest.fixture
def by_router(api: Any) -> Any:
    """The same service, without the short way."""
    app = create_app(replace(api.app.state.forbear, registry=CollectorRegistry()))
    app.user_middleware = [one for one in app.user_middleware if cast("Any", one.cls) is not ShortWay]
    app.state.authenticator = api.app.state.authenticator
    return app


def shown(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """An answer without what differs from request to request."""
    document = answer.json() if answer.content else None
    if isinstance(document, dict):
        document = {name: value for name, value in document.items() if name not in PARTS}
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in (*PARTS, "content-length", "location")
    }
    return answer.status_code, headers, document


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/notices", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/v1/notices", {"json": {"borrower": {"id": ""}}}),
    ("POST", "/v1/notices", {"content": b"x" * 400_000, "headers": {"Content-Type": "application/json"}}),
    ("POST", "/v1/notices", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}),
    ("POST", "/v1/notices", {"json": {}, "headers": {"Authorization": "Bearer nobody"}}),
    ("POST", "/v1/notices?a=1&a=2", {"json": {}}),
    ("POST", "/v1/notices/", {"json": {}}),
    ("POST", "/v1/notices/batch", {"json": {"notices": []}}),
    ("POST", "/v1/notices/preview", {"json": {}}),
    ("DELETE", "/v1/notices", {}),
    ("OPTIONS", "/v1/notices", {}),
    ("GET", "/v1/notices", {}),
    ("HEAD", "/healthz", {}),
    ("GET", "/healthz", {}),
    ("GET", "/v1/nothing", {}),
]


@pytest.mark.parametrize(("method", "path", "further"), REQUESTS)
async def test_a_request_is_answered_as_by_the_router(api, by_router, method, path, further):
    """Refusals in the same words, methods that there are not, paths that are no others."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(by_router), base_url=api.client.base_url, headers=api.client.headers
    ) as client:
        expected = shown(await client.request(method, path, **further))
    assert expected == shown(await api.client.request(method, path, **further))


async def test_an_accepted_notice_goes_the_short_way_and_is_counted_under_its_route(api, notice):
    """The router is not asked, and the measures say which route it was."""
    asked: list[str] = []
    router = api.app.router.app

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await router(scope, receive, send)

    api.app.router.middleware_stack = watched
    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code
    assert 202 == (await api.client.post("/v1/notices/batch", json={"notices": [notice]})).status_code
    assert 200 == (await api.client.get("/v1/notices")).status_code
    assert ["/v1/notices"] == asked
    labels = {"method": "POST", "route": "/v1/notices", "status": "202"}
    assert 1 == api.registry.get_sample_value("forbear_http_requests_total", labels)
