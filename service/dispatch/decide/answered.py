"""Whether a borrower answered since a notice was accepted: then no further channel of a cascade follows.

After the acceptance is what the store recorded after it: notices, events and attempts take their numbers from
one sequence while their writer holds the borrower's row. Instants do not tell: machines date what they do by
clocks of their own, and by one that is minutes ahead a call that was over before the acceptance answers it.
Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from policies.facts import Event, may_have_spoken
from service.dispatch.decide.facts import events_of
from service.dispatch.decide.next_step import ELSEWHERE
from service.model.medium import law_channel
from service.model.outcome import CLOCKS_APART
from service.store.events import StoredEvent
from service.store.own_contacts import OwnContacts

ANSWERS = frozenset(
    {"inbound", "opt_out", "payment", "promise_to_pay", "hardship_request", "plan_request", "complaint"}
)


class Followed(Protocol):
    """A due delivery with its notice, as any row of the store that holds both."""

    @property
    def borrower_id(self) -> UUID: ...  # noqa: D102
    @property
    def notice_no(self) -> int: ...  # noqa: D102
    @property
    def channel(self) -> str: ...  # noqa: D102
    @property
    def channels(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def attempts(self) -> int: ...  # noqa: D102
    @property
    def fan_out(self) -> str: ...  # noqa: D102
    @property
    def creditor(self) -> str: ...  # noqa: D102
    @property
    def debt_id(self) -> str: ...  # noqa: D102
    @property
    def accepted_at(self) -> datetime: ...  # noqa: D102
    @property
    def recorded(self) -> int | None: ...  # noqa: D102


class Key(NamedTuple):
    """A delivery."""

    borrower_id: UUID
    notice_no: int
    channel: str


class Answer(NamedTuple):
    """Something that a borrower said, or a contact in which somebody spoke with them, or may have."""

    recorded: int | None
    """None of an attempt that was made before attempts were numbered."""
    at: datetime
    creditor: str | None
    debts: Sequence[str] | None
    notice_no: int | None = None
    """Of which notice of ours it was a call."""


class Known(NamedTuple):
    """What is known of the borrowers of some deliveries."""

    histories: Mapping[UUID, list[Event]]
    """By borrower, as the rules look at them."""
    answered: frozenset[Key]


def known_of(
    rows: Iterable[Followed],
    events: Sequence[StoredEvent],
    contacts: Sequence[OwnContacts],
    at: datetime,
) -> Known:
    """What the store has of them, for a decision at `at`."""
    return Known(events_of(events, contacts, at), answered(rows, events, contacts))


def answered(
    rows: Iterable[Followed], events: Iterable[StoredEvent], contacts: Iterable[OwnContacts]
) -> frozenset[Key]:
    """Those of some deliveries of cascades that need not go any more. One of which nothing was tried yet goes
    whatever was said: there is nothing that could have been answered."""
    asked = [row for row in rows if row.fan_out != "all" and _is_begun(row)]
    if not asked:
        return frozenset()
    found = _answers({row.borrower_id for row in asked}, events, contacts)
    return frozenset(
        Key(row.borrower_id, row.notice_no, row.channel)
        for row in asked
        if any(_answers_it(one, row) for one in found.get(row.borrower_id, ()))
    )


def _is_begun(row: Followed) -> bool:
    return row.attempts > 0 or row.channel != row.channels[0]


def _answers(
    borrowers: set[UUID], events: Iterable[StoredEvent], contacts: Iterable[OwnContacts]
) -> Mapping[UUID, list[Answer]]:
    found: defaultdict[UUID, list[Answer]] = defaultdict(list)
    for event in events:
        if event.borrower_id in borrowers and _is_answer(event):
            document = event.document or {}
            found[event.borrower_id].append(
                Answer(event.recorded, event.at, document.get("creditor"), document.get("debt_ids"))
            )
    for contact in contacts:
        if contact.borrower_id in borrowers and contact.recordings is not None:
            found[contact.borrower_id] += [
                Answer(recorded or None, at, contact.creditor, (contact.debt_id,), number)
                for recorded, at, number in zip(
                    contact.recordings, contact.instants, contact.notices, strict=True
                )
            ]
    return found


def _is_answer(event: StoredEvent) -> bool:
    document = event.document or {}
    if event.type == "contact":
        return document.get("direction") == "in" or may_have_spoken(event.outcome, law_channel(event.channel))
    return (
        event.type in ANSWERS and document.get("via") not in ELSEWHERE
    )  # an opt-out that a provider knew of was said before, about something else


def _answers_it(answer: Answer, row: Followed) -> bool:
    if answer.notice_no == row.notice_no:
        return True
    if answer.creditor is not None and answer.creditor != row.creditor:
        return False
    if answer.creditor is None and answer.debts is not None and row.debt_id not in answer.debts:
        return False
    if answer.recorded is None or row.recorded is None:
        return answer.at >= row.accepted_at
    if answer.recorded <= row.recorded:
        return False
    return answer.notice_no is not None or answer.at >= row.accepted_at - CLOCKS_APART
