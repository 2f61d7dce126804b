"""What workers did: the list behind each figure of the overview, its rows the very ones that are counted."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import Form, misfit, read_query
from service.console.pages import page
from service.console.routes import allowed, router, runtime_of, visitor_of
from service.console.times import local_parts, since_of
from service.dispatch.audit.activity import WHAT, ActivityFilter, read_activity
from service.ids import CHANNELS

SHOWN = 50
LONGEST_PLACE = 400
PATH = "/console/activity"
_WORDS = ("channel", "rule", "provider", "from", "to")
activity = router()


def led_to(
    *what: str,
    channel: str | None = None,
    rule: str | None = None,
    provider: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> str:
    """The path of the list of what a figure counts."""
    given = [("what", word) for word in what]
    words = (("channel", channel), ("rule", rule), ("provider", provider))
    given += [(name, word) for name, word in words if word]
    given += [(name, f"{at:%Y-%m-%dT%H:%M:%SZ}") for name, at in (("from", since), ("to", before)) if at]
    return f"{PATH}?{urlencode(given)}"


@activity.get(PATH)
async def get_activity(request: Request) -> Response:
    """Newest first."""
    visitor, query = visitor_of(request), read_query(request)
    given = {name: word for name in _WORDS if (word := query.word(name)) is not None}
    wanted = ActivityFilter(
        what=_what(query),
        channel=query.choice("channel", CHANNELS),
        rule=given.get("rule"),
        adapter=given.get("provider"),
        since=since_of(query, "from", visitor.zone),
        before=since_of(query, "to", visitor.zone, ends=True),
    )
    found = await read_activity(runtime_of(request), wanted, visitor.actor, below=_below(query), limit=SHOWN)
    older = None
    if found.next_below is not None:
        pairs = [*(("what", one) for one in wanted.what), *given.items()]
        older = "?" + urlencode([*pairs, ("below", ".".join(map(str, found.next_below)))])
    return page(
        "activity.html",
        visitor,
        rows=found.items,
        kinds=tuple(WHAT),
        channels=CHANNELS,
        wanted=wanted,
        picked={
            name: "" if at is None else "T".join(local_parts(at, visitor.zone))
            for name, at in (("from", wanted.since), ("to", wanted.before))
        },
        older=older,
        is_first=query.word("below") is None,
        reads=allowed(request, "GET", "/console/log"),
    )


def _what(query: Form) -> list[str]:
    chosen = [word for word in dict.fromkeys(query.all("what")) if word]
    if not set(chosen) <= set(WHAT):
        raise misfit("what", f"expected one of {', '.join(sorted(WHAT))}")
    return chosen


def _below(query: Form) -> list[int] | None:
    text = query.one("below")[:LONGEST_PLACE]
    if not text:
        return None
    parts = text.split(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 19 for part in parts):  # noqa: PLR2004
        raise misfit("below", "expected the end of a page of this list")
    return [min(int(part), 2**62) for part in parts]
