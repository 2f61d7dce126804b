"""Turns an accepted draft into the rows and the log entry that hold it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from service.dispatch.intake.borrowers import Enrolment
from service.dispatch.intake.terms import Terms, terms_of
from service.dispatch.runtime import Runtime
from service.errors import FieldError, InvalidRequest
from service.log.append import Entry, packed, rows_of
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store import acceptance
from service.store.acceptance import packed_notice
from service.store.copies import Rows, copy_all
from service.store.database import Connection
from service.store.encrypted import NOTICE_CONTEXT, debt_document
from service.store.pg_copy import numbered
from service.vault import encrypt


class NoticeRows(NamedTuple):
    """Everything that one accepted notice adds to the store, packed."""

    notice: bytes
    deliveries: list[bytes]
    entry: bytes
    language: str
    """The borrower's; not packed."""


def checked_terms(runtime: Runtime, draft: NoticeDraft, actor: Actor, at: datetime) -> Terms:
    """The terms of a notice. Raises InvalidRequest where it has no rows whatever the store knows: its times
    do not fit each other, or its own profile lacks an address."""
    version = runtime.in_force.template_version(draft.template)
    terms = terms_of(draft, version=version, accepted_by=actor.name, at=at)
    if not draft.borrower.known_only:
        _check_addresses(draft, draft.borrower.addresses)
    return terms


def notice_rows(
    runtime: Runtime,
    draft: NoticeDraft,
    actor: Actor,
    terms: Terms,
    enrolment: Enrolment,
    *,
    number: int,
    at: datetime,
    traceparent: str | None = None,
) -> NoticeRows:
    """The rows of one notice. Raises InvalidRequest where the store's knowledge refuses it.

    Each row is packed as soon as it is made: what it was made of is still at hand, and is not kept for the
    length of a batch."""
    if draft.borrower.known_only:
        _check_addresses(draft, enrolment.addresses)
    key = numbered(enrolment.borrower, number)
    return NoticeRows(
        _notice(runtime, draft, enrolment, key, terms, traceparent),
        [key + start for start in terms.deliveries],
        packed(_entry(draft, actor, enrolment, number=number, at=at, terms=terms)),
        enrolment.language,
    )


def copied(notices: Sequence[NoticeRows]) -> list[Rows]:
    """Notices with their deliveries and log entries, as they are copied."""
    deliveries = [row for one in notices for row in one.deliveries]
    return [
        *acceptance.rows_of([one.notice for one in notices], deliveries),
        rows_of([one.entry for one in notices]),
    ]


async def insert_notices(connection: Connection, notices: Sequence[NoticeRows]) -> None:
    """Store notices with their deliveries and log entries, in the caller's transaction."""
    if notices:
        await copy_all(connection, copied(notices))


def _check_addresses(draft: NoticeDraft, known: Collection[str]) -> None:
    """`known`: the channels of which the borrower has an address."""
    if all(channel in known for channel in draft.channels):
        return
    field_errors = [
        FieldError(
            pointer=f"/channels/{position}",
            detail=f"the borrower has no {channel} address",
            code="no-address",
        )
        for position, channel in enumerate(draft.channels)
        if channel not in known
    ]
    raise InvalidRequest("the borrower cannot be reached on every channel", field_errors=field_errors)


def _notice(
    runtime: Runtime,
    draft: NoticeDraft,
    enrolment: Enrolment,
    key: bytes,
    terms: Terms,
    traceparent: str | None,
) -> bytes:
    debt, reference = draft.debt, draft.reference
    content: dict[str, Any] = {"debt": debt_document(debt), "reference": reference}
    if draft.in_response_to is not None:
        content["in_response_to"] = draft.in_response_to
    if draft.metadata:
        content["metadata"] = draft.metadata
    return packed_notice(
        key,
        debt_id=debt.id,
        account_id=debt.account_id,
        days_past_due=debt.days_past_due,
        reference_digest=None if reference is None else runtime.vault.text_digest("reference", reference),
        encrypted=encrypt(enrolment.data_key, orjson.dumps(content), context=NOTICE_CONTEXT),
        traceparent=traceparent,
        terms=terms.notice,
    )


def _entry(
    draft: NoticeDraft, actor: Actor, enrolment: Enrolment, *, number: int, at: datetime, terms: Terms
) -> Entry:
    return Entry.of_borrower(
        "notice.accepted",
        at,
        actor.name,
        enrolment.borrower,
        notice_no=number,
        public=terms.public,
        detail={"creditor": draft.debt.creditor, "debt": draft.debt.id, "reference": draft.reference},
        data_key=enrolment.data_key,
    )
