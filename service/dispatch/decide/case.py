"""The case: all that a decision is asked about, typed, put together in one place.

Whoever wants to know what may happen to a message (a worker, a preview, the timeline, an answered call) makes a `Case` and has it
judged; so all of them ask about the same facts. `EVALUATE_ONLY` names what a case file or `POST /v1/evaluate` can say and a notice
cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol

from policies.binding import Binding
from policies.facts import Borrower, Event, Facts, Proposal
from policies.places.whereabouts import NOWHERE, Whereabouts
from policies.policy import Policy
from policies.quick import quick
from policies.zones import zone
from service.dispatch.encrypted import Profile
from service.model.category import OPT_OUT_CONFIRMATION, plain_name

EVALUATE_ONLY: Mapping[str, str] = MappingProxyType(
    {
        "topic": "a notice names no topic, so that an opt-out from any topic covers it",
        "optout_notice": "a template without the line that says how to opt out is refused before it can be used",
        "contains_marketing": "a notice is about a debt; templates are approved by people and carry no marketing",
        "publicly_viewable": "a text, an e-mail or a call goes to one person's own address",
        "third_party_requested": "a notice goes to the borrower and to nobody else",
        "check_text_safe_harbor": "a lender that relies on the safe harbour asks for it in a policy of its own",
        "time_consent": "hours that the borrower agreed to are recorded as `agreed_hours`, which the rules read themselves",
        "occasion_bar": "a reason to stay silent is recorded as an event, which the rules read themselves",
        "holidays": "calendars are part of the policies",
    }
)
"""Fields of a proposal, and of the facts, that only a case file or `POST /v1/evaluate` sets, each with its reason."""


class Law(Protocol):
    """What says which policies bind: those in force, or those that a question names."""

    def binding(
        self, where: Whereabouts, *, sender_role: str, days_past_due: int | None, at: datetime
    ) -> Binding:
        """The policies that bind such a message at `at`, and why."""


class Matter(Protocol):
    """What decides which policies bind."""

    @property
    def where(self) -> Whereabouts:
        """Where the borrower may be."""

    @property
    def sender_role(self) -> str:
        """Whose debt the sender collects."""

    def days_past_due_at(self, at: datetime) -> int | None:
        """Days past due at an instant."""


@dataclass(frozen=True, slots=True)
class Named:
    """Policies that a question or an entry of the log names: these bind, and no others."""

    policies: tuple[Policy, ...]

    def binding(
        self, where: Whereabouts, *, sender_role: str, days_past_due: int | None, at: datetime
    ) -> Binding:
        """The policies, whatever the message."""
        del where, sender_role, days_past_due, at
        return Binding(self.policies)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A notice and its borrower, as far as a decision may look at them, whatever the channel."""

    profile: Profile = field(repr=False)
    known_since: datetime
    """When the borrower was stored."""
    where: Whereabouts
    """Where the borrower may be: the places whose law binds, and the candidate time zones."""
    debt_id: str
    account_id: str | None
    creditor: str
    sender_role: str
    category: str
    template: str
    days_past_due: int
    """As stated at `stated_at`."""
    stated_at: datetime
    expires_at: datetime | None

    def days_past_due_at(self, at: datetime) -> int:
        """Days past due at `at`: what upstream stated, and the dates that began since where the borrower is; in UTC where that is
        not known.

        The message says this number beside the due date, so that the two must fit on the day on which it leaves."""
        name = next((one for some in self.where.zones.values() for one in some), None)
        where = UTC if name is None else zone(name)
        return self.days_past_due + max(
            0, (at.astimezone(where).date() - self.stated_at.astimezone(where).date()).days
        )


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message to one borrower through one medium, with the history that counts until it is judged."""

    law: Law
    subject: Subject
    medium: str
    """How the law sees the contact."""
    address_digest: str
    """Of the address that it would go to, in hex: equal where the address is equal."""
    history: Sequence[Event]

    def facts(self, days_past_due: int | None) -> Facts:
        """The facts, frozen. Every field of `Facts` and `Proposal` stands here or in EVALUATE_ONLY."""
        subject = self.subject
        return Facts(
            borrower=Borrower(
                zones_by_source=subject.where.zones,
                days_past_due=days_past_due,
                jurisdiction=subject.where.place,
                phone_area_code=area_code(
                    subject.profile.addresses.get(_CHANNELS.get(self.medium, self.medium))
                ),
                place_warnings=subject.where.warnings,
                place_held=subject.where.held,
            ),
            debt_ids=(subject.debt_id,),
            events=(*self._given(), *self.history),
            proposal=Proposal(
                channel=self.medium,
                to="consumer",
                sender_role=subject.sender_role,
                address=self.address_digest,
                category=subject.category,
                template=subject.template,
                creditor=subject.creditor,
                account_id=subject.account_id,
                content_class=content_class_of(subject.category),
            ),
        )

    def _given(self) -> tuple[Event, ...]:
        """A number in the profile that the original creditor sent was given to that creditor, and serves for collection
        (47 CFR 64.1200(a)(1)(iii)); whoever else collects must state the consent."""
        if self.subject.sender_role != "original_creditor" or self.medium == "email":
            return ()
        return (
            Event(
                type="number_given",
                at=self.subject.known_since,
                channel=self.medium,
                address=self.address_digest,
                event_id="profile",
            ),
        )


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class StatedCase:
    """Facts that somebody states in so many words, or that an entry of the log kept; and the policies that are to judge them."""

    law: Law
    stated: Facts
    expires_at: datetime | None = None
    where: Whereabouts = NOWHERE

    @property
    def subject(self) -> StatedCase:
        """What is stated stands for itself."""
        return self

    @property
    def sender_role(self) -> str:
        """Whose debt the sender collects."""
        return self.stated.proposal.sender_role

    def days_past_due_at(self, at: datetime) -> int | None:
        """As stated."""
        del at
        return self.stated.borrower.days_past_due

    def facts(self, days_past_due: int | None) -> Facts:
        """As stated."""
        del days_past_due
        return self.stated


_CHANNELS = {"voice_prerecorded": "voice"}
"""The channel of a medium that has another name."""


def content_class_of(category: str) -> str | None:
    """The content class that a category implies for the policies."""
    return {OPT_OUT_CONFIRMATION: "optout_confirmation", "reminder": "reminder"}.get(plain_name(category))


def area_code(address: str | None) -> str | None:
    """The area code of a North American number; None for any other address."""
    if address is None or not address.startswith("+1") or len(address) != 12:  # noqa: PLR2004
        return None
    return address[2:5]
