"""What a template may say of a debt to one borrower: the same in a message, in a preview and in a
specimen."""

from __future__ import annotations

from channels.content.render import NoticeText
from service.dispatch.runtime.in_force import InForce
from service.model.notice import Debt


def text_of(
    in_force: InForce,
    debt: Debt,
    *,
    borrower_name: str,
    days_past_due: int,
    sender_role: str,
    first_communication: bool,
    unsubscribe_url: str | None,
) -> NoticeText:
    """The facts for the words, with the creditor's own name and contact."""
    creditor = in_force.creditor(debt.creditor)
    return NoticeText(
        borrower_name=borrower_name,
        creditor_name=creditor.name,
        phone=creditor.contact.phone,
        email=creditor.contact.email,
        url=creditor.contact.url,
        principal=debt.principal,
        amount_due=debt.amount_due,
        late_fees=debt.late_fees,
        currency=debt.currency,
        due_on=debt.due_on,
        days_past_due=days_past_due,
        sender_role=sender_role,
        first_communication=first_communication,
        unsubscribe_url=unsubscribe_url,
    )
