"""Who somebody is changes no choice: the same notice, through all that a claim does with it, for whatever
name, language, place on the same clock, address and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.binding import Binding
from policies.evidence import Evidence
from policies.facts import Event
from policies.places.whereabouts import whereabouts
from policies.policy import Policy
from service.dispatch.decide.chosen import Claim, Plans, plans_of
from service.dispatch.decide.decrypted import Decrypted, case_of, subject_of
from service.dispatch.runtime import Runtime
from service.model.notice import Address, Debt
from service.store.encrypted import Profile
from service.store.queue import Claimed
from tests.learning.lender import BANK
from tests.learning.test_choosing import active

AT = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
"""Half past eight in New York: every part of the day is to come."""
NUMBERS = 8
"""Notices of which some are in the hold-out and some not."""
PLACES = ("US", "US-NY", "US-MA", "US-FL", "US-NJ", "US-GA", "US-PA")
"""Where New York's clock is kept; the house's rules alone bind here, so that the same is open."""


class Digests:
    """Of addresses, as a vault makes them."""

    def address_digest(self, address: str) -> bytes:
        """Another one for each address."""
        return address.encode()


def runtime(packs: Mapping[str, Policy]) -> Runtime:
    """As much of a process as a plan asks for."""
    house = Binding((packs["house-strict"],))
    in_force = SimpleNamespace(
        learned={BANK: active()},
        binding=lambda *_, **__: house,
        elements=lambda **_: None,
    )
    media = {"sms": "sms", "email": "email", "voice": "voice_prerecorded"}
    return cast("Runtime", SimpleNamespace(in_force=in_force, media=media, vault=Digests()))


PERSON: dict[str, Any] = {
    "name": "Ana Ruiz", "language": "en-US", "jurisdiction": "US", "postal_code": None, "number": 1,
    "kind": None, "source": None, "principal": Decimal("12000.00"), "amount_due": Decimal("431.25"),
    "late_fees": Decimal("15.00"), "currency": "USD",
}  # fmt: skip
AMOUNTS = st.decimals(0, 10**7, places=2, allow_nan=False)
OTHERS = st.fixed_dictionaries(
    {
        "name": st.text(max_size=30),
        "language": st.sampled_from(["en-US", "es-MX", "zh-CN", "ar", "ht"]),
        "jurisdiction": st.sampled_from(PLACES),
        "postal_code": st.one_of(st.none(), st.sampled_from(["10001", "02108", "33101", "07302"])),
        "number": st.integers(0, 99),
        "kind": st.sampled_from([None, "mobile", "home_landline", "personal"]),
        "source": st.sampled_from([None, "given_by_borrower", "given_to_creditor", "skip_trace"]),
        "principal": AMOUNTS,
        "amount_due": AMOUNTS,
        "late_fees": AMOUNTS,
        "currency": st.sampled_from(["USD", "EUR", "CNY", "KWD"]),
    }
)


def claim(running: Runtime, number: int, who: Mapping[str, Any], history: list[Event]) -> Claim:
    """An adaptive notice of that number at its first claim, to somebody like that."""
    phone = Address(f"+12025550{100 + who['number']}", kind=who["kind"], source=who["source"])
    mailbox = Address(f"box{who['number']}@example.com", source=who["source"])
    profile = Profile(
        id="x",
        name=who["name"],
        postal_code=who["postal_code"],
        addresses={"sms": phone, "email": mailbox, "voice": phone},
    )
    row = Claimed(
        borrower_id=UUID(int=number), notice_no=7, channel="sms", state="due", due_at=AT, attempts=0,
        failures=0, deferrals=0, expires_at=AT + timedelta(days=7), priority=4, released_by=None,
        accepted_at=AT, creditor=BANK, category="collection", template="overdue-reminder",
        template_version=1, sender_role="original_creditor", fan_out="adaptive",
        channels=("sms", "email", "voice"), wait=timedelta(days=1), debt_id="L-1", account_id=None,
        days_past_due=22, cancelled_at=None, overtaken_by=None, notice_encrypted=b"", sender="",
        data_key=b"k", encrypted=b"", profile_digest=b"", language=who["language"],
        jurisdiction=who["jurisdiction"], country="US", time_zone="America/New_York",
        created_at=AT - timedelta(days=9), revision=1, shares=None, traceparent=None, recorded=1,
    )  # fmt: skip
    debt = Debt(
        id="L-1", account_id=None, creditor=BANK, currency=who["currency"], principal=who["principal"],
        due_on=AT.date() - timedelta(days=22), days_past_due=22, amount_due=who["amount_due"],
        late_fees=who["late_fees"],
    )  # fmt: skip
    where = whereabouts(Evidence(stated=who["jurisdiction"], country="US", time_zone="America/New_York"))
    subject = subject_of(row, row, profile, where, expires_at=row.expires_at)
    case = case_of(running, subject, row.channel, history)
    assert case is not None
    return Claim(row, Decrypted(data_key=b"k", debt=debt, subject=subject), case)


HISTORY = [
    Event(
        type="contact",
        at=AT - timedelta(days=20 - 5 * number),
        channel="sms",
        outcome="delivered",
        creditor=BANK,
        debt_ids=("L-1",),
        event_id=str(number),
    )
    for number in range(3)
]


def planned(packs: Mapping[str, Policy], who: Mapping[str, Any], *further: Event) -> list[tuple[object, ...]]:
    """What becomes of each notice."""
    running, histories = runtime(packs), {UUID(int=one): [*HISTORY, *further] for one in range(NUMBERS)}
    claims = [claim(running, one, who, histories[UUID(int=one)]) for one in range(NUMBERS)]
    found: Plans = plans_of(running, claims, histories, AT)
    return [
        (
            one.claim.row.borrower_id,
            made.group,
            made.segment,
            made.allowed,
            made.choice,
            made.due_at,
            made.seen,
        )
        for one in found.every
        for made in [one.plan]
    ]


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(OTHERS)
def test_the_same_notice_of_somebody_else_is_chosen_for_alike(
    packs: Mapping[str, Policy], who: dict[str, Any]
) -> None:
    mine = planned(packs, PERSON)
    assert {"learned", "holdout"} >= {group for _, group, *_ in mine}
    assert NUMBERS == len(mine)
    assert mine == planned(packs, who)


def test_what_a_choice_looks_at_does_change_it(packs: Mapping[str, Policy]) -> None:
    """So that the test above is of some use: another answer on another channel is another segment."""
    answered = Event(
        type="inbound", at=AT - timedelta(days=1), channel="email", direction="in", creditor=BANK
    )
    before, after = planned(packs, PERSON), planned(packs, PERSON, answered)
    assert {one[2] for one in before} != {one[2] for one in after}
