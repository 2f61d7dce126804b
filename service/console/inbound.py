"""Messages from addresses that no borrower has: a person must look at them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import Form, misfit, read_query
from service.console.pages import page
from service.console.routes import router, runtime_of, visitor_of
from service.console.times import local_parts, since_of
from service.dispatch.receive.unmatched import list_unmatched

SHOWN = 50
inbound = router()


@inbound.get("/console/inbound")
async def get_inbound(request: Request) -> Response:
    """The newest first, or those from one address, or from a day on."""
    query, visitor = read_query(request), visitor_of(request)
    address, since = query.word("address"), since_of(query, "from", visitor.zone)
    found = await list_unmatched(
        runtime_of(request), visitor.actor, address=address, after=after(query), limit=SHOWN + 1, since=since
    )
    older = None
    if len(found) > SHOWN:
        last = found[SHOWN - 1]
        given = {name: word for name in ("address", "from") if (word := query.word(name)) is not None}
        older = "?" + urlencode({**given, "after": f"{last['received_at'].isoformat()}|{last['id']}"})
    picked = "" if since is None else local_parts(since, visitor.zone)[0]
    return page("inbound.html", visitor, found=found[:SHOWN], older=older, address=address, picked=picked)


def after(query: Form) -> tuple[datetime, str] | None:
    """Where a list goes on: an instant and what orders equal ones, with a bar between."""
    text = query.word("after")
    if text is None:
        return None
    instant, bar, place = text.partition("|")
    try:
        at = datetime.fromisoformat(instant)
        if not bar or at.utcoffset() is None:
            raise misfit("after", "expected the end of a page of this list")
    except ValueError:
        raise misfit("after", "expected the end of a page of this list") from None
    return at, place
