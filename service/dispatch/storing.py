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
from service.errors import Fault, InvalidRequest
from service.log.append import Entry, append_packed, packed
from service.model.actor import Actor
from service.model.category import category_of
from service.model.delivery import DeliveryState
from service.model.notice import Debt, FanOut, NoticeDraft
from service.store import acceptance
from service.store.acceptance import packed_deliveries, packed_notice
from service.store.database import Connection
from service.vault import seal


class NoticeRows(NamedTuple):
    """Everything that one accepted notice adds to the store, packed."""

    notice: bytes
    deliveries: list[bytes]
    entry: bytes


def notice_rows(desk: Desk, draft: NoticeDraft, actor: Actor, enrolment: Enrolment, *, number: int, at: datetime) -> NoticeRows:
    """The rows of one notice. Raises InvalidRequest where the store's knowledge refuses it.

    Each row is packed as soon as it is made: what it was made of is still at hand, and is not kept for the length of a batch."""
    category = category_of(draft.category)
    expires_at = draft.expires_at or max(at, draft.not_before or at) + category.life
    _check_times(draft, at, expires_at)
    _check_addresses(draft, enrolment)
    version = desk.shelf.template_version(draft.template)
    due_at = at if draft.not_before is None else max(at, draft.not_before)
    return NoticeRows(
        _notice(desk, draft, actor, enrolment, number=number, at=at, expires_at=expires_at, version=version),
        packed_deliveries(
            draft.channels if draft.fan_out is FanOut.ALL else draft.channels[:1],
            borrower_id=enrolment.borrower,
            notice_no=number,
            state=DeliveryState.DEFERRED if due_at > at else DeliveryState.DUE,
            due_at=due_at,
            priority=category.priority,
            creditor=draft.debt.creditor,
            expires_at=expires_at,
            updated_at=at,
        ),
        packed(_entry(draft, actor, enrolment, number=number, at=at, expires_at=expires_at, version=version)),
    )


async def insert_notices(connection: Connection, notices: Sequence[NoticeRows]) -> None:
    """Store notices with their deliveries and log entries, in the caller's transaction."""
    if notices:
        deliveries = [row for one in notices for row in one.deliveries]
        await acceptance.insert(connection, [one.notice for one in notices], deliveries)
        await append_packed(connection, [one.entry for one in notices])


def _check_times(draft: NoticeDraft, at: datetime, expires_at: datetime) -> None:
    if expires_at <= at:
        fault = Fault(
            pointer="/expires_at", detail=f"expected an instant in the future; {expires_at.isoformat()} has passed", code="expired"
        )
        raise InvalidRequest("the notice has expired already", faults=[fault])
    if draft.not_before is not None and draft.not_before >= expires_at:
        fault = Fault(pointer="/not_before", detail="expected an instant before expires_at", code="order")
        raise InvalidRequest("the notice would expire before it may be sent", faults=[fault])


def _check_addresses(draft: NoticeDraft, enrolment: Enrolment) -> None:
    faults = [
        Fault(pointer=f"/channels/{position}", detail=f"the borrower has no {channel} address", code="no-address")
        for position, channel in enumerate(draft.channels)
        if channel not in enrolment.addresses
    ]
    if faults:
        raise InvalidRequest("the borrower cannot be reached on every channel", faults=faults)


def _notice(
    desk: Desk,
    draft: NoticeDraft,
    actor: Actor,
    enrolment: Enrolment,
    *,
    number: int,
    at: datetime,
    expires_at: datetime,
    version: int,
) -> bytes:
    debt, reference = draft.debt, draft.reference
    content = {"debt": debt_document(debt), "reference": reference}
    return packed_notice(
        borrower_id=enrolment.borrower,
        notice_no=number,
        accepted_at=at,
        accepted_by=actor.name,
        creditor=debt.creditor,
        category=draft.category,
        template=draft.template,
        template_version=version,
        sender_role=draft.sender_role,
        fan_out=draft.fan_out,
        wait=draft.wait,
        channels=draft.channels,
        debt_id=debt.id,
        account_id=debt.account_id,
        days_past_due=debt.days_past_due,
        not_before=draft.not_before,
        expires_at=expires_at,
        reference_digest=None if reference is None else desk.vault.text_digest("reference", reference),
        sealed=seal(enrolment.data_key, orjson.dumps(content), context=SEAL_NOTICE),
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
    draft: NoticeDraft, actor: Actor, enrolment: Enrolment, *, number: int, at: datetime, expires_at: datetime, version: int
) -> Entry:
    return Entry(
        kind="notice.accepted",
        at=at,
        actor=actor.name,
        borrower=enrolment.borrower,
        notice_no=number,
        public={
            "category": draft.category,
            "channels": draft.channels,
            "expires_at": expires_at.isoformat(),
            "fan_out": draft.fan_out,
            "sender_role": draft.sender_role,
            "template": f"{draft.template}@{version}",
        },
        detail={"creditor": draft.debt.creditor, "debt": draft.debt.id, "reference": draft.reference},
        data_key=enrolment.data_key,
    )
