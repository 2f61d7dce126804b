"""What waits for a person: seen, and released one by one or many at once, with a reason."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import Form, misfit, read_form
from service.console.pages import page
from service.console.routes import ACCESS, console_of, router, visitor_of
from service.dispatch.reconcile.review_queue import Release, list_held, release
from service.errors import NotFound
from service.ids import DeliveryId

SHOWN = 200
HOW = {
    Release.DECIDE_AGAIN: "ask every policy again; it may go",
    Release.CLOSE: "close it; it is not sent any more",
    Release.DELIVERED: "it is known to have arrived",
    Release.CONFIRM: "the borrower's words mean what they probably mean; record it",
    Release.HARMLESS: "the borrower's words ask nothing of us; it may go",
}
held = router()


@held.get("/console/held")
async def get_held(request: Request) -> Response:
    """The oldest first."""
    return await _shown(request, None)


@held.post("/console/held")
async def post_release(request: Request) -> Response:
    """Release what was ticked; the reason stands in the log."""
    form = await read_form(request)
    how = form.choice("how", list(Release))
    if how is None:
        raise misfit("how", f"expected one of {', '.join(Release)}")
    ids, reason = _ticked(form), form.line("reason")
    try:
        results = await release(
            console_of(request).runtime, ids, visitor_of(request).actor, reason=reason, how=Release(how)
        )
    except NotFound:
        return await _shown(request, "None of these waits any more: somebody was faster.")
    released = sum(one["released"] for one in results)
    return await _shown(request, f"Released {released} of {len(results)}.")


def _ticked(form: Form) -> list[DeliveryId]:
    """The deliveries of a form. Raises InvalidRequest where none is ticked."""
    parsed = [DeliveryId.parse(one) for one in dict.fromkeys(form.all("delivery"))]
    found = [one for one in parsed if one is not None]
    if not found or len(found) != len(parsed):
        raise misfit("delivery", "expected the ids of one or more deliveries; tick what is to be released")
    return found


async def _shown(request: Request, told: str | None) -> Response:
    visitor = visitor_of(request)
    found = await list_held(console_of(request).runtime, visitor.actor, after=None, limit=SHOWN + 1)
    may_release = visitor.key.role in (ACCESS["POST", "/console/held"] or ())
    return page(
        "held.html",
        visitor,
        held=found[:SHOWN],
        more=len(found) > SHOWN,
        told=told,
        ways=HOW,
        may_release=may_release,
    )
