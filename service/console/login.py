"""The way in and out, the style sheet, and the page for a path that leads nowhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.forms import check_origin, read_form, read_query
from service.console.pages import page
from service.console.preferences import language_of
from service.console.routes import ACCESS, COOKIE, console_of, router, visitor_of
from service.console.sessions import LIFE
from service.console.words import N_
from service.errors import Forbidden, NotFound, TooManyRequests, Unauthenticated

HOME = "/console"
login_routes = router()
elsewhere = router()
"""To be added last: it matches whatever is left."""


@cache
def _style() -> bytes:
    return files("service.console").joinpath("templates", "style.css").read_bytes()


@login_routes.get("/console/style.css")
async def get_style(request: Request) -> Response:
    """The one style sheet."""
    del request
    return Response(_style(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})


@login_routes.get("/console/login")
async def get_login(request: Request) -> Response:
    """Asks for a key."""
    wanted = _inside(read_query(request).one("next"))
    return page("login.html", None, language=language_of(request), next=wanted, refusal=None)


@login_routes.post("/console/login")
async def post_login(request: Request) -> Response:
    """Begin a session with a key, and go where one wanted to go."""
    check_origin(request)
    form = await read_form(request)
    console, wanted = console_of(request), _inside(form.one("next"))
    address = request.client.host if request.client else ""
    try:
        token = await console.sessions.begin(form.one("key").strip(), address=address)
    except (Unauthenticated, TooManyRequests) as error:
        refusal = (
            N_("This is no key that is known and good.")
            if isinstance(error, Unauthenticated)
            else error.detail
        )
        return page(
            "login.html",
            None,
            status=error.status,
            retry_after=error.retry_after,
            language=language_of(request),
            next=wanted,
            refusal=refusal,
        )
    visitor = await console.sessions.find(token)
    if visitor is None or visitor.key.role not in (ACCESS["GET", HOME] or ()):
        await console.sessions.end(token)
        raise Forbidden("the console is for the roles admin, auditor, ops; this key's is another")
    answer = RedirectResponse(wanted, status_code=303)
    secure = console.runtime.base_url.startswith("https:")
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFE.total_seconds()),
        path=HOME,
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def _inside(path: str) -> str:
    """`path` where it leads to a page of the console, else the first one: a link must not lead away from
    here."""
    inside = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    return path if inside and path.isprintable() and "\\" not in path else HOME


@login_routes.post("/console/logout")
async def post_logout(request: Request) -> Response:
    """End the session, everywhere."""
    await console_of(request).sessions.end(visitor_of(request).token)
    answer = RedirectResponse("/console/login", status_code=303)
    answer.delete_cookie(COOKIE, path=HOME)
    return answer


@elsewhere.get("/console/{rest:path}")
async def get_nowhere(request: Request) -> Response:
    """A path that leads nowhere."""
    del request
    raise NotFound("there is no such page")
