"""Notices: found, and each with its deliveries, attempts, reasons and its story."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.forms import misfit, read_query
from service.console.pages import page
from service.console.routes import ACCESS, console_of, router, visitor_of
from service.console.sessions import Visitor
from service.dispatch.access.limits import without_others
from service.dispatch.audit.notice_lists import Wanted, list_notices
from service.dispatch.audit.notices import cancel_notice, read_notice
from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.ids import NoticeId
from service.log.explain import story_of
from service.log.read import read_entries
from service.model.delivery import DeliveryState
from service.store.log_entries import EntryFilter

SHOWN = 50
STORY = 500
"""Entries of a story that are shown, the last ones."""
STATES = ("open", "done", *sorted(DeliveryState))
notices = router()


@notices.get("/console/notices")
async def get_notices(request: Request) -> Response:
    """Newest first, narrowed by borrower, reference and state."""
    visitor, runtime, query = visitor_of(request), console_of(request).runtime, read_query(request)
    wanted = {
        "borrower": query.word("borrower"),
        "reference": query.word("reference"),
        "state": query.choice("state", STATES),
    }
    before = query.word("before")
    after = None if before is None else NoticeId.parse(before)
    if before is not None and after is None:
        raise misfit("before", "expected the id of a notice")
    found = await list_notices(
        runtime, visitor.actor, _narrowed(wanted), after=after and (after.number, after.borrower), limit=SHOWN
    )
    older = None
    match found.next_key:
        case (int(number), borrower):
            given = {name: value for name, value in wanted.items() if value is not None}
            older = "?" + urlencode({**given, "before": str(NoticeId(borrower, number))})
        case _:
            pass
    return page("notices.html", visitor, notices=found.items, wanted=wanted, states=STATES, older=older)


def _narrowed(wanted: dict[str, str | None]) -> Wanted:
    state, reference = wanted["state"], wanted["reference"]
    status = state if state in {"open", "done"} else None
    return Wanted(
        borrower=wanted["borrower"],
        references=None if reference is None else [reference],
        state=None if status else state,
        status=status,
    )


@notices.get("/console/notices/{id}")
async def get_notice(request: Request) -> Response:
    """One notice, and to those who may read the log its story."""
    visitor, runtime = visitor_of(request), console_of(request).runtime
    id_ = _known(request)
    notice = await read_notice(runtime, id_, visitor.actor)
    story = (
        await _story(runtime, id_, visitor)
        if visitor.key.role in (ACCESS["GET", "/console/log"] or ())
        else None
    )
    may_cancel = (
        visitor.key.role in (ACCESS["POST", "/console/notices/{id}/cancel"] or ())
        and notice["status"] == "open"
    )
    return page("notice.html", visitor, notice=notice, story=story, may_cancel=may_cancel)


async def _story(runtime: Runtime, id_: NoticeId, visitor: Visitor) -> list[str]:
    wanted = EntryFilter(borrower=id_.borrower, notice_no=id_.number)
    found = await read_entries(runtime.database, runtime.vault, wanted, STORY)
    return [
        line for entry in reversed(found.items) for line in story_of(without_others(entry, visitor.actor))
    ]


@notices.post("/console/notices/{id}/cancel")
async def post_cancel(request: Request) -> Response:
    """Stop what has not left yet."""
    id_ = _known(request)
    await cancel_notice(console_of(request).runtime, id_, visitor_of(request).actor)
    return RedirectResponse(f"/console/notices/{id_}", status_code=303)


def _known(request: Request) -> NoticeId:
    found = NoticeId.parse(request.path_params["id"])
    if found is None:
        raise NotFound("there is no such notice")
    return found
