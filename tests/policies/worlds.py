"""Random worlds for the engine: borrowers on both sides of every kind of clock change, their histories, and
rules of every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from policies.facts import CHANNELS, DAYS, OUTCOMES, Borrower, Event, Facts, Inconvenient, Proposal

ZONES = (
    "America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "America/Phoenix",
    "Europe/London", "Europe/Berlin",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Shanghai", "Australia/Lord_Howe", "Australia/Adelaide",
    "Pacific/Chatham", "Pacific/Apia",
    "Pacific/Kiritimati", "Pacific/Niue", "Africa/Cairo", "Africa/Casablanca", "America/Nuuk",
    "Antarctica/Troll", "Asia/Beirut",
)  # fmt: skip
CHANGES = (
    "2026-03-08T07:00", "2026-11-01T06:00", "2026-03-29T01:00", "2026-10-25T01:00", "2026-04-04T15:00",
    "2026-10-03T15:30", "2026-04-23T22:00",
    "2026-10-29T21:00", "2026-02-15T02:00", "2026-03-28T22:00", "2026-10-24T22:00", "2011-12-30T10:00",
    "2018-11-04T03:00", "2018-02-18T02:00",
    "2026-12-31T12:00", "2024-02-29T00:00", "2026-07-15T12:00",
)  # fmt: skip
"""Instants around clock changes (UTC), missing and doubled midnights, a date that Samoa never had, and the
turn of a year."""
DEBTS = ("one", "two")


@dataclass(frozen=True, slots=True)
class World:
    """What is asked: some policy documents, the facts, the instant."""

    documents: tuple[dict[str, Any], ...]
    facts: Facts
    at: datetime


def _at_minutes(base: datetime, low: int, high: int) -> st.SearchStrategy[datetime]:
    return st.integers(low, high).map(lambda minutes: base + timedelta(minutes=minutes))


clock = st.builds(
    lambda hour, quarter: f"{hour:02d}:{quarter * 15:02d}", st.integers(0, 23), st.integers(0, 3)
)
spans = st.tuples(clock, clock).filter(lambda one: one[0] != one[1]).map("-".join)
counting = st.fixed_dictionaries(
    {},
    optional={
        "channels": st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=3, unique=True),
        "counts": st.sampled_from(("attempt", "ring", "messageable", "reached", "conversation", "delivered")),
        "per": st.sampled_from(("debt", "account", "creditor", "borrower", "number", "person")),
        "not_consented": st.booleans(),
    },
)
windows = st.one_of(
    st.builds(lambda days: {"consecutive_dates": days}, st.integers(1, 8)),
    st.builds(lambda hours: {"hours": hours}, st.integers(1, 100)),
    st.builds(lambda unit: {"calendar": unit}, st.sampled_from(("day", "week", "month"))),
    st.just({"ever": True}),
)


def _kind(
    name: str, required: Mapping[str, Any], optional: Mapping[str, Any]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(name), **required}, optional=dict(optional))


hours = st.dictionaries(st.sampled_from(DAYS), st.lists(spans, max_size=2), min_size=4)
with_holiday = st.tuples(hours, st.lists(spans, max_size=2)).map(lambda one: {**one[0], "holiday": one[1]})
timed = st.one_of(
    _kind("clock_window", {"hours": hours | with_holiday}, {}),
    _kind("designation", {}, {}),
    _kind(
        "cap",
        {"limit": st.integers(1, 4), "window": windows},
        {"count": counting, "active_after": st.sampled_from(("conversation", "dispute"))},
    ),
    _kind("min_gap", {"dates": st.integers(1, 5)}, {"count": counting}),
    _kind("channel_exclusivity", {}, {}),
)
eventful = st.one_of(
    _kind(
        "cool_off",
        {"dates": st.integers(1, 8)},
        {
            "lifted_by_consent": st.booleans(),
            "trigger": st.sampled_from(("conversation", "reached", "sent")),
            "per": st.sampled_from(("debt", "borrower", "account")),
        },
    ),
    _kind("cool_off", {"hours": st.integers(1, 170)}, {"lifted_by_consent": st.booleans()}),
    _kind(
        "wait_after",
        {"event": st.sampled_from(("notice_sent", "dispute")), "dates": st.integers(0, 9)},
        {"missing": st.sampled_from(("suppress", "hold", "permit")), "first": st.booleans()},
    ),
    _kind(
        "bar",
        {"events": st.just(["dispute"]), "days": st.integers(1, 9)},
        {"lifted_by": st.just(["dispute_resolved"])},
    ),
    _kind(
        "bar",
        {
            "events": st.sampled_from((["opt_out"], ["opt_out", "dispute"])),
            "lifted_by": st.sampled_from((["consent"], ["opt_in", "consent"], ["opt_in"], ["consent_call"])),
            "scope": st.sampled_from(("channel", "borrower")),
        },
        {},
    ),
    _kind(
        "consent", {}, {"accepts": st.sampled_from((["consent"], ["consent", "opt_in"], ["consent_call"]))}
    ),
    _kind("wait_after", {"event": st.just("consent"), "dates": st.integers(0, 4)}, {"first": st.booleans()}),
)
lately = st.one_of(
    _kind(
        "term_bar",
        {"events": st.just(["contact_deferred"])},
        {"scope": st.sampled_from(("borrower", "debt")), "lifted_by": st.just(["payment"])},
    ).flatmap(lambda rule: st.sampled_from(({**rule, "days": 5}, {**rule, "months": 1}))),
    _kind(
        "business_wait",
        {
            "event": st.just("notice_sent"),
            "days": st.integers(1, 5),
            "calendar": st.sampled_from(("US", "DE")),
        },
        {
            "missing": st.sampled_from(("suppress", "permit")),
            "weekend": st.just(["fri"]),
            "first": st.booleans(),
        },
    ),
    _kind(
        "required_before",
        {"events": st.just(["hardship_offered"]), "dates": st.integers(0, 3)},
        {"within_dates": st.integers(3, 9), "undone_by": st.just(["dispute"])},
    ),
    _kind(
        "dial_cap",
        {"limit": st.integers(1, 2), "window": windows.filter(lambda one: "ever" not in one)},
        {"per": st.sampled_from(("number", "debt", "borrower")), "cleared_by_answer": st.booleans()},
    ),
    _kind(
        "fatigue",
        {
            "unanswered": st.integers(1, 3),
            "within_dates": st.integers(2, 20),
            "gap_dates": st.integers(1, 3),
            "factor": st.sampled_from((1, 1.5, 2)),
            "longest_dates": st.integers(3, 8),
        },
        {"count": counting},
    ),
)
shared = st.fixed_dictionaries(
    {},
    optional={
        "when": st.builds(
            lambda channels: {"channels": channels},
            st.lists(st.sampled_from(CHANNELS), min_size=3, max_size=7, unique=True),
        ),
        "zones": st.sampled_from(("all", "address", "phone", "fixed:Asia/Kolkata")),
    },
)
inconvenient = st.builds(
    Inconvenient,
    days=st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True).map(tuple),
    start=st.none() | clock.map(time.fromisoformat),
    end=st.none() | clock.map(time.fromisoformat),
)


@st.composite
def rules(draw: st.DrawFn, base: datetime) -> dict[str, Any]:
    """One rule without its name."""
    rule = {**draw(timed | eventful | lately), **draw(shared)}
    if draw(st.integers(0, 5)) == 0:
        rule["effective"] = draw(effective(base))
    return rule


@st.composite
def effective(draw: st.DrawFn, base: datetime) -> dict[str, str]:
    """Dates of force that begin or end in the days around."""
    first = base.date() + timedelta(days=draw(st.integers(-5, 5)))
    last = first + timedelta(days=draw(st.integers(2, 9)))
    return draw(
        st.sampled_from(
            (
                {"from": first.isoformat()},
                {"until": last.isoformat()},
                {"from": first.isoformat(), "until": last.isoformat()},
            )
        )
    )


@st.composite
def events(draw: st.DrawFn, at: datetime) -> tuple[Event, ...]:
    """A history of the three weeks before."""
    when = _at_minutes(at, -20 * 1440, 0) | _at_minutes(at, -2 * 1440, 0)
    debts = st.sampled_from((None, ("one",), ("two",), ("one", "two")))
    channels = st.sampled_from((None, "any", *CHANNELS))
    contact = st.builds(
        Event,
        type=st.just("contact"),
        at=when,
        channel=st.sampled_from((*CHANNELS, "voice", "voice")),
        outcome=st.sampled_from((*OUTCOMES, "conversation", None)),
        debt_ids=debts,
        to=st.sampled_from(("consumer", "consumer", "consumer", "spouse", "relative")),
        direction=st.sampled_from(("out", "out", "out", "in")),
        address=st.sampled_from((None, "+12025550101", "+12025550102")),
        account_id=st.sampled_from((None, "a", "b")),
        creditor=st.sampled_from((None, "x", "y")),
        wrong_party=st.sampled_from((False, False, False, True)),
    )
    consent = st.builds(
        Event,
        type=st.just("consent_call"),
        at=when,
        given_to=st.sampled_from((None, "collector", "creditor")),
        expires_at=st.none() | _at_minutes(at, -1440, 3 * 1440),
        only_dates=st.none()
        | st.lists(st.integers(0, 9), min_size=1, max_size=3).map(lambda one: _dates(at, one)),
    )
    other = st.builds(
        Event,
        type=st.sampled_from(
            (
                "dispute",
                "dispute_resolved",
                "notice_sent",
                "revoke_consent",
                "designation_withdrawn",
                "hardship_offered",
                "payment",
            )
        ),
        at=when,
        debt_ids=debts,
    )
    permits = st.builds(
        Event,
        type=st.sampled_from(("consent", "consent", "opt_in", "dispute_resolved", "hardship_offered")),
        at=when,
        channel=channels,
        address=st.sampled_from((None, None, "+12025550101")),
        debt_ids=debts,
        expires_at=st.none() | _at_minutes(at, -1440, 3 * 1440),
    )
    taken = st.builds(
        Event,
        type=st.sampled_from(("opt_out", "revoke_consent")),
        at=when,
        channel=channels,
        address=st.sampled_from((None, None, "+12025550101")),
        debt_ids=debts,
    )
    deferred = st.builds(
        Event,
        type=st.just("contact_deferred"),
        at=when,
        debt_ids=debts,
        until=st.none() | st.integers(-2, 6).map(lambda days: at.date() + timedelta(days=days)),
    )
    wrong = st.builds(
        Event, type=st.just("wrong_number"), at=when, address=st.sampled_from((None, "+12025550102"))
    )
    named = st.builds(
        Event,
        type=st.just("designation"),
        at=when,
        inconvenient=st.lists(inconvenient, min_size=1, max_size=2).map(tuple),
        until=st.none() | st.integers(-2, 8).map(lambda days: at.date() + timedelta(days=days)),
    )
    return tuple(draw(st.lists(contact, max_size=6))) + tuple(
        draw(st.lists(consent | other | wrong | named | deferred | permits | taken, max_size=6))
    )


def _dates(at: datetime, days: Sequence[int]) -> tuple[date, ...]:
    return tuple(at.date() + timedelta(days=one - 4) for one in days)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Policies, facts and an instant."""
    base = datetime.fromisoformat(draw(st.sampled_from(CHANGES))).replace(tzinfo=UTC)
    at = draw(_at_minutes(base, -3 * 1440, 1440))
    zones = st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True).map(tuple)
    by_source = draw(
        st.fixed_dictionaries({"phone": zones}) | st.fixed_dictionaries({"phone": zones, "address": zones})
    )
    facts = Facts(
        borrower=Borrower(
            zones_by_source=by_source,
            debt_groups=draw(st.sampled_from(((), (("one", "three"),), (("one", "two"),)))),
        ),
        debt_ids=draw(st.sampled_from((("one",), ("three",), DEBTS))),
        events=draw(events(at)),
        proposal=Proposal(
            channel=draw(st.sampled_from(CHANNELS)),
            account_id=draw(st.sampled_from((None, "a"))),
            creditor=draw(st.sampled_from((None, "x"))),
            address=draw(st.sampled_from((None, "+12025550101"))),
            to=draw(st.sampled_from(("consumer", "consumer", "relative"))),
        ),
        holidays=frozenset(
            at.date() + timedelta(days=one) for one in draw(st.lists(st.integers(-1, 8), max_size=3))
        ),
    )
    documents = tuple(
        draw(documents_with(st.lists(rules(base), min_size=1, max_size=3), base, f"policy-{number}"))
        for number in range(draw(st.integers(1, 2)))
    )
    return World(documents, facts, at)


@st.composite
def documents_with(
    draw: st.DrawFn, given: st.SearchStrategy[list[dict[str, Any]]], base: datetime, name: str
) -> dict[str, Any]:
    """A policy document around some rules."""
    document: dict[str, Any] = {
        "name": name,
        "title": "A policy of the tests",
        "citation": "nowhere",
        "force": "house",
        "verified_on": "2026-01-01",
        "confidence": "low",
        "zones": draw(st.sampled_from(("all", "all", "address", "phone"))),
        "rules": [
            {"id": f"rule-{number}", "citation": f"§ {number}", **rule}
            for number, rule in enumerate(draw(given))
        ],
    }
    if draw(st.integers(0, 5)) == 0:
        document["effective"] = draw(effective(base))
    return document
