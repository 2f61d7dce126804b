"""Guards every page: the table of roles decides, a session says who comes, a form must carry its CSRF token. What goes wrong is a page too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.forms import check_origin, read_form
from service.console.pages import page
from service.console.sessions import Sessions, Visitor
from service.dispatch.runtime import Runtime
from service.errors import ForbearError, Forbidden
from service.model.actor import Role

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
Access = frozenset[Role] | None

_OPEN: Access = None
_OPS: Access = frozenset({Role.OPS, Role.ADMIN})
_AUDITORS: Access = frozenset({Role.AUDITOR, Role.ADMIN})
_BOTH: Access = frozenset({Role.OPS, Role.AUDITOR, Role.ADMIN})
_ADMINS: Access = frozenset({Role.ADMIN})

ACCESS: Mapping[tuple[str, str], Access] = MappingProxyType(
    {
        ("GET", "/console/style.css"): _OPEN,
        ("GET", "/console/login"): _OPEN,
        ("POST", "/console/login"): _OPEN,
        ("POST", "/console/logout"): _BOTH,
        ("GET", "/console"): _BOTH,
        ("GET", "/console/notices"): _BOTH,
        ("GET", "/console/notices/{id}"): _BOTH,
        ("POST", "/console/notices/{id}/cancel"): _ADMINS,
        ("GET", "/console/borrowers"): _BOTH,
        ("GET", "/console/held"): _BOTH,
        ("POST", "/console/held"): _OPS,
        ("GET", "/console/suppressions"): _BOTH,
        ("POST", "/console/suppressions"): _OPS,
        ("GET", "/console/webhooks"): _OPS,
        ("POST", "/console/webhooks"): _OPS,
        ("GET", "/console/policies"): _BOTH,
        ("GET", "/console/policies/{name}"): _BOTH,
        ("POST", "/console/policies/{name}"): _OPS,
        ("POST", "/console/policies/{name}/{version}/{step}"): _OPS,
        ("GET", "/console/outcomes"): _BOTH,
        ("GET", "/console/law"): _BOTH,
        ("GET", "/console/log"): _AUDITORS,
        ("GET", "/console/log/export"): _AUDITORS,
        ("GET", "/console/{rest:path}"): _BOTH,
    }
)
"""Who reaches which page. No page does more for a role than the API does (docs/roles.md)."""


def page_table() -> str:
    """The table above as a document shows it."""
    roles = (Role.OPS, Role.AUDITOR, Role.ADMIN)
    lines = ["| method | page | ops | auditor | admin |", "| --- | --- | --- | --- | --- |"]
    for (method, path), access in ACCESS.items():
        marks = " | ".join("open" if access is None else "yes" if role in access else "" for role in roles)
        lines.append(f"| {method} | `{path}` | {marks} |")
    return "\n".join(lines) + "\n"


COOKIE = "forbear_session"
_VISITOR = "forbear.visitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What the pages work with. One per process."""

    runtime: Runtime
    sessions: Sessions


class GuardedPage(APIRoute):
    """A page behind its guard. One that stands in no row raises KeyError when it is built."""

    def get_route_handler(self) -> Endpoint:
        """The page, and in its place the page that says what is wrong."""
        method, *_ = self.methods or {""}
        access, inner = ACCESS[method, self.path], self.endpoint

        async def guarded(request: Request) -> Response:
            visitor = None
            try:
                if access is not None:
                    visitor = await console_of(request).sessions.find(request.cookies.get(COOKIE))
                    if visitor is None:
                        return _to_login(request)
                    await _admit(request, visitor, access)
                answer: Response = await inner(request)
            except ForbearError as error:
                return page(
                    "problem.html", visitor, status=error.status, error=error, retry_after=error.retry_after
                )
            return answer

        return guarded


def _to_login(request: Request) -> Response:
    """To the login, and from there back to where a GET wanted to go."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(wanted, safe='')}" if request.method == "GET" else ""
    return RedirectResponse(f"/console/login{back}", status_code=303)


async def _admit(request: Request, visitor: Visitor, access: frozenset[Role]) -> None:
    """Let a visitor in. Raises Forbidden for another role, and for a form that is not from this session."""
    request.scope[_VISITOR] = visitor
    request.scope["forbear.key"] = visitor.key.id
    if visitor.key.role not in access:
        roles = ", ".join(sorted(role.value for role in access))
        raise Forbidden(f"this page is for the roles {roles}; your key's is {visitor.key.role.value}")
    if request.method == "POST":
        check_origin(request)
        visitor.check_csrf_token((await read_form(request)).one("csrf_token"))


def visitor_of(request: Request) -> Visitor:
    """Who looks, on a page that is not open."""
    visitor: Visitor = request.scope[_VISITOR]
    return visitor


def console_of(request: Request) -> Console:
    """What the page may work with."""
    console: Console = request.app.state.console
    return console


def router() -> APIRouter:
    """A router whose pages are all guarded. The API's document does not list them."""
    return APIRouter(route_class=GuardedPage, include_in_schema=False)
