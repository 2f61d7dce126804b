"""Turns an accepted draft into the rows and the log entry that hold it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from service.dispatch.desk import Desk
from service.dispatch.enrol import Enrolment
from service.dispatch.profile import SEAL_NOTICE
from service.dispatch.terms import Terms, terms_of
from service.errors import Fault, InvalidRequest
from service.log.append import Entry, append_packed, packed
from service.model.actor import Actor
from service.model.notice import Debt, NoticeDraft
from service.store import acceptance
from service.store.acceptance import packed_notice
from service.store.copying import numbered
from service.store.database import Connection
from service.vault import seal


class NoticeRows(NamedTuple):
    """Everything that one accepted notice adds to the store, packed."""

    notice: bytes
    deliveries: list[bytes]
    entry: bytes


def notice_rows(
    desk: Desk, draft: NoticeDraft, actor: Actor, enrolment: Enrolment, *, number: int, at: datetime
) -> NoticeRows:
    """The rows of one notice. Raises InvalidRequest where the store's knowledge refuses it.

    Each row is packed as soon as it is made: what it was made of is still at hand, and is not kept for the length of a batch."""
    terms = terms_of(
        draft, version=desk.shelf.template_version(draft.template), accepted_by=actor.name, at=at
    )
    _check_addresses(draft, enrolment)
    key = numbered(enrolment.borrower, number)
    return NoticeRows(
        _notice(desk, draft, enrolment, key, terms),
        [key + start for start in terms.deliveries],
        packed(_entry(draft, actor, enrolment, number=number, at=at, terms=terms)),
    )


async def insert_notices(connection: Connection, notices: Sequence[NoticeRows]) -> None:
    """Store notices with their deliveries and log entries, in the caller's transaction."""
    if notices:
        deliveries = [row for one in notices for row in one.deliveries]
        await acceptance.insert(connection, [one.notice for one in notices], deliveries)
        await append_packed(connection, [one.entry for one in notices])


def _check_addresses(draft: NoticeDraft, enrolment: Enrolment) -> None:
    if enrolment.addresses.keys() >= set(draft.channels):
        return
    faults = [
        Fault(
            pointer=f"/channels/{position}",
            detail=f"the borrower has no {channel} address",
            code="no-address",
        )
        for position, channel in enumerate(draft.channels)
        if channel not in enrolment.addresses
    ]
    raise InvalidRequest("the borrower cannot be reached on every channel", faults=faults)


def _notice(desk: Desk, draft: NoticeDraft, enrolment: Enrolment, key: bytes, terms: Terms) -> bytes:
    debt, reference = draft.debt, draft.reference
    content = {"debt": debt_document(debt), "reference": reference}
    return packed_notice(
        key,
        debt_id=debt.id,
        account_id=debt.account_id,
        days_past_due=debt.days_past_due,
        reference_digest=None if reference is None else desk.vault.text_digest("reference", reference),
        sealed=seal(enrolment.data_key, orjson.dumps(content), context=SEAL_NOTICE),
        terms=terms.notice,
    )


def debt_document(debt: Debt) -> dict[str, Any]:
    """A debt as JSON; amounts as decimal strings."""
    return {
        "id": debt.id,
        "account_id": debt.account_id,
        "creditor": debt.creditor,
        "currency": debt.currency,
        "principal": str(debt.principal),
        "due_on": debt.due_on.isoformat(),
        "days_past_due": debt.days_past_due,
        "amount_due": str(debt.amount_due),
        "late_fees": str(debt.late_fees),
        "jurisdiction": debt.jurisdiction,
    }


def debt_of(document: dict[str, Any]) -> Debt:
    """The debt in a stored document."""
    return Debt(
        id=document["id"],
        account_id=document["account_id"],
        creditor=document["creditor"],
        currency=document["currency"],
        principal=Decimal(document["principal"]),
        due_on=date.fromisoformat(document["due_on"]),
        days_past_due=document["days_past_due"],
        amount_due=Decimal(document["amount_due"]),
        late_fees=Decimal(document["late_fees"]),
        jurisdiction=document.get("jurisdiction"),
    )


def _entry(
    draft: NoticeDraft, actor: Actor, enrolment: Enrolment, *, number: int, at: datetime, terms: Terms
) -> Entry:
    return Entry(
        kind="notice.accepted",
        at=at,
        actor=actor.name,
        borrower=enrolment.borrower,
        notice_no=number,
        public=terms.public,
        detail={"creditor": draft.debt.creditor, "debt": draft.debt.id, "reference": draft.reference},
        data_key=enrolment.data_key,
    )
