"""Whether the process lives and is ready, what it measures, and what it can do."""

from __future__ import annotations

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import JSON, answer, encode
from service.api.gate import router, state_of
from service.api.openapi import document, gives, gives_text
from service.api.pages import docs_page
from service.api.schemas.answers import Alive, Document
from service.errors import Unavailable
from service.store.database import check_writes
from service.store.migrate import misfit
from service.store.schema_version import revision_of

operations = router("operations")


@operations.get("/healthz", summary="Alive", responses=gives(Alive, "The process answers."))
async def healthz(request: Request) -> Response:
    """Asks nothing of the database."""
    del request
    return answer({"status": "ok"})


@operations.get(
    "/readyz",
    summary="Ready",
    responses=gives(Document, "The database takes writes and its schema is this release's."),
)
async def readyz(request: Request) -> Response:
    """503 with a reason where it is not: away, read-only, or not migrated."""
    async with state_of(request).runtime.database.connection() as connection:
        await check_writes(connection)
        revision = await revision_of(connection)
    why = misfit(revision)
    if why is not None:
        raise Unavailable(why, retry_after=5)
    return answer({"status": "ready", "schema": revision})


@operations.get("/metrics", summary="Metrics", responses=gives_text("text/plain", "Prometheus text format."))
async def metrics(request: Request) -> Response:
    """No label names a borrower. What waits is read from the store where the last reading is older than five seconds."""
    if (measure := state_of(request).measure) is not None:
        await measure()
    return Response(
        generate_latest(state_of(request).registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


@operations.get(
    "/openapi.json", summary="This API as an OpenAPI document", responses=gives(Document, "OpenAPI 3.1.")
)
async def openapi(request: Request) -> Response:
    """Made at the first request."""
    state = request.app.state
    if state.openapi is None:
        state.openapi = encode(document(request.app))
    return Response(state.openapi, media_type=JSON)


@operations.get(
    "/docs",
    summary="This API as a page",
    responses=gives_text("text/html", "A page of its own; it loads nothing."),
)
async def docs(request: Request) -> Response:
    """Readable without a network."""
    return docs_page(document(request.app))
