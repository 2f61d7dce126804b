"""Notices: found, and each as a story: what was decided on what, the words as sent, receipts, entries with
their proof."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from service.console.cells import cell_of, index_of
from service.console.forms import Form, misfit, read_query
from service.console.inbound import after
from service.console.pages import page
from service.console.routes import allowed, done, router, runtime_of, visitor_of
from service.console.times import day_of
from service.dispatch.access.limits import without_others
from service.dispatch.audit.notice_lists import Wanted, list_notices
from service.dispatch.audit.notices import cancel_notice, read_notice, read_notices
from service.dispatch.learning.why import why_notice
from service.dispatch.reconcile.as_sent import texts_of
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.data_keys import keys_elsewhere
from service.dispatch.runtime.merged import each, in_order
from service.dispatch.what_if.again import judged_now
from service.dispatch.what_if.replay import Replay, replay
from service.errors import NotFound
from service.ids import DeliveryId, NoticeId
from service.log.read import read_entries
from service.model.actor import Actor
from service.model.delivery import OPEN, DeliveryState
from service.model.notice import FanOut
from service.store import backlog
from service.store.log_entries import EntryFilter

SHOWN = 50
STORY = 500
"""Entries of a story that are shown, the last ones."""
OVERDUE, OWED = "overdue", "receipt_owed"
STATES = ("open", "done", OVERDUE, OWED, *sorted(DeliveryState))
WAITING_SHOWN = 100
"""Deliveries that are overdue, or of which a receipt is owed, on one page."""
_FIELDS = ("borrower", "reference", "state", "creditor", "from", "to")
notices = router()


@notices.get("/console/notices")
async def get_notices(request: Request) -> Response:
    """Newest first, narrowed by borrower, reference, state, creditor and day."""
    visitor, query = visitor_of(request), read_query(request)
    wanted = {name: query.word(name) for name in _FIELDS}
    wanted["state"] = query.choice("state", STATES)
    if wanted["state"] in {OVERDUE, OWED}:
        return await _waiting(request, wanted)
    before = query.word("before")
    last = None if before is None else NoticeId.parse(before)
    if before is not None and last is None:
        raise misfit("before", "expected the id of a notice")
    found = await list_notices(
        runtime_of(request),
        visitor.actor,
        _narrowed(wanted, query, visitor.zone),
        after=last and (last.number, last.borrower),
        limit=SHOWN,
    )
    older = None
    match found.next_key:
        case (int(number), borrower):
            given = {name: value for name, value in wanted.items() if value is not None}
            older = "?" + urlencode({**given, "before": str(NoticeId(borrower, number))})
        case _:
            pass
    return page(
        "notices.html",
        visitor,
        notices=found.items,
        wanted=wanted,
        states=STATES,
        older=older,
        deliveries=None,
    )


async def _waiting(request: Request, wanted: dict[str, str | None]) -> Response:
    """What the overview counts as overdue, or as with a provider; a key that is limited to creditors sees
    theirs."""
    visitor, runtime, state = visitor_of(request), runtime_of(request), wanted["state"]
    behind = _place(read_query(request))

    async def of_cell(cell: Runtime) -> list[backlog.Place]:
        async with cell.database.connection() as connection:
            if state == OVERDUE:
                return await backlog.overdue(connection, runtime.clock.now(), WAITING_SHOWN + 1, behind)
            return await backlog.owed(connection, WAITING_SHOWN + 1, behind)

    found = in_order(await each(runtime, of_cell), tuple, WAITING_SHOWN + 1, newest=False)
    places, older = found[:WAITING_SHOWN], None
    if len(found) > WAITING_SHOWN:
        last = places[-1]
        place = (
            f"{last.at.isoformat()}|{DeliveryId(NoticeId(last.borrower_id, last.notice_no), last.channel)}"
        )
        older = "?" + urlencode({"state": state, "after": place})
    keys = list(dict.fromkeys((one.borrower_id, one.notice_no) for one in places))
    shown = await read_notices(runtime, keys, visitor.actor)
    return page(
        "notices.html",
        visitor,
        notices=shown,
        wanted={name: value if name == "state" else None for name, value in wanted.items()},
        states=STATES,
        older=older,
        deliveries=len(places) if visitor.actor.creditors is None else None,
    )


def _place(query: Form) -> backlog.Place | None:
    """Behind which delivery a list of what waits goes on."""
    found = after(query)
    if found is None:
        return None
    delivery = DeliveryId.parse(found[1])
    if delivery is None:
        raise misfit("after", "expected the end of a page of this list")
    return backlog.Place(found[0], delivery.notice.borrower, delivery.notice.number, delivery.channel)


def _narrowed(wanted: dict[str, str | None], query: Form, zone: str) -> Wanted:
    state, reference = wanted["state"], wanted["reference"]
    status = state if state in {"open", "done"} else None
    return Wanted(
        borrower=wanted["borrower"],
        references=None if reference is None else [reference],
        creditor=wanted["creditor"],
        state=None if status else state,
        status=status,
        accepted_from=day_of(query, "from", zone),
        accepted_to=day_of(query, "to", zone, ends=True),
    )


@notices.get("/console/notices/{id}")
async def get_notice(request: Request) -> Response:
    """One notice as a story. Its words as sent, and its entries, are for those who may read the log."""
    visitor, runtime, query = visitor_of(request), runtime_of(request), read_query(request)
    id_ = _known(request)
    notice = await read_notice(runtime, id_, visitor.actor)
    reads = allowed(request, "GET", "/console/log")
    waiting = [DeliveryId(id_, one["channel"]) for one in notice["deliveries"] if one["state"] in OPEN]
    texts = await texts_of(runtime, id_, visitor.actor)
    story = await _story(runtime, id_, visitor.actor) if reads else []
    return page(
        "notice.html",
        visitor,
        notice=notice,
        texts=texts,
        local=texts.zones[0] if texts.zones else None,
        now=await judged_now(runtime, waiting, visitor.actor),
        of_channel={one.channel: one for one in waiting},
        story=story if reads else None,
        cells=sorted({one["cell"] for one in story if one["index"] is not None}),
        replayed=await _replayed(runtime, query) if reads else None,
        why=await _why(runtime, id_, visitor.actor, notice["fan_out"]) if reads else {},
        may_cancel=allowed(request, "POST", "/console/notices/{id}/cancel") and notice["status"] == "open",
    )


async def _why(runtime: Runtime, id_: NoticeId, actor: Actor, fan_out: str) -> dict[str, str]:
    """What may be said to a borrower who asks why it came so, by language, where something may choose."""
    if fan_out != FanOut.ADAPTIVE:
        return {}
    sentences: dict[str, str] = (await why_notice(runtime, id_, actor))["sentences"]
    return sentences


async def _story(runtime: Runtime, id_: NoticeId, actor: Actor) -> list[dict[str, Any]]:
    """Its entries, each with the cell in whose log it stands: a borrower who moved left some behind."""
    wanted = EntryFilter(borrower=id_.borrower, notice_no=id_.number)
    found: list[dict[str, Any]] = []
    for one in runtime.cells.with_log_of(id_.borrower):
        page_ = await read_entries(one.database, one.vault, wanted, STORY, keys_elsewhere(one))
        found += [{**entry, "cell": one.cell} for entry in reversed(page_.items)]
    found.sort(key=lambda entry: entry["at"])
    return [without_others(entry, actor) for entry in found]


async def _replayed(runtime: Runtime, query: Form) -> tuple[int, int, Replay] | None:
    """A decision that is taken again, where one is asked for: its cell and its index there."""
    text = query.word("replay")
    if text is None:
        return None
    cell, index = cell_of(runtime, query), index_of(text, "replay")
    found = await replay(cell.database, cell.vault, cell.in_force.find_policy, index, keys_elsewhere(cell))
    return cell.cell, index, found


@notices.get("/console/notices/{id}/cancel")
async def get_cancel(request: Request) -> Response:
    """Says what is stopped."""
    notice = await read_notice(runtime_of(request), _known(request), visitor_of(request).actor)
    waiting = [one for one in notice["deliveries"] if one["state"] in OPEN]
    return page("notice_cancel.html", visitor_of(request), notice=notice, waiting=waiting)


@notices.post("/console/notices/{id}/cancel")
async def post_cancel(request: Request) -> Response:
    """Stop what has not left yet."""
    id_ = _known(request)
    await cancel_notice(runtime_of(request), id_, visitor_of(request).actor)
    return done(request, f"/console/notices/{id_}", "cancelled")


def _known(request: Request) -> NoticeId:
    found = NoticeId.parse(request.path_params["id"])
    if found is None:
        raise NotFound("there is no such notice")
    return found
