"""Facts for which texts are tried when they are stored: every choice that facts can drive is taken."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from channels.content.context import NoticeText, context_of


def specimens(numbers: frozenset[int] = frozenset()) -> list[NoticeText]:
    """Facts on which every branch that facts can drive is taken: days before, at and after each number that a
    choice compares with."""
    days = {37, 1} | {sign * (number + step) for number in numbers for step in (-1, 0, 1) for sign in (1, -1)}
    return [
        NoticeText(
            borrower_name="Ana Ruiz",
            creditor_name="Specimen Bank",
            phone=phone,
            email=email,
            url=None,
            principal=Decimal("98765.43"),
            amount_due=Decimal("4321.09"),
            late_fees=fees,
            currency="USD",
            due_on=date(2031, 7, 19),
            days_past_due=overdue,
            sender_role=role,
            first_communication=first,
            unsubscribe_url="https://specimen.example/u",
        )
        for phone, email in (("+12025550199", "help@specimen.example"), (None, None))
        for fees in (Decimal("17.31"), Decimal(0))
        for overdue in sorted(days, reverse=True)
        for role, first in (("original_creditor", False), ("third_party", True), ("third_party", False))
    ]


FACTS = frozenset(context_of(specimens()[0], "en"))
"""The names of all facts."""
