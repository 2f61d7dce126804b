"""What came after contacts: by week, by channel and hours, and in a table; the same report as the API's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import in_our_time
from service.console.pages import page
from service.console.pictures import Cell, Series, columns_picture, map_picture
from service.console.routes import console_of, router, visitor_of
from service.console.words import catalogue, named
from service.dispatch.audit.outcomes import reports, wanted_of
from service.errors import FieldError, InvalidRequest
from service.model.outcome import BY, MEASURES, UNKNOWN

WEEKS = timedelta(days=84)
"""The span where none is named."""
HARMS = ("opt_outs", "complaints", "hang_ups")
Words = Callable[[str], str]
"""What says words in the reader's language."""
outcomes = router()


@outcomes.get("/console/outcomes")
async def get_outcomes(request: Request) -> Response:
    """A span (`from`, `to`) and what the table tells apart (`by`)."""
    runtime, visitor = console_of(request).runtime, visitor_of(request)
    query, now = request.query_params, runtime.clock.now()
    until = _day(query.get("to"), "to") or now
    since = _day(query.get("from"), "from") or until - WEEKS
    by = [name for name in query.getlist("by") if name] or ["tier", "template"]

    prices = query.get("prices", "").strip()
    wanted = wanted_of(since, until, ",".join(by), now, prices)
    whole = query.get("fresh") == "yes"
    found = await reports(
        runtime, visitor.actor, wanted, (wanted.by, ("week",), ("channel", "band")), all_fresh=whole
    )
    table, weeks, places = found.found
    words = catalogue(visitor.language).gettext
    return page(
        "outcomes.html",
        visitor,
        report=table,
        by=by,
        prices=prices,
        choices=BY,
        measures=MEASURES,
        against=_against(weeks["rows"], words),
        harms=_harms(weeks["rows"], words),
        map=_map(places["rows"], words, partial(named, language=visitor.language)),
        weeks=weeks["rows"],
        left_out=found.left_out,
        fresh="?" + urlencode([*((name, value) for name, value in query.multi_items()), ("fresh", "yes")]),
    )


def _day(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        field_error = FieldError(
            pointer=f"/query/{name}", detail="expected a day such as 2027-01-31", code="invalid"
        )
        raise InvalidRequest("the query does not fit", field_errors=[field_error]) from None
    return in_our_time(found if found.tzinfo is not None else found.replace(tzinfo=UTC), name)


def _against(rows: list[dict[str, Any]], _: Words) -> dict[str, Any]:
    """Contacts, and those that were followed by a payment, by week."""
    contacts = Series(_("contacts"), tuple(line["contacts"] for line in rows))
    paid = Series(_("followed by a payment"), tuple(line["payments"]["count"] for line in rows))
    return columns_picture([line["week"] for line in rows], [contacts, paid])


def _harms(rows: list[dict[str, Any]], _: Words) -> dict[str, Any]:
    """Harms after 1,000 mature contacts, by week."""

    def of(name: str) -> Series:
        shares = (line[name]["share"] for line in rows)
        return Series(
            _(name.replace("_", " ")), tuple(None if one is None else round(1000 * one, 1) for one in shares)
        )

    return columns_picture([line["week"] for line in rows], [of(name) for name in HARMS])


def _map(rows: list[dict[str, Any]], _: Words, channel: Words) -> dict[str, Any]:
    """The share of contacts that were followed by a payment, by channel and the borrower's hours."""
    channels = sorted({line["channel"] for line in rows})
    bands = sorted({line["band"] for line in rows}, key=lambda one: (one == UNKNOWN, one))
    cells = [
        Cell(channel(line["channel"]), _(line["band"]), line["payments"]["share"], _note(line, _))
        for line in rows
    ]
    return map_picture([channel(one) for one in channels], [_(one) for one in bands], cells)


def _note(line: dict[str, Any], _: Words) -> str:
    one = line["payments"]
    if one["share"] is None:
        return _("%(number)s contacts, none mature") % {"number": line["contacts"]}
    return _("%(hits)s of %(of)s mature contacts, %(low)s to %(high)s") % {
        "hits": one["mature"],
        "of": line["mature"],
        "low": f"{one['low']:.1%}",
        "high": f"{one['high']:.1%}",
    }
