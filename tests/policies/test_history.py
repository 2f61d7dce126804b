"""Events as documents: what is written is read again, and what is plain is not written at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.facts import (
    ADDRESS_KINDS,
    CHANNELS,
    CONTENT_CLASSES,
    DAYS,
    EVENT_TYPES,
    OUTCOMES,
    RECIPIENTS,
    Event,
    Inconvenient,
)
from policies.view import View
from tests.policies.asking import AT, HOUR, MINUTE, call, event, facts

minutes = st.times().map(lambda one: one.replace(second=0, microsecond=0))
text = st.none() | st.text(max_size=8)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn
dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))
events = st.builds(
    Event,
    type=st.sampled_from(EVENT_TYPES),
    at=instants,
    channel=st.none() | st.sampled_from(CHANNELS),
    direction=st.just("out"),
    outcome=st.none() | st.sampled_from(OUTCOMES),
    to=st.sampled_from(RECIPIENTS),
    debt_ids=st.none() | st.lists(st.text(max_size=4), max_size=3).map(tuple),
    discussed=st.none() | st.lists(st.text(max_size=4), max_size=3).map(tuple),
    account_id=text,
    content_class=st.none() | st.sampled_from(CONTENT_CLASSES),
    address_kind=st.none() | st.sampled_from(ADDRESS_KINDS),
    wrong_party=st.booleans(),
    words=text,
    only_dates=st.none() | st.lists(dates, max_size=3).map(tuple),
    inconvenient=st.lists(
        st.builds(
            Inconvenient,
            days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
            start=st.none() | minutes,
            end=st.none() | minutes,
        ),
        max_size=2,
    ).map(tuple),
    start=st.none() | minutes,
    end=st.none() | minutes,
    until=st.none() | dates,
    mailed=st.none() | dates,
    expires_at=st.none() | instants,
)


@given(events)
def test_an_event_survives_a_round_trip(one: Event) -> None:
    """From its document the same event comes back; an inbound message is inbound without being told."""
    back = Event.from_document(one.to_document(), at=one.at)
    assert (
        one
        if one.type != "inbound"
        else Event.from_document({**one.to_document(), "direction": "in"}, at=one.at)
    ) == back


def test_a_plain_event_has_a_short_document() -> None:
    """Only what differs from the plain value is written."""
    assert {"type": "cease"} == Event(type="cease", at=AT).to_document()


def test_an_event_is_read_from_the_words_of_a_document() -> None:
    """`from` and `to` of agreed hours are times; instants are kept in UTC; fields of no event and empty ones
    are left out."""
    at = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    read = Event.from_document(
        {"type": "agreed_hours", "from": "18:00", "to": time(20), "channel": None, "tz": "Asia/Kolkata"},
        at=at,
    )
    assert (
        Event(type="agreed_hours", at=datetime(2026, 7, 1, 6, 30, tzinfo=UTC), start=time(18), end=time(20))
        == read
    )
    mailed = Event.from_document(
        {"type": "notice_mailed", "mailed": date(2026, 7, 1), "until": "2026-07-02", "expires_at": at}, at=at
    )
    assert (date(2026, 7, 1), date(2026, 7, 2), at) == (mailed.mailed, mailed.until, mailed.expires_at)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("in_flight", "conversation", "conversation"),
        ("busy", "conversation", "busy"),
        ("busy", "in_flight", "busy"),
        ("in_flight", "unknown", "unknown"),
        ("unknown", "in_flight", "unknown"),
        ("unknown", "busy", "busy"),
        ("conversation", "unknown", "conversation"),
    ],
)
def test_one_contact_is_counted_once_with_what_became_of_it(first: str, second: str, expected: str) -> None:
    """Two records of one `event_id` are one contact; what was in flight is replaced by its end."""
    contacts = View(
        facts(
            call(HOUR, first, event_id="e"),
            call(HOUR - MINUTE, second, event_id="e"),
            call(event_id="f"),
            call(),
        )
    ).contacts
    assert {"e": expected, "f": "rang_no_answer", "": "rang_no_answer"} == {
        one.event_id or "": one.outcome or "" for one in contacts
    }
    assert 3 == len(contacts)


def test_contacts_stay_in_the_order_of_their_time() -> None:
    """What became of an earlier contact may be learned after a later one was made: it stands where it was
    learned."""
    contacts = View(
        facts(call(3 * HOUR, "in_flight", event_id="e"), call(2 * HOUR), call(HOUR, "busy", event_id="e"))
    ).contacts
    assert ["rang_no_answer", "busy"] == [one.outcome for one in contacts]


def test_contacts_with_a_stranger_are_not_the_borrowers() -> None:
    """A wrong number un-counts what went there before it was learned (12 CFR 1006, cmt. 14(b)(2)(i)-3)."""
    stranger, other = "+12025550101", "+12025550102"
    history = (
        call(3 * HOUR, address=stranger),
        call(3 * HOUR, address=other),
        call(HOUR, address=stranger),
        call(HOUR, wrong_party=True),
        event("wrong_number", 2 * HOUR, address=stranger),
        event("wrong_number", 2 * HOUR),
    )
    assert [other, stranger] == [one.address for one in View(facts(*history)).contacts]


def test_what_is_known_is_found_by_its_type() -> None:
    """Events of several types come in one order, and each can be asked for."""
    view = View(facts(event("cease", HOUR), event("dispute", 2 * HOUR), event("cease", 3 * HOUR)))
    assert ["cease", "dispute", "cease"] == [one.type for one in view.of("dispute", "cease")]
    assert () == view.of("payment")
