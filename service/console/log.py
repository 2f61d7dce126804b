"""The dispatch log: read, narrowed, exported."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.console.forms import Form, misfit, read_query
from service.console.pages import page
from service.console.routes import console_of, router, visitor_of
from service.dispatch.audit.log import Wanted, begin_export, read_log
from service.ids import NoticeId
from service.log.export import export
from service.log.read import current_verifier_keys, latest_checkpoint

SHOWN = 50
VERDICTS = ("allow", "defer", "suppress", "hold")
FORMS = {"jsonl": "application/jsonl", "csv": "text/csv"}
_FIELDS = ("borrower", "notice", "kind", "policy", "verdict", "actor", "from", "to")
log = router()


@log.get("/console/log")
async def get_log(request: Request) -> Response:
    """Newest first, with the checkpoint that it is sequenced under."""
    visitor, runtime, query = visitor_of(request), console_of(request).runtime, read_query(request)
    found = await read_log(runtime, _wanted(query), visitor.actor, limit=SHOWN)
    given = {name: value for name in _FIELDS if (value := query.word(name)) is not None}
    older = None if found.next_below is None else "?" + urlencode({**given, "below": found.next_below})
    return page(
        "log.html",
        visitor,
        entries=[{**one, "told": _told(one)} for one in found.items],
        given={name: given.get(name, "") for name in _FIELDS},
        verdicts=VERDICTS,
        older=older,
        checkpoint=await latest_checkpoint(runtime.database),
        keys=await current_verifier_keys(runtime.database, runtime.vault),
    )


def _wanted(query: Form) -> Wanted:
    notice, below = query.word("notice"), query.word("below")
    parsed = None if notice is None else NoticeId.parse(notice)
    if notice is not None and parsed is None:
        raise misfit("notice", "expected the id of a notice")
    if below is not None and not (below.isascii() and below.isdigit() and len(below) <= 18):  # noqa: PLR2004
        raise misfit("below", "expected the number of an entry")
    return Wanted(
        borrower=query.word("borrower"),
        notice=parsed,
        kind=query.word("kind"),
        policy=query.word("policy"),
        verdict=query.choice("verdict", VERDICTS),
        actor=query.word("actor"),
        since=query.instant("from"),
        before=query.instant("to"),
        below=None if below is None else int(below),
    )


def _told(entry: dict[str, Any]) -> str:
    """What an entry holds, as JSON that people read."""
    shown = {"public": entry["public"], "detail": entry["detail"], "policies": entry["policies"]}
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2, default=str).decode()


@log.get("/console/log/export")
async def get_export(request: Request) -> Response:
    """The whole log up to the last checkpoint; the export is itself an entry."""
    runtime, query = console_of(request).runtime, read_query(request)
    form = query.choice("format", FORMS) or "jsonl"
    size = await begin_export(runtime, visitor_of(request).actor, form=form, first=0)
    headers = {"Content-Disposition": f'attachment; filename="dispatch-log-{size}.{form}"'}
    return StreamingResponse(
        export(runtime.database, form, first=0, last=size), media_type=FORMS[form], headers=headers
    )
