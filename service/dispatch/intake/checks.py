"""What no field of a notice says alone: its template, category and creditor fit each other, and its debt does
not contradict itself.

A notice that is accepted is told to a person: "due in January, 90 days ago" and "due now: 0.00" must not
be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from service.clock import SKEW
from service.dispatch.runtime.in_force import InForce
from service.errors import FieldError, InvalidRequest
from service.model.notice import BorrowerDraft, Debt, NoticeDraft

TOLERANCE = timedelta(days=1)
"""A day begins at another instant where the lender counts."""
STATEMENT = timedelta(days=31)
"""A lender's books may be a month old: so many days fewer than the due date says may be stated, but not that
nothing is overdue: a day that is over would be told as one on which the payment is due."""


def check_notice(in_force: InForce, draft: NoticeDraft, at: datetime) -> None:
    """Refuse a notice that upstream asks for at `at` and nobody should be told. Raises InvalidRequest with
    every error."""
    version = in_force.template_version(draft.template)
    consents = early_consents(draft.borrower, at, within="/borrower")
    field_errors = [*_misuse(in_force, draft, version), *contradictions(draft, at), *consents]
    if field_errors:
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=field_errors)


def early_consents(draft: BorrowerDraft, at: datetime, *, within: str = "") -> Iterator[FieldError]:
    """Consents that were not given yet at `at`: they permit nothing."""
    for place, consent in enumerate(draft.consents):
        if consent.at is not None and consent.at > at + SKEW:
            yield FieldError(
                pointer=f"{within}/consents/{place}/at",
                detail=f"expected an instant that has passed: a consent has been given; got {consent.at}",
                code="future",
            )


def _misuse(in_force: InForce, draft: NoticeDraft, version: int) -> Iterator[FieldError]:
    categories = in_force.template(draft.template, version).categories
    if draft.category not in categories:
        others = ", ".join(in_force.templates_under(draft.category)) or "none yet"
        detail = (
            f"expected a template of the category {draft.category} ({others});"
            f" {draft.template} is sent under {', '.join(categories)}"
        )
        yield FieldError(pointer="/template", detail=detail, code="other-category")
    if not in_force.knows_creditor(draft.debt.creditor):
        detail = "expected a creditor with a profile: borrowers are told its name and how to reach it"
        yield FieldError(pointer="/debt/creditor", detail=detail, code="unknown-creditor")


def contradictions(draft: NoticeDraft, at: datetime) -> Iterator[FieldError]:
    """Facts of a debt of which only one can be true, each pair with both pointers."""
    debt = draft.debt
    if (detail := _misdated(debt, at)) is not None:
        yield FieldError(pointer="/debt/due_on", detail=detail, code="contradiction")
        yield FieldError(pointer="/debt/days_past_due", detail=detail, code="contradiction")
    if debt.late_fees > debt.amount_due:
        detail = "expected late_fees to be a part of amount_due, and no more than that"
        yield FieldError(pointer="/debt/late_fees", detail=detail, code="contradiction")
        yield FieldError(pointer="/debt/amount_due", detail=detail, code="contradiction")
    if draft.category == "collection" and not debt.amount_due:
        detail = "expected an amount that is due, or another category than collection"
        yield FieldError(pointer="/debt/amount_due", detail=detail, code="contradiction")
        yield FieldError(pointer="/category", detail=detail, code="contradiction")


def _misdated(debt: Debt, at: datetime) -> str | None:
    """A debt cannot be later than its due date says, nor due to come when it was due long ago."""
    truly = (at.date() - debt.due_on).days
    most = max(truly + TOLERANCE.days, 0)
    least = max(truly - STATEMENT.days, 1) if truly > TOLERANCE.days else truly - TOLERANCE.days
    if least <= debt.days_past_due <= most:
        return None
    return f"expected {truly} days past due where the due date is {debt.due_on}; got {debt.days_past_due}"
