"""One borrower at a glance: two weeks around now in their own time, what stands in the way, what each cap
leaves, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from policies.zones import zone
from service.console.charts import Axis, Lane, joined
from service.console.forms import misfit, read_query
from service.console.pages import page, tone
from service.console.routes import allowed, router, runtime_of, visitor_of
from service.dispatch.audit.picture import Picture, Row, picture
from service.dispatch.records.legal_holds import read_legal_hold
from service.errors import Forbidden, NotFound

borrowers = router()
HEIGHT, TOP, GAP = 44.0, 34.0, 8.0
"""Of a channel's row, of what stands above the first, and between two."""
_SHAPES = {"inbound": "diamond", "payment": "triangle", "promise_to_pay": "triangle"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened, where it stands."""

    x: float
    y: float
    shape: str
    tone: str
    words: tuple[str, ...]
    """Words of the domain, to be said one after the other."""
    at: datetime
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRow:
    """A channel as it is drawn."""

    row: Row
    y: float
    closed: list[tuple[float, float]]
    walls: list[tuple[float, float, str]]
    next_x: float | None
    marks: list[Mark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The picture, laid out."""

    axis: Axis
    rows: list[DrawnRow]
    events: list[Mark]
    events_y: float
    now_x: float
    height: float


@borrowers.get("/console/borrowers")
async def get_borrower(request: Request) -> Response:
    """The borrower of this upstream id; without one, the question for it."""
    visitor, query, runtime = visitor_of(request), read_query(request), runtime_of(request)
    id_ = query.word("id")
    if id_ is None:
        return page("borrower.html", visitor, id=None, found=None)
    try:
        found = await picture(runtime, id_, visitor.actor)
    except NotFound:
        return page("borrower.html", visitor, status=404, id=id_, found=None)
    debts = list(dict.fromkeys((one.document["debt_id"], one.document["creditor"]) for one in found.rows))
    debt = query.word("debt") or (debts[0][0] if debts else None)
    rows = [one for one in found.rows if one.document["debt_id"] == debt]
    if debts and not rows:
        raise misfit("debt", "expected a debt of this borrower")
    local = found.zones[0] if found.zones else "UTC"
    try:
        hold = await read_legal_hold(runtime, id_, visitor.actor)
    except (NotFound, Forbidden):
        hold = None
    return page(
        "borrower.html",
        visitor,
        id=id_,
        found=found,
        debts=debts,
        debt=debt,
        rows=rows,
        local=local,
        drawn=draw(found, rows, zone(local)),
        hold=hold,
        may_hold=allowed(request, "POST", "/console/legal-holds"),
    )


def draw(found: Picture, rows: list[Row], local: ZoneInfo) -> Drawn:
    """Lay the picture out."""
    axis = Axis(since=found.since, until=found.until, zone=local)
    drawn = [_row(found, one, axis, TOP + place * (HEIGHT + GAP)) for place, one in enumerate(rows)]
    events_y = TOP + len(rows) * (HEIGHT + GAP)
    lane = Lane(9.0, (0.0, -9.0, 9.0))
    events = [
        _mark(one, axis, events_y + HEIGHT / 2 + lane.level(axis.x(one["at"])))
        for one in sorted(found.items, key=_when)
        if one["kind"] == "event" and axis.has(one["at"]) and not _is_contact(one)
    ]
    return Drawn(
        axis=axis,
        rows=drawn,
        events=events,
        events_y=events_y,
        now_x=axis.x(found.at),
        height=events_y + HEIGHT + GAP,
    )


def _when(one: dict[str, Any]) -> datetime:
    at: datetime = one["at"]
    return at


def _is_contact(one: dict[str, Any]) -> bool:
    return bool(one["kind"] == "attempt" or one["type"] == "contact")


def _row(found: Picture, row: Row, axis: Axis, y: float) -> DrawnRow:
    channel, opens = row.document["channel"], row.document["next_allowed_at"]
    lane = Lane(9.0, (0.0, -11.0, 11.0, 0.0))
    happened = [
        one
        for one in sorted(found.items, key=_when)
        if one["channel"] == channel and axis.has(one["at"]) and (_is_contact(one) or _is_stop(one))
    ]
    closed = joined((one.since, one.until) for one in row.closed)
    return DrawnRow(
        row=row,
        y=y,
        closed=[(axis.x(since), axis.x(until) - axis.x(since)) for since, until in closed],
        walls=[(axis.x(one.since), axis.x(one.until) - axis.x(one.since), one.why) for one in row.walls],
        next_x=None if opens is None or not axis.has(opens) else axis.x(opens),
        marks=[_mark(one, axis, y + HEIGHT / 2 + lane.level(axis.x(one["at"]))) for one in happened],
    )


def _is_stop(one: dict[str, Any]) -> bool:
    """A delivery that ended, or waits, without any contact."""
    return one["kind"] == "delivery" and one["state"] in {"suppressed", "held", "expired", "deferred"}


def _mark(one: dict[str, Any], axis: Axis, y: float) -> Mark:
    word = one["outcome"] if one["outcome"] not in {None, "in_flight"} else one["state"]
    shape = "cross" if _is_stop(one) else "dot" if _is_contact(one) else _SHAPES.get(one["type"], "square")
    meaning = word or one["type"]
    delivery = one["delivery"]
    return Mark(
        x=axis.x(one["at"]),
        y=round(y, 2),
        shape=shape,
        tone=_tone(one, meaning),
        words=tuple(
            part
            for part in (one["channel"], one["type"] if word is None or shape != "cross" else None, word)
            if part
        ),
        at=one["at"],
        href=None if delivery is None else f"/console/notices/{delivery.partition('.')[0]}",
    )


_RESTRICTS = frozenset(
    {
        "opt_out",
        "cease",
        "complaint",
        "wrong_number",
        "attorney",
        "dispute",
        "bankruptcy",
        "deceased",
        "address_dead",
    }
)
_HELPS = frozenset({"payment", "promise_to_pay", "consent", "opt_in"})


def _tone(one: dict[str, Any], meaning: str) -> str:
    if one["kind"] == "event" and not _is_contact(one):
        return "stop" if one["type"] in _RESTRICTS else "good" if one["type"] in _HELPS else "live"
    return {"rang_no_answer": "wait", "voicemail": "good", "conversation": "good", "answered": "good"}.get(
        meaning, tone(meaning)
    )
