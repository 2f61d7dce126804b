"""The short way to a route that needs no router: its path has no parameters, and its endpoint takes the
request alone. The framework asks one router after another, and stacks dependencies and errors in layers of
its own: a fifth of the lines of Python that a notice costs on its whole way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.gate import Endpoint, GuardedRoute
from service.errors import ForbearError

Refusal = Callable[[Request, ForbearError], Awaitable[Response]]


class ShortWay:
    """ASGI middleware, inside the guard; what it does not know goes on to the router."""

    def __init__(self, app: ASGIApp, *, routes: Iterable[BaseRoute], refused: Refusal) -> None:
        """`routes`: any; `refused` answers what an endpoint raises."""
        self._app = app
        self._refused = refused
        self._known: dict[tuple[str, str], tuple[GuardedRoute, Endpoint]] = {
            (method, route.path): (route, route.get_route_handler())
            for route in routes
            if isinstance(route, GuardedRoute) and route.is_plain and not route.param_convertors
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        found = self._known.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"], endpoint = found
        request = Request(scope, receive, send)
        try:
            response = await endpoint(request)
        except ForbearError as error:
            response = await self._refused(request, error)
        await response(scope, receive, send)
