"""One borrower: what may reach them now and what each cap leaves, and what reached them or did not."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import read_query
from service.console.pages import page
from service.console.routes import console_of, router, visitor_of
from service.dispatch.audit.timeline import timeline
from service.errors import NotFound

borrowers = router()


@borrowers.get("/console/borrowers")
async def get_borrower(request: Request) -> Response:
    """The borrower of this upstream id; without one, the question for it."""
    visitor, id_ = visitor_of(request), read_query(request).word("id")
    if id_ is None:
        return page("borrower.html", visitor, id=None, found=None)
    try:
        found = (await timeline(console_of(request).runtime, id_, visitor.actor)).document
    except NotFound:
        return page("borrower.html", visitor, status=404, id=id_, found=None)
    return page("borrower.html", visitor, id=id_, found=found)
