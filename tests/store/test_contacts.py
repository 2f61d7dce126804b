"""Our own contacts as the store gives them: alike together, and of old ones the latest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.store.events import Reach, _within
from service.store.own_contacts import OwnContacts

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
SINCE = AT - timedelta(days=30)


def row(days: list[int], outcome: str) -> OwnContacts:
    """Contacts so many days ago."""
    return OwnContacts(
        borrower_id=UUID(int=1),
        channel="sms",
        number=1,
        unknown=False,
        outcome=outcome,
        debt_id="L-1",
        account_id=None,
        creditor="first-inclusive-bank",
        category="collection",
        content_class=None,
        wrong_party=False,
        address_digest=b"",
        medium="sms",
        address_kind=None,
        in_response_to=None,
        requested=False,
        notices=list(range(len(days))),
        instants=[AT - timedelta(days=day) for day in days],
    )


@given(
    st.lists(st.integers(0, 90), min_size=1, max_size=30),
    st.integers(1, 12),
    st.sampled_from(["delivered", "conversation"]),
)
def test_everything_recent_the_latest_of_what_is_old_and_every_conversation(
    days: list[int], latest: int, outcome: str
) -> None:
    given_ = row(days, outcome)
    kept = _within(given_, Reach(SINCE, latest))
    every = set(zip(given_.instants, given_.notices, strict=True))
    found = list(zip(kept.instants, kept.notices, strict=True))
    assert len(found) == len(set(found))
    assert set(found) <= every
    recent = {one for one in every if one[0] >= SINCE}
    old = sorted(every - recent, reverse=True)
    must = recent | set(old if outcome == "conversation" else old[:latest])
    assert must <= set(found)
    assert len(found) <= max(len(recent) + latest, len(must))
