"""Legal holds: while one stands on a borrower, nothing of theirs is deleted or erased."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import NOTHING_GIVEN, Draft, misfit, read_form, read_query
from service.console.pages import page
from service.console.routes import allowed, done, reshown, router, runtime_of, visitor_of
from service.dispatch.access.keys import check_unlimited
from service.dispatch.records.legal_holds import (
    list_legal_holds,
    place_legal_hold,
    read_legal_hold,
    release_legal_hold,
)
from service.errors import NotFound

PATH = "/console/legal-holds"
legal_holds = router()


async def _form(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor = visitor_of(request)
    check_unlimited(visitor.actor)
    return page(
        "legal_holds.html",
        visitor,
        found=await list_legal_holds(runtime_of(request)),
        borrower=read_query(request).word("borrower"),
        may_change=allowed(request, "POST", PATH),
        draft=draft,
    )


@legal_holds.get(PATH)
async def get_holds(request: Request) -> Response:
    """Every hold, the oldest first."""
    return await _form(request)


@legal_holds.post(PATH)
@reshown(_form)
async def post_hold(request: Request) -> Response:
    """Place a hold."""
    form = await read_form(request)
    borrower, because = form.line("borrower"), form.line("because")
    try:
        _, placed = await place_legal_hold(runtime_of(request), borrower, visitor_of(request).actor, because)
    except NotFound:
        raise misfit("borrower", "expected the id of a borrower, as your own systems name them") from None
    return done(request, PATH, "hold-placed" if placed else "hold-stood")


@legal_holds.get(f"{PATH}/release")
async def get_release(request: Request) -> Response:
    """Asks once more, and shows the hold."""
    visitor, borrower = visitor_of(request), read_query(request).line("borrower")
    one = await read_legal_hold(runtime_of(request), borrower, visitor.actor)
    return page("legal_hold_release.html", visitor, borrower=borrower, one=one)


@legal_holds.post(f"{PATH}/release")
async def post_release(request: Request) -> Response:
    """End a hold."""
    borrower = (await read_form(request)).line("borrower")
    await release_legal_hold(runtime_of(request), borrower, visitor_of(request).actor)
    return done(request, PATH, "hold-released")
