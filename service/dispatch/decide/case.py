"""The case: all that a decision is asked about, typed, put together in one place.

Whoever wants to know what may happen to a message (a worker, a preview, the timeline, an answered call) makes
a `Case` and has it judged; so all of them ask about the same facts. `EVALUATE_ONLY` names what a case file or
`POST /v1/evaluate` can say and a notice cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

from policies.binding import Binding
from policies.facts import VOICE, Borrower, Event, Facts, Proposal
from policies.fast_init import fast_init
from policies.places.whereabouts import NOWHERE, Whereabouts
from policies.policy import Policy
from policies.zones import zone
from service.model.category import OPT_OUT_CONFIRMATION, category_of, plain_name
from service.model.notice import Address
from service.store.encrypted import Profile

EVALUATE_ONLY: Mapping[str, str] = MappingProxyType(
    {
        "topic": "a notice names no topic, so that an opt-out from any topic covers it",
        "optout_notice": (
            "a template without the line that says how to opt out is refused before it can be used"
        ),
        "contains_marketing": (
            "a notice is about a debt; templates are approved by people and carry no marketing"
        ),
        "publicly_viewable": "a text, an e-mail or a call goes to one person's own address",
        "third_party_requested": "a notice goes to the borrower and to nobody else",
        "check_text_safe_harbor": (
            "a lender that relies on the safe harbour asks for it in a policy of its own"
        ),
        "time_consent": (
            "hours that the borrower agreed to are recorded as `agreed_hours`, which the rules read "
            "themselves"
        ),
        "occasion_bar": "a reason to stay silent is recorded as an event, which the rules read themselves",
        "holidays": "calendars are part of the policies",
    }
)
"""Fields of a proposal, and of the facts, that only a case file or `POST /v1/evaluate` sets, each with its
reason."""


class Law(Protocol):
    """What says which policies bind: those in force, or those that a question names."""

    def binding(
        self, where: Whereabouts, *, sender_role: str, days_past_due: int | None, at: datetime
    ) -> Binding:
        """The policies that bind such a message at `at`, and why."""

    def elements(self, *, template: str, creditor: str, medium: str) -> tuple[str, ...] | None:
        """What a template's text carries through a medium, of the elements that policies speak of; None where
        nobody looked."""


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

    def elements(self, *, template: str, creditor: str, medium: str) -> tuple[str, ...] | None:
        """Nothing is known of a text."""
        del template, creditor, medium
        return None


@fast_init
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
    in_response_to: str | None
    """The `ref` of the inbound message that the notice answers."""
    expires_at: datetime | None

    def days_past_due_at(self, at: datetime) -> int:
        """Days past due at `at`: what upstream stated, and the dates that began since where the borrower is;
        in UTC where that is not known.

        The message says this number beside the due date, so that the two must fit on the day on which it
        leaves."""
        name = next((one for some in self.where.zones.values() for one in some), None)
        begun = (_date(at, name) - _date(self.stated_at, name)).days
        return self.days_past_due + max(0, begun)


@lru_cache(maxsize=4096)
def _date(at: datetime, name: str | None) -> date:
    """The date of an instant in a zone, UTC without one. All that is claimed together is judged at one
    instant, and a message is asked about several times."""
    return at.astimezone(UTC if name is None else zone(name)).date()


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message to one borrower through one medium, with the history that counts until it is judged."""

    law: Law
    subject: Subject
    medium: str
    """How the law sees the contact: speech by a machine is `voice_prerecorded`, whatever the channel is
    called."""
    address: Address
    """To which it would go."""
    address_digest: str
    """Of that address, in hex: equal where the address is equal."""
    history: Sequence[Event]

    def facts(self, days_past_due: int | None, tier: str | None) -> Facts:
        """The facts, frozen. Every field of `Facts` and `Proposal` stands here or in EVALUATE_ONLY."""
        subject = self.subject
        given = number_given(self)
        return Facts(
            borrower=Borrower(
                zones_by_source=subject.where.zones,
                days_past_due=days_past_due,
                jurisdiction=subject.where.place,
                phone_area_code=area_code(self.address.address),
                place_warnings=subject.where.warnings,
                place_held=subject.where.held,
            ),
            debt_ids=(subject.debt_id,),
            events=tuple(self.history) if given is None else (given, *self.history),
            proposal=Proposal(
                channel=self.medium,
                to="consumer",
                sender_role=subject.sender_role,
                address=self.address_digest,
                address_kind=self.address_kind,
                category=subject.category,
                template=subject.template,
                creditor=subject.creditor,
                account_id=subject.account_id,
                content_class=content_class_of(subject.category),
                in_response_to=subject.in_response_to,
                requested_callback=subject.in_response_to is not None and asked_for_a_call(self),
                required_by_law=category_of(subject.category).required_by_law,
                tier=tier,
                elements=self.law.elements(
                    template=subject.template, creditor=subject.creditor, medium=self.medium
                ),
            ),
        )

    @property
    def address_kind(self) -> str | None:
        """As stated; unknown counts as a mobile where a machine speaks (47 CFR 64.1200(a)(1)(iii) protects
        those most), and as work for nobody."""
        return self.address.kind or ("mobile" if self.medium in MACHINE_SPEECH else None)


MACHINE_SPEECH = frozenset({"voice_prerecorded", "ringless_vm"})


def number_given(case: Case) -> Event | None:
    """A number that the borrower gave is a consent to be called about the debt that it was given for, by a
    machine too: given to the creditor it serves the creditor, and who collects for it with its record of that
    (47 CFR 64.1200(a)(1)(iii); FCC 07-232). A number that was found, or of which nobody says where it comes
    from, is none; and a debt buyer needs a consent of its own."""
    role, source = case.subject.sender_role, case.address.source
    if case.medium == "email" or role == "debt_buyer" or source not in _GIVEN:
        return None
    to_creditor = role == "original_creditor" or source == "given_to_creditor"
    return Event(
        type="number_given",
        at=case.subject.known_since,
        channel=case.medium,
        address=case.address_digest,
        given_to="creditor" if to_creditor else "collector",
        event_id="profile",
    )


_GIVEN = frozenset({"given_by_borrower", "given_to_creditor"})


def asked_for_a_call(case: Case) -> bool:
    """Whether the inbound message that this call answers asked for one, and nobody has called back yet."""
    ref, debt = case.subject.in_response_to, case.subject.debt_id
    if case.medium not in VOICE:
        return False
    asked = any(
        event.type == "inbound"
        and event.ref == ref
        and event.requested_by_consumer
        and (event.debt_ids is None or debt in event.debt_ids)
        for event in case.history
    )
    return asked and not any(
        event.type == "contact" and event.direction == "out" and event.in_response_to == ref
        for event in case.history
    )


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class StatedCase:
    """Facts that somebody states in so many words, or that an entry of the log kept; and the policies that
    are to judge them."""

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

    def facts(self, days_past_due: int | None, tier: str | None) -> Facts:
        """As stated."""
        del days_past_due, tier
        return self.stated


def content_class_of(category: str) -> str | None:
    """The content class that a category implies for the policies."""
    return _CLASSES.get(plain_name(category))


_CLASSES = {
    OPT_OUT_CONFIRMATION: "optout_confirmation",
    "reminder": "reminder",
    "hardship": "hardship_answer",
    "required_notice": "required_notice",
}


def area_code(address: str) -> str | None:
    """The area code of a North American number; None for any other address."""
    if not address.startswith("+1") or len(address) != 12:  # noqa: PLR2004
        return None
    return address[2:5]
