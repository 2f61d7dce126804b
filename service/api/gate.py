"""Guards every route: the table of roles decides before anything of the request is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from service.api.auth import Authenticator
from service.api.openapi import QUERY, query_of, shape_of, shaped, tagged
from service.api.problems import pointer_of
from service.api.roles import Access, access_of
from service.api.state import ApiState
from service.errors import FieldError, Forbidden, InvalidRequest
from service.model.actor import Actor

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

_ACTOR = "forbear.actor"


class GuardedRoute(APIRoute):
    """A route that asks the table of roles. One that stands in no row, or has no operation id, raises
    LookupError when it is built.

    What it answers is read from its endpoint's own annotation. An endpoint that takes the request and nothing
    else is called directly: no dependencies need solving on the hot path."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **further: Any) -> None:
        """As FastAPI calls it."""
        for method in further.get("methods") or ():
            access_of(method, path)
        if not further.get("operation_id"):
            raise LookupError(f"{path}: clients name their functions by the operation id, and there is none")
        further["responses"] = shaped(further.get("responses") or {}, shape_of(endpoint))
        query = query_of(endpoint)
        if query is not None:
            further["openapi_extra"] = {**(further.get("openapi_extra") or {}), QUERY: tagged(query)}
        self.is_plain = list(inspect.signature(endpoint).parameters) == ["request"]
        """Whether the endpoint takes the request and nothing else."""
        super().__init__(path, endpoint, **(further | {"response_model": None, "response_class": Response}))

    def get_route_handler(self) -> Endpoint:
        """The endpoint behind its guard."""
        access = _access(self)
        inner: Endpoint = self.endpoint if self.is_plain else super().get_route_handler()
        if access is None:
            return inner

        async def guarded(request: Request) -> Response:
            request.scope[_ACTOR] = await _authorise(request, access)
            if request.scope["query_string"]:
                _check_once(request)
            return await inner(request)

        return guarded


def _access(route: APIRoute) -> Access:
    rows = {access_of(method, route.path) for method in route.methods or ()}
    if len(rows) != 1:
        raise LookupError(f"{route.path}: the methods of one route must share a row's roles")
    return rows.pop()


def _check_once(request: Request) -> None:
    """A parameter that is given twice would silently mean the last one. Raises InvalidRequest."""
    counts: dict[str, int] = {}
    for name, _ in request.query_params.multi_items():
        counts[name] = counts.get(name, 0) + 1
    field_errors = [
        FieldError(
            pointer=pointer_of(("query", name)),
            detail=f"expected it once; got it {times} times",
            code="repeated",
        )
        for name, times in counts.items()
        if times > 1
    ]
    if field_errors:
        raise InvalidRequest("a parameter does not fit", field_errors=field_errors)


async def _authorise(request: Request, access: frozenset[Any]) -> Actor:
    authenticator: Authenticator = request.app.state.authenticator
    address = request.client.host if request.client else ""
    key = await authenticator.authenticate(request.headers.get("authorization"), address=address)
    request.scope["forbear.key"] = key.id
    if key.role not in access:
        roles = ", ".join(sorted(role.value for role in access))
        raise Forbidden(f"expected a key with one of the roles {roles}; this one's is {key.role.value}")
    return key.actor


def actor_of(request: Request) -> Actor:
    """Who asks, on a route that is not open."""
    actor: Actor = request.scope[_ACTOR]
    return actor


def state_of(request: Request) -> ApiState:
    """What the request may work with."""
    state: ApiState = request.app.state.forbear
    return state


def router(tag: str) -> APIRouter:
    """A router whose routes are all guarded."""
    return APIRouter(route_class=GuardedRoute, tags=[tag])
