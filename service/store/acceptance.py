"""Stores accepted notices with their first deliveries: rows are packed one by one, and copied by the group.

COPY costs two thirds of an INSERT of as many rows, on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from service.store.copies import Rows
from service.store.pg_copy import bytea, integer, interval, smallint, text, texts, timestamptz, word


class NoticeTerms(NamedTuple):
    """The columns of a notice that others of its batch share."""

    accepted_at: datetime
    accepted_by: str
    creditor: str
    category: str
    template: str
    template_version: int
    sender_role: str
    channels: tuple[str, ...]
    fan_out: str
    wait: timedelta
    not_before: datetime | None
    expires_at: datetime | None
    """None only as long as nobody has said when."""


def packed_terms(terms: NoticeTerms) -> bytes:
    """These columns, packed in their order."""
    who = b"".join((timestamptz(terms.accepted_at), word(terms.accepted_by), word(terms.creditor)))
    what = b"".join(
        (word(terms.category), word(terms.template), integer(terms.template_version), word(terms.sender_role))
    )
    how = b"".join((texts(terms.channels), word(terms.fan_out), interval(terms.wait)))
    return b"".join((who, what, how, timestamptz(terms.not_before), timestamptz(terms.expires_at)))


def packed_notice(
    key: bytes,
    *,
    debt_id: str,
    account_id: str | None,
    days_past_due: int,
    reference_digest: bytes | None,
    encrypted: bytes,
    traceparent: str | None,
    terms: bytes,
) -> bytes:
    """The row of a notice: its key (`pg_copy.numbered`), the columns that are its own, and its packed
    terms."""
    return b"".join(
        (
            key,
            text(debt_id),
            text(account_id),
            integer(days_past_due),
            bytea(reference_digest),
            bytea(encrypted),
            text(traceparent),
            terms,
        )
    )


NOTICE_COLUMNS = (
    *("borrower_id", "notice_no", "debt_id", "account_id", "days_past_due", "reference_digest", "sealed"),
    "traceparent",
    *NoticeTerms._fields,
)
DELIVERY_COLUMNS = (
    *(
        "borrower_id",
        "notice_no",
        "channel",
        "state",
        "due_at",
        "first_due_at",
        "priority",
        "creditor",
        "expires_at",
        "updated_at",
    ),
)


def packed_starts(
    channels: Iterable[str],
    *,
    state: str,
    due_at: datetime,
    priority: int,
    creditor: str,
    expires_at: datetime,
    updated_at: datetime,
) -> tuple[bytes, ...]:
    """The rows of deliveries that begin together, one a channel, without their notice's key, which comes
    first."""
    due = timestamptz(due_at)
    rest = b"".join(
        (
            word(state),
            due,
            due,
            smallint(priority),
            word(creditor),
            timestamptz(expires_at),
            timestamptz(updated_at),
        )
    )
    return tuple(word(channel) + rest for channel in channels)


def rows_of(notices: Sequence[bytes], deliveries: Sequence[bytes]) -> list[Rows]:
    """Packed rows, as they are copied: a delivery comes behind its notice."""
    return [
        Rows("notices", NOTICE_COLUMNS, notices),
        Rows("deliveries", DELIVERY_COLUMNS, deliveries),
    ]
