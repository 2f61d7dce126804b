"""The first page: what waits and for how long, whether the promise is kept, how far the log is sequenced."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from policies.review import review
from service.console.pages import page
from service.console.routes import console_of, router, visitor_of
from service.store import backlog, log_tree, throughput
from service.store.throughput import Punctuality

SHOWN = timedelta(hours=24)
overview = router()


@overview.get("/console")
async def get_overview(request: Request) -> Response:
    """The numbers concern every creditor; a key that is limited to some sees none of them."""
    visitor, runtime = visitor_of(request), console_of(request).runtime
    if visitor.actor.creditors is not None:
        return page("overview.html", visitor, waits=None, promise=[], unsequenced=0, head=None, law=())
    at = runtime.clock.now()
    async with runtime.database.connection() as connection:
        waits = await backlog.summary(connection, at)
        shares = await throughput.punctuality(connection, at - SHOWN)
        unsequenced = await backlog.unsequenced(connection)
        head = await log_tree.head(connection)
    return page(
        "overview.html",
        visitor,
        waits=waits,
        promise=_promise(shares),
        unsequenced=unsequenced,
        head=head,
        law=review(runtime.in_force.policies(at).values(), at.date()).reminders(),
    )


def _promise(rows: Iterable[Punctuality]) -> list[dict[str, Any]]:
    """By channel: hand-overs of the last day, and the share of them that kept the promise."""
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        kept, missed = counts.get(row.channel, (0, 0))
        counts[row.channel] = (kept + row.kept, missed + row.missed)
    return [
        {"channel": channel, "count": kept + missed, "share": kept / (kept + missed)}
        for channel, (kept, missed) in sorted(counts.items())
        if kept + missed
    ]
