"""Turns an accepted draft into the rows and the log entry that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from service.dispatch.desk import Desk
from service.dispatch.enrol import Enrolment
from service.dispatch.profile import SEAL_NOTICE
from service.errors import Fault, InvalidRequest
from service.log.append import Entry
from service.model.actor import Actor
from service.model.category import Category, category_of
from service.model.delivery import DeliveryState
from service.model.notice import Debt, FanOut, NoticeDraft
from service.store.notices import DeliveryRow, NoticeRow
from service.vault import seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Storing:
    """Everything that one accepted notice adds to the store."""

    notice: NoticeRow
    deliveries: tuple[DeliveryRow, ...]
    entries: tuple[Entry, ...]


def notice_rows(desk: Desk, draft: NoticeDraft, actor: Actor, enrolment: Enrolment, *, number: int, at: datetime) -> Storing:
    """The rows of one notice. Raises InvalidRequest where the store's knowledge refuses it."""
    category = category_of(draft.category)
    expires_at = draft.expires_at or max(at, draft.not_before or at) + category.life
    _check_times(draft, at, expires_at)
    _check_addresses(draft, enrolment)
    version = desk.shelf.template_version(draft.template)
    notice = _notice_row(desk, draft, actor, enrolment, number=number, at=at, expires_at=expires_at, version=version)
    first = draft.channels if draft.fan_out is FanOut.ALL else draft.channels[:1]
    deliveries = tuple(_delivery_row(notice, channel, category, draft, at) for channel in first)
    return Storing(notice=notice, deliveries=deliveries, entries=(_entry(notice, draft, actor, enrolment, at),))


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


def _notice_row(
    desk: Desk,
    draft: NoticeDraft,
    actor: Actor,
    enrolment: Enrolment,
    *,
    number: int,
    at: datetime,
    expires_at: datetime,
    version: int,
) -> NoticeRow:
    content = {"debt": debt_document(draft.debt), "reference": draft.reference}
    return NoticeRow(
        borrower_id=enrolment.borrower,
        notice_no=number,
        accepted_at=at,
        accepted_by=actor.name,
        creditor=draft.debt.creditor,
        category=draft.category,
        template=draft.template,
        template_version=version,
        sender_role=draft.sender_role,
        fan_out=draft.fan_out,
        wait=draft.wait,
        channels=tuple(draft.channels),
        debt_id=draft.debt.id,
        account_id=draft.debt.account_id,
        days_past_due=draft.debt.days_past_due,
        not_before=draft.not_before,
        expires_at=expires_at,
        reference_digest=None if draft.reference is None else desk.vault.text_digest("reference", draft.reference),
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


def _delivery_row(notice: NoticeRow, channel: str, category: Category, draft: NoticeDraft, at: datetime) -> DeliveryRow:
    due_at = at if draft.not_before is None else max(at, draft.not_before)
    return DeliveryRow(
        borrower_id=notice.borrower_id,
        notice_no=notice.notice_no,
        channel=channel,
        state=DeliveryState.DEFERRED if due_at > at else DeliveryState.DUE,
        due_at=due_at,
        first_due_at=due_at,
        priority=category.priority,
        creditor=notice.creditor,
        expires_at=notice.expires_at,
        updated_at=at,
    )


def _entry(notice: NoticeRow, draft: NoticeDraft, actor: Actor, enrolment: Enrolment, at: datetime) -> Entry:
    return Entry(
        kind="notice.accepted",
        at=at,
        actor=actor.name,
        borrower=notice.borrower_id,
        notice_no=notice.notice_no,
        public={
            "category": draft.category,
            "channels": list(draft.channels),
            "expires_at": notice.expires_at.isoformat(),
            "fan_out": draft.fan_out.value,
            "sender_role": draft.sender_role.value,
            "template": f"{draft.template}@{notice.template_version}",
        },
        detail={"creditor": draft.debt.creditor, "debt": draft.debt.id, "reference": draft.reference},
        data_key=enrolment.data_key,
    )
