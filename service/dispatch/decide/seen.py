"""What of a history a learned choice may look at: when this creditor wrote about the debt, and when and how
that was answered.

Nothing else of the person, and nothing of other creditors. Hardship, disputes and the like stop messages by
rule; they teach nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from policies.facts import Event
from service.dispatch.decide.case import Case
from service.dispatch.decide.next_step import ELSEWHERE
from service.learning.segment import LOOKBACK, Seen
from service.model.suppression import channel_of

ANSWERS = frozenset({"inbound", "payment", "promise_to_pay", "plan_request"})
OBJECTION = "profiling_objection"


def objects(history: Iterable[Event]) -> bool:
    """Whether the borrower asked that nothing be chosen by what they did: the plain order holds for good."""
    return any(event.type == OBJECTION for event in history)


def seen_of(case: Case, at: datetime, days_past_due: int) -> Seen:
    """What a choice about this message looks at, where its debt is so many days past due."""
    subject, since = case.subject, at - LOOKBACK
    contacts: list[datetime] = []
    answered: Event | None = None
    channel: str | None = None
    for event in case.history:
        if event.creditor not in {None, subject.creditor} or (
            event.debt_ids is not None and event.creditor is None and subject.debt_id not in event.debt_ids
        ):
            continue
        if _answers(event):
            if answered is None or event.at >= answered.at:
                answered = event
            channel = _channel(event) or channel
        elif event.type == "contact" and event.at > since and not event.wrong_party:
            contacts.append(event.at)
    return Seen(
        days_past_due=days_past_due,
        contacts=tuple(contacts),
        answered_at=None if answered is None else answered.at,
        answered_on=channel,
    )


def _answers(event: Event) -> bool:
    if event.type == "contact":
        return event.direction == "in" or event.outcome == "conversation"
    return event.type in ANSWERS and event.via not in ELSEWHERE


def _channel(event: Event) -> str | None:
    """Messages and calls alone tell where somebody answers."""
    if event.type not in {"inbound", "contact"} or event.channel is None:
        return None
    return channel_of(event.channel) or event.channel
