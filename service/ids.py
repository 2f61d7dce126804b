"""Ids that carry their own route: a notice's id holds its borrower's key, so that no look-up is needed to
find the shard.

`ntc_<48>` is 16 bytes borrower key and 8 bytes notice number in hex; a delivery appends `.sms`, an attempt
`.1`. The borrower key is a keyed digest of the upstream id (service/vault.py): without the secret it leads
back to nobody."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
SYSTEM = UUID(int=0)
"""Stands in the place of a borrower for log entries that concern none."""

CHANNELS = ("sms", "email", "voice", "whatsapp")
_RANDOM_BITS = 22
_LARGEST = 2**63 - 1
"""Of a number; instants after 2110 have none."""
_ID = re.compile(r"ntc_([0-9a-f]{32})([0-9a-f]{16})")


class NoticeId(NamedTuple):
    """Borrower key and notice number; `str()` is the public form."""

    borrower: UUID
    number: int
    """Positive, below 2**63: milliseconds since EPOCH, then 22 random bits. Unique within a borrower."""

    def __str__(self) -> str:
        """The public form, `ntc_…`."""
        return notice_text(self.borrower.hex, self.number)

    @classmethod
    def parse(cls, text: str) -> NoticeId | None:
        """The id in `text`, or None where it is none of ours."""
        found = _ID.fullmatch(text)
        if found is None:
            return None
        return cls(UUID(hex=found[1]), int(found[2], 16) & (2**63 - 1))


def notice_text(borrower: str, number: int) -> str:
    """The public form of a notice's id, from the borrower's key in hex."""
    return f"ntc_{borrower}{number:016x}"


def new_notice_number(at: datetime) -> int:
    """A fresh number for a notice that is accepted at `at`; later instants give larger numbers."""
    return new_notice_numbers(at, 1)[0]


def new_notice_numbers(at: datetime, count: int) -> range:
    """Fresh numbers for notices that are accepted together, in their order."""
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    first = (milliseconds << _RANDOM_BITS) + secrets.randbelow((1 << _RANDOM_BITS) - count + 1)
    return range(first, first + count)


def notice_numbers_from(at: datetime, *, after: bool = False) -> int:
    """The smallest number that a notice accepted at `at` can have; with `after` the smallest that none
    accepted up to then has."""
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    return min(max(0, milliseconds + after) << _RANDOM_BITS, _LARGEST)


class DeliveryId(NamedTuple):
    """A notice on one channel."""

    notice: NoticeId
    channel: str

    def __str__(self) -> str:
        """The public form, `ntc_….sms`."""
        return f"{self.notice}.{self.channel}"

    @classmethod
    def parse(cls, text: str) -> DeliveryId | None:
        """The id in `text`, or None."""
        head, dot, channel = text.partition(".")
        notice = NoticeId.parse(head)
        if notice is None or not dot or channel not in CHANNELS:
            return None
        return cls(notice, channel)


class AttemptId(NamedTuple):
    """One hand-over of a delivery, numbered from 1."""

    delivery: DeliveryId
    number: int

    def __str__(self) -> str:
        """The public form, `ntc_….sms.1`."""
        return f"{self.delivery}.{self.number}"

    @classmethod
    def parse(cls, text: str) -> AttemptId | None:
        """The id in `text`, or None."""
        head, dot, number = text.rpartition(".")
        delivery = DeliveryId.parse(head)
        if delivery is None or not dot or not (number.isascii() and number.isdigit() and len(number) <= 4):  # noqa: PLR2004
            return None
        return cls(delivery, int(number))


def event_id(text: str) -> str:
    """A fresh event id with a speaking prefix."""
    return f"{text}_{secrets.token_hex(12)}"
