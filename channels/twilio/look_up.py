"""Asks Twilio what it sent, and what became of an attempt: by its sid where we hold it, else by going through
what was sent to that number since."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from channels.adapter import Absent, CannotTell, Found, Listed, ListedInbound, Sighting, Sought
from channels.receipt import Inbound, Receipt
from channels.twilio.receipts import plain_address

WHATSAPP = "whatsapp:"
"""In front of the numbers of messages that go or come by WhatsApp."""
MOST = 200
PAGE = 500
"""Rows that the provider is asked for at a time."""


async def look_up(
    sought: Sought,
    *,
    fetch: Callable[[str], Awaitable[Any]],
    list_since: Callable[[], Awaitable[Sequence[Any]]],
    receipt: Callable[[Any], Receipt],
) -> Sighting:
    """A sighting; never raises. Several candidates of which only the address is known settle nothing: a
    person decides."""
    try:
        if sought.ref is not None:
            return Found(receipt=receipt(await fetch(sought.ref)))
        rows = await list_since()
        mine = [row for row in rows if row.sid not in sought.known_refs and _fits(row, sought)]
        if sought.wrote is not None:
            mine = sorted(mine, key=_created)[
                :1
            ]  # the same words to the same person: which of them is whose makes no difference
        return _settled(mine, receipt, whole=len(rows) < MOST)
    except Exception as error:  # noqa: BLE001 - whatever the provider does, the attempt stays unknown
        return CannotTell(reason=f"no answer from the provider ({type(error).__name__})", again=True)


def _settled(mine: Sequence[Any], receipt: Callable[[Any], Receipt], *, whole: bool) -> Sighting:
    """What the candidates amount to. `whole` says that the list was read to its end: only then is nothing a
    finding."""
    match mine:
        case []:
            return (
                Absent()
                if whole
                else CannotTell(reason=f"none of the last {MOST} messages to this number is it")
            )
        case [only]:
            return Found(receipt=receipt(only))
        case _:
            return CannotTell(
                reason="several messages at the provider could be it",
                candidates=tuple(row.sid for row in mine[:10]),
            )


def is_by_whatsapp(row: Any) -> bool:
    """Whether a listed message went or came by WhatsApp."""
    return WHATSAPP in {str(row.to or "")[: len(WHATSAPP)], str(row.from_ or "")[: len(WHATSAPP)]}


def _created(row: Any) -> datetime:
    created = getattr(row, "date_created", None)
    return created.astimezone(UTC) if isinstance(created, datetime) else datetime.max.replace(tzinfo=UTC)


def _fits(row: Any, sought: Sought) -> bool:
    if row.to != sought.to:
        return False
    text = getattr(row, "body", None)
    if sought.wrote is not None and text is not None and not sought.wrote(text):
        return False
    created = getattr(row, "date_created", None)
    return created is None or created.astimezone(UTC) >= sought.since.replace(microsecond=0)


async def listed(
    rows: Awaitable[AsyncIterator[Any]],
    since: datetime,
    receipt: Callable[[Any], Receipt],
    inbound_of: Callable[[Any], Inbound] | None = None,
    *,
    is_mine: Callable[[Any], bool] | None = None,
) -> AsyncIterator[Listed | ListedInbound]:
    """A list of everything that `is_mine`, in our words; what came in only where `inbound_of` reads it.
    Raises what the package raises."""
    async for row in await rows:
        if is_mine is not None and not is_mine(row):
            continue
        left = getattr(row, "date_sent", None) or getattr(row, "start_time", None) or row.date_created
        at = left.astimezone(UTC) if isinstance(left, datetime) else since
        if at < since.replace(microsecond=0):
            continue
        if str(row.direction or "").startswith("outbound"):
            yield Listed(to=plain_address(row.to or ""), at=at, receipt=receipt(row))
        elif inbound_of is not None:
            yield ListedInbound(at=at, inbound=inbound_of(row))
