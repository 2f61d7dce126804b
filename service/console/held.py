"""What waits for a person: narrowed, looked at together, and released one by one or many at once, with a
reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import NOTHING_GIVEN, Draft, Form, misfit, read_form, read_query, refused
from service.console.inbound import after
from service.console.pages import page
from service.console.routes import allowed, done, reshown, router, runtime_of, visitor_of
from service.console.words import N_
from service.dispatch.audit.notices import read_notices
from service.dispatch.reconcile.review_queue import SETTLING, Release, list_held, release
from service.dispatch.what_if.again import judged_now
from service.errors import InvalidRequest, NotFound
from service.ids import CHANNELS, DeliveryId
from service.model.delivery import DeliveryState

SHOWN = 100
HOW = {
    Release.DECIDE_AGAIN: N_("ask every policy again; it may go"),
    Release.CLOSE: N_("close it; it is not sent any more"),
    Release.DELIVERED: N_("it is known to have arrived"),
    Release.CONFIRM: N_("the borrower's words mean what they probably mean; record it"),
    Release.HARMLESS: N_("the borrower's words ask nothing of us; it may go"),
}
STATES = (DeliveryState.HELD.value, DeliveryState.UNKNOWN.value)
held = router()


@held.get("/console/held")
async def get_held(request: Request) -> Response:
    """The oldest first."""
    return await _list(request)


async def _list(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor, query = visitor_of(request), read_query(request)
    wanted = {
        "state": query.choice("state", STATES),
        "channel": query.choice("channel", CHANNELS),
        "creditor": query.word("creditor"),
    }
    found = await list_held(runtime_of(request), visitor.actor, after=after(query), limit=SHOWN + 1, **wanted)
    given = {name: value for name, value in wanted.items() if value is not None}
    newer = None
    if len(found) > SHOWN:
        last = found[SHOWN - 1]
        place = DeliveryId.parse(last["delivery"])
        order = "" if place is None else f"{place.notice.number}{place.channel}"
        newer = "?" + urlencode({**given, "after": f"{last['since'].isoformat()}|{order}"})
    shown = [DeliveryId.parse(one["delivery"]) for one in found[:SHOWN]]
    notices = await _notices(request, [one for one in shown if one is not None])
    return page(
        "held.html",
        visitor,
        held=found[:SHOWN],
        notices=notices,
        draft=draft,
        newer=newer,
        wanted=wanted,
        states=STATES,
        channels=CHANNELS,
        ticked=query.one("all") == "1",
        select="?" + urlencode({**given, "all": "1"}),
        ways=HOW,
        may_release=allowed(request, "POST", "/console/held"),
    )


async def _look(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    """What happens to each, before it happens."""
    form = draft.form if draft.is_given else read_query(request)
    how = _how(form)
    ids = _ticked(form)
    runtime, actor = runtime_of(request), visitor_of(request).actor
    notices = await _notices(request, ids)
    asks = how in {Release.DECIDE_AGAIN, *SETTLING}
    verdicts = await judged_now(runtime, ids, actor) if asks else {}
    rows = [_row(one, notices.get(str(one.notice)), verdicts.get(one), how) for one in ids]
    return page(
        "held_release.html", visitor_of(request), rows=rows, how=how, words=HOW[how], asks=asks, draft=draft
    )


async def _notices(request: Request, ids: Sequence[DeliveryId]) -> dict[str, dict[str, Any]]:
    """The notices that deliveries are of, by their ids."""
    keys = list({(one.notice.borrower, one.notice.number) for one in ids})
    found = await read_notices(runtime_of(request), keys, visitor_of(request).actor)
    return {one["id"]: one for one in found}


def _row(
    id_: DeliveryId, notice: dict[str, Any] | None, verdict: dict[str, Any] | None, how: Release
) -> dict[str, Any]:
    """One delivery: how it stands, and what becomes of it; which channel follows where it ends in a
    cascade."""
    deliveries = [] if notice is None else notice["deliveries"]
    one = next((found for found in deliveries if found["channel"] == id_.channel), None)
    follows = None
    if notice is not None and how is Release.CLOSE and notice["fan_out"] == "cascade":
        started = {found["channel"] for found in deliveries}
        follows = next((name for name in notice["channels"] if name not in started), None)
    return {"id": str(id_), "notice": notice, "delivery": one, "verdict": verdict, "follows": follows}


@held.get("/console/held/release")
async def get_look(request: Request) -> Response:
    """One look at what happens to each; where nothing is ticked, the list again, which says so."""
    try:
        return await _look(request)
    except InvalidRequest as error:
        answer = await _list(request, refused(read_query(request), error))
        answer.status_code = error.status
        return answer


@held.post("/console/held")
@reshown(_look)
async def post_release(request: Request) -> Response:
    """Release what was ticked; the reason stands in the log."""
    form = await read_form(request)
    how, ids = _how(form), _ticked(form)
    try:
        results = await release(
            runtime_of(request), ids, visitor_of(request).actor, reason=form.line("reason"), how=how
        )
    except NotFound:
        return done(request, "/console/held", "nothing-waits")
    released = sum(one["released"] for one in results)
    return done(request, "/console/held", "released", done=released, of=len(results))


def _how(form: Form) -> Release:
    how = form.choice("how", list(Release))
    if how is None:
        raise misfit("how", f"expected one of {', '.join(Release)}")
    return Release(how)


def _ticked(form: Form) -> list[DeliveryId]:
    """The deliveries of a form. Raises InvalidRequest where none is ticked."""
    parsed = [DeliveryId.parse(one) for one in dict.fromkeys(form.all("delivery"))]
    found = [one for one in parsed if one is not None]
    if not found or len(found) != len(parsed):
        raise misfit("delivery", "expected the ids of one or more deliveries; tick what is to be released")
    return found
