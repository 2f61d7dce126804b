"""Whether the process lives and is ready, what it measures, and what it can do."""

from __future__ import annotations

from typing import Any

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import JSON, Answer, answer, encode
from service.api.contract import document
from service.api.gate import router, state_of
from service.api.openapi import FREE_DOCUMENT, REFERENCE, gives, gives_text
from service.api.pages import docs_page
from service.api.schemas.answers import Alive
from service.api.schemas.readings import Ready
from service.errors import Unavailable
from service.store.database import check_writes
from service.store.migrate import misfit
from service.store.schema_version import schema_of

operations = router("operations")

_DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "OpenAPI 3.1.",
        "content": {JSON: {"schema": {"$ref": REFERENCE.format(model=FREE_DOCUMENT)}}},
    }
}


@operations.get(
    "/healthz", operation_id="getHealth", summary="Alive", responses=gives("The process answers.")
)
async def healthz(request: Request) -> Answer[Alive]:
    """Asks nothing of the database."""
    del request
    return answer(Alive, {"status": "ok"})


@operations.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Ready",
    responses=gives("The database takes writes and its schema fits this release."),
)
async def readyz(request: Request) -> Answer[Ready]:
    """503 with a reason where it is not: away, read-only, or not migrated."""
    async with state_of(request).runtime.database.connection() as connection:
        await check_writes(connection)
        schema = await schema_of(connection)
    why = misfit(schema)
    if why is not None:
        raise Unavailable(why, retry_after=5)
    return answer(Ready, {"status": "ready", "schema": schema.revision})


@operations.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Metrics",
    responses=gives_text("text/plain", "Prometheus text format."),
)
async def metrics(request: Request) -> Response:
    """No label names a borrower. What waits is read from the store where the last reading is older than five
    seconds."""
    if (measure := state_of(request).measure) is not None:
        await measure()
    return Response(
        generate_latest(state_of(request).registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


@operations.get(
    "/openapi.json",
    operation_id="getOpenApi",
    summary="This API as an OpenAPI document",
    responses=_DOCUMENT,
)
async def openapi(request: Request) -> Response:
    """Made at the first request."""
    state = request.app.state
    if state.openapi is None:
        state.openapi = encode(document(request.app))
    return Response(state.openapi, media_type=JSON)


@operations.get(
    "/docs",
    operation_id="getDocs",
    summary="This API as a page",
    responses=gives_text("text/html", "A page of its own; it loads nothing."),
)
async def docs(request: Request) -> Response:
    """Readable without a network."""
    return docs_page(document(request.app))
