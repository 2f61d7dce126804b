"""Builds the HTTP face. Nothing is built at import."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from service.api.auth import Authenticator
from service.api.errors import MethodNotAllowed, RouteNotFound
from service.api.gate import state_of
from service.api.guard import Guard, Traffic
from service.api.problems import field_errors_from, problem
from service.api.roles import ACCESS
from service.api.routers.borrowers import borrowers
from service.api.routers.creditors import creditors
from service.api.routers.evaluate import decisions
from service.api.routers.events import events
from service.api.routers.holds import holds
from service.api.routers.keys import keys
from service.api.routers.learning import learning
from service.api.routers.log import log
from service.api.routers.notices import notices
from service.api.routers.operations import operations
from service.api.routers.policies import policies
from service.api.routers.providers import providers
from service.api.routers.reports import reports
from service.api.routers.sandbox import sandbox
from service.api.routers.suppressions import suppressions
from service.api.routers.templates import templates
from service.api.routers.unsubscribe import unsubscribe
from service.api.routers.webhooks import webhooks
from service.api.short_way import ShortWay
from service.api.state import ApiState
from service.errors import ForbearError, InvalidRequest, NotFound, Unavailable

VERSION = "1"
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI's own, which it hands to whatever provider is registered in the process, says paths, queries and
the words of errors: our tokens and borrowers' ids stand there. Ours is `service/tracing`."""


def bare_app() -> FastAPI:
    """Every route, and nothing to work with: enough for the OpenAPI document."""
    app = FastAPI(
        telemetry=NO_TELEMETRY,
        title="Forbear",
        version=VERSION,
        summary="Dispatches lenders' notices under law packs, with a provable log.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.router.routes.extend(_routes())
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route, ready to be asked. They say nothing of what they work with, so that every application of a
    process shares them: to make them takes longer than most requests."""
    gathered = FastAPI(telemetry=NO_TELEMETRY, openapi_url=None, docs_url=None, redoc_url=None)
    for one in _routers():
        gathered.include_router(one)
    return tuple(gathered.router.routes)


def create_app(state: ApiState) -> FastAPI:
    """The application; serve it with any ASGI server. Pages of other faces may be mounted on it."""
    app = bare_app()
    app.state.forbear = state
    app.state.openapi = None
    app.state.authenticator = Authenticator(
        state.runtime, bootstrap_key=state.bootstrap_key, registry=state.registry, pause=state.pause
    )
    app.add_exception_handler(ForbearError, _refused)
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(HTTPException, _not_routed)
    app.add_middleware(
        ShortWay, routes=[route for one in _routers() for route in one.routes], refused=_refused
    )
    app.add_middleware(Guard, limits=state.limits, traffic=Traffic(state.registry), clock=state.runtime.clock)
    return app


def _routers() -> list[APIRouter]:
    """All routers, the busiest first."""
    return [
        notices,
        borrowers,
        events,
        decisions,
        operations,
        log,
        policies,
        templates,
        creditors,
        holds,
        suppressions,
        reports,
        learning,
        webhooks,
        keys,
        sandbox,
        unsubscribe,
        providers,
    ]


def _instance(request: Request) -> str:
    return f"urn:request:{request.scope['forbear.request']}"


async def _refused(request: Request, error: Any) -> Response:
    if isinstance(error, NotFound) and await _has_moved(request):
        error = Unavailable("what is asked for may have moved to another cell", retry_after=1)
    return problem(error, instance=_instance(request))


async def _has_moved(request: Request) -> bool:
    """Whether something was looked for by an old map of cells; one that cannot be asked says nothing."""
    runtime = state_of(request).runtime
    if runtime.joined is None:
        return False
    with suppress(Unavailable):
        return await runtime.joined.reread()
    return False


async def _misfit(request: Request, error: Any) -> Response:
    """A parameter of path, query or header does not fit."""
    field_errors = field_errors_from(error.errors())
    return problem(
        InvalidRequest("a parameter does not fit", field_errors=field_errors), instance=_instance(request)
    )


async def _not_routed(request: Request, error: Any) -> Response:
    """No such path, or not that method; OPTIONS says which there are."""
    if error.status_code != 405:  # noqa: PLR2004
        return problem(RouteNotFound("there is no such path"), instance=_instance(request))
    path = getattr(request.scope.get("route"), "path", "")
    methods = {method for method, known in ACCESS if known == path}
    if not methods:
        methods = {one.strip() for one in (error.headers or {}).get("Allow", "").split(",") if one.strip()}
    allowed = ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allowed})
    return problem(
        MethodNotAllowed(f"expected one of {allowed}"),
        instance=_instance(request),
        headers={"Allow": allowed},
    )
