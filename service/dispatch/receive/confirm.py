"""The one confirmation of an opt-out by text or WhatsApp: a notice of our own. It meets every policy like any
other, and is void after five minutes.

12 CFR 1006.14(h)(2)(i) allows one electronic confirmation with nothing else in it; 47 CFR 64.1200(a)(12) one
text within five minutes. That it is one is the policies' business: they let the first pass and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from service.dispatch.intake.borrowers import Enrolment
from service.dispatch.intake.rows import checked_terms, insert_notices, notice_rows
from service.dispatch.runtime import Runtime
from service.ids import new_notice_number
from service.model.actor import SYSTEM_ACTOR
from service.model.category import OPT_OUT_CONFIRMATION
from service.model.notice import BorrowerDraft, NoticeDraft, SenderRole
from service.store import answers
from service.store.borrowers import StoredBorrower
from service.store.database import Connection
from service.store.encrypted import debt_of, decrypt_debt, decrypt_profile

TEMPLATE = "optout-confirmation"
ON = frozenset({"sms", "whatsapp"})
"""Where one is due: on the channel that the opt-out came by."""


async def confirm_opt_out(
    runtime: Runtime,
    connection: Connection,
    ids: Sequence[UUID],
    profiles: Mapping[UUID, StoredBorrower],
    *,
    channel: str,
    digest: bytes,
    at: datetime,
) -> bool:
    """Accept the confirmation on `channel` to the number behind `digest`, in the transaction that recorded
    the opt-out. Of several borrowers who share the number, whoever was texted there last gets it; nobody does
    whom we never texted there, or who has another number by now."""
    last = await answers.last_to(connection, ids, channel, digest) if channel in ON else None
    row = None if last is None else profiles[last.borrower_id]
    if last is None or row is None or row.data_key is None:
        return False
    key = runtime.vault.unwrap(row.data_key)
    profile = decrypt_profile(key, row.encrypted)
    address = profile.addresses.get(channel)
    if address is None or runtime.vault.address_digest(address.address) != digest:
        return False
    debt = decrypt_debt(key, last.encrypted)
    if debt is None:
        return False  # that text was before an erasure: nobody knows any more for whom it was
    draft = NoticeDraft(
        borrower=BorrowerDraft(id=profile.id, known_only=True),
        debt=debt_of(debt),
        sender_role=SenderRole(last.sender_role),
        category=OPT_OUT_CONFIRMATION,
        template=TEMPLATE,
        channels=(channel,),
    )
    enrolment = Enrolment(borrower=last.borrower_id, data_key=key, addresses=profile.addresses)
    terms = checked_terms(runtime, draft, SYSTEM_ACTOR, at)
    await insert_notices(
        connection,
        [notice_rows(runtime, draft, SYSTEM_ACTOR, terms, enrolment, number=new_notice_number(at), at=at)],
    )
    return True
