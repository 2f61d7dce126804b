"""What may come after a contact, and by what contacts are told apart in reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

WINDOW = timedelta(days=7)
"""How long what comes after a contact is counted to it."""
LATE = timedelta(days=2)
"""How long after its window a contact waits to be counted for good: what upstream systems report until then
is counted with it."""
CLOCKS_APART = timedelta(minutes=15)
"""What is recorded after a notice was accepted, or chosen for, may be dated so much before that and answer it
all the same: who dates it has a clock of their own. What is dated earlier was said before, and told late."""
COUNTED: Mapping[str, str] = MappingProxyType(
    {
        "payment": "payments",
        "promise_to_pay": "promises",
        "plan_request": "plan_requests",
        "inbound": "replies",
        "opt_out": "opt_outs",
        "complaint": "complaints",
        "dispute": "disputes",
    }
)
"""The measure of each type of event."""
MEASURES = ("reached", *COUNTED.values(), "hang_ups")
BY = ("tier", "template", "channel", "band", "week", "creditor", "group")
UNKNOWN = "unknown"
BAND_HOURS = 3


def band_of(local: datetime) -> str:
    """The three hours of the day, from 08:00 on, in which a local time lies."""
    first = (local.hour - 8) // BAND_HOURS * BAND_HOURS + 8
    return f"{first % 24:02}-{(first + BAND_HOURS) % 24:02}"


def week_of(local: datetime) -> str:
    """The ISO week of a local time."""
    return f"{local:%G-W%V}"


def local_time(at: datetime, zone: str | None) -> datetime | None:
    """What a clock shows at `at` in a zone; None without one."""
    return None if zone is None else at.astimezone(ZoneInfo(zone))
