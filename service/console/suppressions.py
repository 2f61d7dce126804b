"""What belongs to an address: listed, added, lifted with a reason; and the messages that nobody has."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import LONGEST_LINE, Form, misfit, read_form, read_query
from service.console.pages import page
from service.console.routes import ACCESS, console_of, router, visitor_of
from service.dispatch.receive.unmatched import list_unmatched
from service.dispatch.records.suppressions import (
    SuppressionDraft,
    add_suppressions,
    lift_suppression,
    list_suppressions,
)
from service.model.suppression import ANY, CHANNELS, STOPPING, Reason
from service.model.suppression import misfit as unfit

SHOWN = 200
suppressions = router()


@suppressions.get("/console/suppressions")
async def get_suppressions(request: Request) -> Response:
    """The newest first, or what stands against one address."""
    return await _shown(request, None, read_query(request).word("address"))


@suppressions.post("/console/suppressions")
async def post_suppressions(request: Request) -> Response:
    """Add one, or lift one with a reason."""
    form, runtime = await read_form(request), console_of(request).runtime
    actor, lifted = visitor_of(request).actor, form.word("lift")
    if lifted is not None:
        await lift_suppression(runtime, lifted, actor, form.line("reason"))
        return await _shown(request, "Lifted.", None)
    draft = _draft(form)
    [(_, new)] = await add_suppressions(runtime, [draft], actor, via="console")
    told = "Suppressed." if new else "It was suppressed already."
    return await _shown(request, told, draft.address)


def _draft(form: Form) -> SuppressionDraft:
    address, channel = form.line("address"), form.choice("channel", CHANNELS) or ANY
    wrong = unfit(address, channel)
    if wrong is not None:
        raise misfit("address", wrong)
    return SuppressionDraft(
        address=address,
        channel=channel,
        reason=form.choice("reason", sorted(STOPPING)) or Reason.OPT_OUT,
        note=form.one("note").strip()[:LONGEST_LINE] or None,
    )


async def _shown(request: Request, told: str | None, address: str | None) -> Response:
    visitor, runtime = visitor_of(request), console_of(request).runtime
    found = await list_suppressions(runtime, visitor.actor, address=address, limit=SHOWN + 1)
    unheard: list[dict[str, Any]] = await list_unmatched(
        runtime, visitor.actor, address=address, after=None, limit=20
    )
    return page(
        "suppressions.html",
        visitor,
        found=found[:SHOWN],
        more=len(found) > SHOWN,
        unheard=unheard,
        address=address,
        told=told,
        channels=CHANNELS,
        reasons=sorted(STOPPING),
        may_change=visitor.key.role in (ACCESS["POST", "/console/suppressions"] or ()),
    )
