"""Every page's door: the table of roles decides, a session says who comes, a form must carry its mark. What
goes wrong is a page too."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.access import ACCESS, may, page_table
from service.console.forms import Draft, check_origin, read_form, refused
from service.console.pages import page
from service.console.preferences import ZONE, language_of, zone_of
from service.console.sessions import Sessions, Visitor
from service.console.told import TOLD, read_told, told_then
from service.dispatch.access.keys import names_of_keys
from service.dispatch.runtime import Runtime
from service.errors import Conflict, ForbearError, Forbidden, InternalError, InvalidRequest, NotFound, where
from service.model.actor import Role

__all__ = ("ACCESS", "COOKIE", "Console", "console_of", "page_table", "reshown", "router", "visitor_of")

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
FormPage = Callable[[Request, Draft], Coroutine[Any, Any, Response]]

log = structlog.get_logger("console")
COOKIE = "forbear_session"
_VISITOR = "forbear.visitor"
_FORM_PAGE = "form_page"
LONGEST_PART = 2000
_NO_SIGNS = {"Cc", "Cs"}
"""Control characters and halves of surrogates: the store takes neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What the pages work with. One per process."""

    runtime: Runtime
    sessions: Sessions


def reshown(form_page: FormPage) -> Callable[[Endpoint], Endpoint]:
    """Show a form again where it does not fit: as it was written, each fault at its field."""

    def marked(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _FORM_PAGE, form_page)
        return endpoint

    return marked


class GuardedPage(APIRoute):
    """A page behind its door. One that stands in no row raises KeyError when it is built."""

    def get_route_handler(self) -> Endpoint:
        """The page, and in its place the page that says what is wrong."""
        method, *_ = self.methods or {""}
        access, inner = ACCESS[method, self.path], self.endpoint

        async def guarded(request: Request) -> Response:
            visitor = None
            try:
                if access is not None:
                    visitor = await _visitor(request)
                    if visitor is None:
                        return _to_login(request)
                    await _admit(request, visitor, access)
                _check_path(request)
                answer = await _answered(request, inner)
            except ForbearError as error:
                return page(
                    "problem.html",
                    visitor,
                    status=error.status,
                    language=language_of(request),
                    error=error,
                    back=_back(request),
                    retry_after=error.retry_after,
                )
            except Exception as error:  # noqa: BLE001 - whatever it was, who looks gets a page and the log a trace
                return _crashed(request, visitor, error)
            if visitor is not None and visitor.told is not None and method == "GET":
                answer.delete_cookie(TOLD, path="/console")
            return answer

        return guarded


def _crashed(request: Request, visitor: Visitor | None, error: Exception) -> Response:
    """The page that says that it is our failure; the log gets where, without the words of the error."""
    id_ = request.scope["forbear.request"]
    log.error("crash", action="request.crashed", request=id_, error=type(error).__name__, trace=where(error))
    said = InternalError(f"an internal error; the server's log has its trace under the request id {id_}")
    return page(
        "problem.html", visitor, status=500, language=language_of(request), error=said, back=_back(request)
    )


def _back(request: Request) -> str | None:
    """The page of ours that led here, as the browser says; None where it says none."""
    came = urlsplit(request.headers.get("referer", ""))
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = came.path + (f"?{came.query}" if came.query else "")
    ours = came.netloc == request.headers.get("host") and came.path.split("/")[1:2] == ["console"]
    return back if ours and back != here and not came.path.startswith("/console/login") else None


def _check_path(request: Request) -> None:
    """Raises NotFound for a path with what no id holds: control characters, or more than a line."""
    for part in request.path_params.values():
        if len(part) > LONGEST_PART or any(unicodedata.category(sign) in _NO_SIGNS for sign in part):
            raise NotFound("there is no such page")


async def _answered(request: Request, inner: Endpoint) -> Response:
    try:
        return await inner(request)
    except (InvalidRequest, Conflict) as error:
        form_page: FormPage | None = getattr(inner, _FORM_PAGE, None)
        if form_page is None:
            raise
        try:
            answer = await form_page(request, refused(await read_form(request), error))
        except NotFound:
            raise error from None
        answer.status_code = error.status
        return answer


async def _visitor(request: Request) -> Visitor | None:
    """Who comes, with what they prefer and what they were told."""
    console, cookies = console_of(request), request.cookies
    visitor = await console.sessions.find(cookies.get(COOKIE))
    if visitor is None:
        return None
    return replace(
        visitor,
        language=language_of(request),
        zone=zone_of(cookies.get(ZONE)),
        path=request.url.path,
        told=read_told(console.runtime, cookies.get(TOLD)),
        names=await names_of_keys(console.runtime),
    )


def _to_login(request: Request) -> Response:
    """To the login, and from there back to where a GET wanted to go, or to the page of the form that was
    sent."""
    wanted: str | None = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method != "GET":
        wanted = _back(request)
    back = "" if wanted is None else f"?next={quote(wanted, safe='')}"
    return RedirectResponse(f"/console/login{back}", status_code=303)


async def _admit(request: Request, visitor: Visitor, access: frozenset[Role]) -> None:
    """Let a visitor in. Raises Forbidden for another role, and for a form that is not from this session."""
    request.scope[_VISITOR] = visitor
    request.scope["forbear.key"] = visitor.key.id
    if visitor.key.role not in access:
        roles, yours = sorted(role.value for role in access), visitor.key.role.value
        if len(roles) == 1:
            raise Forbidden(f"this page is for the role {roles[0]}; your key's is {yours}")
        raise Forbidden(f"this page is for the roles {', '.join(roles)}; your key's is {yours}")
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


def runtime_of(request: Request) -> Runtime:
    """What the use cases work with."""
    return console_of(request).runtime


def done(request: Request, path: str, code: str, **values: str | int) -> Response:
    """Lead to the page that says what was done."""
    return told_then(runtime_of(request), path, code, **values)


def allowed(request: Request, method: str, path: str) -> bool:
    """Whether the visitor reaches a page: what they may not do is not offered."""
    return may(visitor_of(request).key.role, method, path)


def router() -> APIRouter:
    """A router whose pages are all guarded. The API's document does not list them."""
    return APIRouter(route_class=GuardedPage, include_in_schema=False)
