"""What belongs to an address: listed, added, and lifted with a reason."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import LONGEST_LINE, NOTHING_GIVEN, Draft, Form, misfit, read_form, read_query
from service.console.pages import page
from service.console.routes import allowed, done, reshown, router, runtime_of, visitor_of
from service.dispatch.records.suppressions import (
    SuppressionDraft,
    add_suppressions,
    lift_suppression,
    list_suppressions,
    number_of,
)
from service.errors import NotFound
from service.model.suppression import ANY, CHANNELS, STOPPING, Reason
from service.model.suppression import misfit as unfit

SHOWN = 100
PATH = "/console/suppressions"
suppressions = router()


async def _form(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    query, visitor, runtime = read_query(request), visitor_of(request), runtime_of(request)
    wanted = {
        "address": query.word("address"),
        "channel": query.choice("channel", CHANNELS),
        "reason": query.choice("reason", list(Reason)),
        "lifted": query.choice("lifted", ("yes",)),
    }
    before = query.word("before")
    found = await list_suppressions(
        runtime,
        visitor.actor,
        address=wanted["address"],
        channel=wanted["channel"],
        reason=wanted["reason"],
        lifted=wanted["lifted"] is not None,
        before=None if before is None else number_of(before),
        limit=SHOWN + 1,
    )
    given = {name: value for name, value in wanted.items() if value is not None}
    older = "?" + urlencode({**given, "before": found[SHOWN - 1]["id"]}) if len(found) > SHOWN else None
    return page(
        "suppressions.html",
        visitor,
        found=found[:SHOWN],
        older=older,
        strange=None if wanted["address"] is None or found else unfit(wanted["address"], ANY),
        wanted=wanted,
        channels=CHANNELS,
        every=list(Reason),
        reasons=sorted(STOPPING),
        may_change=allowed(request, "POST", PATH),
        draft=draft,
    )


@suppressions.get(PATH)
async def get_suppressions(request: Request) -> Response:
    """The newest first, or what stands against one address."""
    return await _form(request)


@suppressions.post(PATH)
@reshown(_form)
async def post_suppressions(request: Request) -> Response:
    """Add one."""
    form = await read_form(request)
    [(_, new)] = await add_suppressions(
        runtime_of(request), [_draft(form)], visitor_of(request).actor, via="console"
    )
    return done(request, PATH, "suppressed" if new else "suppressed-before")


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


async def _lift(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor, number = visitor_of(request), number_of(request.path_params["id"])
    found = (
        []
        if number is None
        else await list_suppressions(
            runtime_of(request), visitor.actor, lifted=True, before=number + 1, limit=1
        )
    )
    if not found or number_of(found[0]["id"]) != number:
        raise NotFound("there is no such suppression")
    return page("suppression_lift.html", visitor, one=found[0], draft=draft)


@suppressions.get(f"{PATH}/{{id}}/lift")
async def get_lift(request: Request) -> Response:
    """Asks for the reason, and shows what is lifted."""
    return await _lift(request)


@suppressions.post(f"{PATH}/{{id}}/lift")
@reshown(_lift)
async def post_lift(request: Request) -> Response:
    """Lift one; the reason stands beside it."""
    form = await read_form(request)
    await lift_suppression(
        runtime_of(request), request.path_params["id"], visitor_of(request).actor, form.line("reason")
    )
    return done(request, PATH, "lifted")
