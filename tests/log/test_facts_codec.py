"""Facts in the log: nothing is lost, what is alike is written once, and what earlier releases wrote is read
as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import orjson
import pytest

from policies.facts import Borrower, Event, Facts, Inconvenient, Kin, Proposal
from service.log.facts_codec import decode_facts, encode_facts, readable

AT = datetime(2026, 11, 29, 12, 0, 0, 123456, tzinfo=UTC)


def own(number: int, **further: object) -> Event:
    """A contact of ours."""
    values = {"channel": "sms", "outcome": "delivered", "debt_ids": ("L-1",), "account_id": "A-1"} | further
    return Event(
        type="contact",
        at=AT - timedelta(hours=number, microseconds=number),
        creditor="first-inclusive-bank",
        category="collection",
        address="ab" * 32,
        event_id=f"{7_400_000_000_000_000_000 + number}.sms.1",
        **values,  # type: ignore[arg-type]
    )


def facts(*events: Event) -> Facts:
    """Facts with these events."""
    return Facts(
        borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}, days_past_due=20),
        debt_ids=("L-1",),
        events=events,
        proposal=Proposal(channel="sms", creditor="first-inclusive-bank", elements=("contact_phone",)),
        holidays=frozenset({date(2026, 12, 25)}),
    )


def written(some: Facts) -> bytes:
    """As the entry holds them."""
    return orjson.dumps(encode_facts(some), option=orjson.OPT_SORT_KEYS)


def read(text: bytes) -> Facts:
    """As a replay reads them, the events in one order."""
    return in_order(decode_facts(orjson.loads(text)))


def in_order(some: Facts) -> Facts:
    """The order of events is no fact."""
    return replace(some, events=tuple(sorted(some.events, key=lambda one: (one.at, repr(one)))))


REPORTED = tuple(
    Event(type="payment", at=AT - timedelta(days=day), event_id=f"core-{day}", recorded=100 + day)
    for day in range(5)
)
ODD = (
    Event(type="contact", at=AT, channel="sms", event_id="00012.sms.1"),
    Event(type="contact", at=AT - timedelta(days=1), channel="sms", event_id="12.sms.1"),
    Event(type="contact", at=AT - timedelta(days=2), channel="sms", event_id="١٢.sms.1"),
    Event(type="contact", at=AT - timedelta(days=3), channel="sms", event_id=f"{2**63}.sms.1"),
    Event(type="contact", at=AT - timedelta(days=4), channel="sms", event_id=".sms.1"),
    Event(type="contact", at=AT - timedelta(days=5), channel="sms"),
    Event(type="contact", at=AT - timedelta(days=6), channel="sms", event_id="-5.sms.1"),
    Event(type="contact", at=AT - timedelta(days=7), channel="sms", event_id=" 5.sms.1"),
)
RICH = Event(
    type="designation",
    at=AT,
    event_id="d-1",
    recorded=7,
    only_dates=(date(2026, 12, 1),),
    inconvenient=(Inconvenient(days=("mon",), start=time(9), end=time(10)),),
    start=time(8),
    end=time(12),
    until=date(2027, 1, 1),
    expires_at=AT + timedelta(days=9),
)


@pytest.mark.parametrize(
    "events",
    [
        (),
        (own(1),),
        tuple(own(number) for number in range(30)),
        (*map(own, range(9)), *(own(number, outcome="bounced", wrong_party=True) for number in range(9, 12))),
        REPORTED,
        ODD,
        (RICH, replace(RICH, at=AT - timedelta(days=1), event_id="d-2"), *REPORTED, *map(own, range(3))),
    ],
)
def test_what_was_written_is_read_again(events: tuple[Event, ...]) -> None:
    """Every field of every event, however many are alike, and whatever their ids look like."""
    some = facts(*events)
    assert in_order(some) == read(written(some))


def test_one_contact_more_costs_a_few_bytes() -> None:
    """Contacts that are alike are told apart by an instant and a number; reported ones by their ids too."""
    few, many = (len(written(facts(*map(own, range(count))))) for count in (10, 30))
    assert (many - few) / 20 <= 22


def test_people_read_every_event_in_full() -> None:
    """Whoever reads the log sees the same events, whether they were written together or one by one."""
    events = tuple(own(number) for number in (3, 2, 1))
    document = readable(orjson.loads(written(facts(*events))))
    in_full = [{"at": one.at.isoformat(), **one.to_document()} for one in events]
    assert ({"borrower", "debts", "events", "holidays", "proposal"}, in_full) == (
        set(document),
        [{**one, "debt_ids": ["L-1"]} for one in document["events"]],
    )


def test_an_entry_of_an_earlier_release_is_read_as_it_was() -> None:
    """Then every event stood there in full."""
    some = facts(*map(own, range(4)), RICH)
    document = encode_facts(facts()) | {
        "events": [{"at": one.at.isoformat(), **one.to_document()} for one in some.events]
    }
    assert in_order(some) == read(orjson.dumps(document))


def kin(end: str = ".sms.1", **further: object) -> Kin:
    """Contacts of ours that the store gives together."""
    values = {"channel": "sms", "outcome": "delivered", "debt_ids": ("L-1",), "account_id": None} | further
    return Kin(end, type="contact", creditor="first-inclusive-bank", wrong_party=False, **values)


def plain(event: Event) -> Event:
    """The same event, made alone."""
    return replace(event)


INSTANTS = [AT - timedelta(hours=number, microseconds=number) for number in range(7)]
NUMBERS = [7_400_000_000_000_000_000 + number for number in range(7)]


def test_events_that_are_made_together_are_the_events_that_each_alone_would_be() -> None:
    for event, at, number in zip(kin().events(INSTANTS, NUMBERS), INSTANTS, NUMBERS, strict=True):
        alone = Event(
            type="contact",
            at=at,
            channel="sms",
            outcome="delivered",
            debt_ids=("L-1",),
            creditor="first-inclusive-bank",
            event_id=f"{number}.sms.1",
        )
        assert event == alone == plain(event)
        assert repr(event) == repr(alone)
        assert event.to_document() == alone.to_document()
        assert (event.kin is not None, plain(event).kin) == (True, None)


def test_a_field_that_no_event_has_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        kin(colour="red")


@pytest.mark.parametrize("many", [1, 2, 7])
def test_what_was_made_together_is_written_as_if_each_were_made_alone(many: int) -> None:
    together = (
        [
            *kin().events(INSTANTS[:many], NUMBERS[:many]),
            *kin(".voice.2", channel="voice", outcome="conversation").events(INSTANTS[:1], NUMBERS[:1]),
        ]
        if many == 1
        else [*kin().events(INSTANTS[:many], NUMBERS[:many]), *REPORTED, own(3)]
    )
    alone = [plain(event) for event in together]
    assert written(facts(*together)) == written(facts(*alone))
    assert read(written(facts(*together))) == in_order(facts(*together))
