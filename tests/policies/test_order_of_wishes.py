"""What lifts reaches only what it names and what was said and recorded before it; restrictions win ties; a
decision stays linear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decide import decide
from policies.facts import Borrower, Event, Facts, Inconvenient, Proposal
from policies.order import Staircase, follows, reaches
from policies.policy import Policy
from tests.lines_run import lines_run
from tests.policies.asking import said

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
HERE, THERE = "aa", "bb"
SMS: dict[str, Any] = {"channel": "sms", "address": HERE}
OPT_OUT = {"kind": "bar", "events": ["opt_out"], "lifted_by": ["opt_in"], "scope": "channel"}
CEASE = {"kind": "bar", "events": ["cease"], "lifted_by": ["cease_withdrawn"], "scope": "debt"}
WIDE = {"kind": "bar", "events": ["cease"], "lifted_by": ["cease_withdrawn"], "scope": "borrower"}


def wish(type_: str, days: float = 1, number: int | None = None, **further: Any) -> Event:
    """Something that was said so many days ago, recorded under a number."""
    return Event(type=type_, at=AT - timedelta(days=days), recorded=number, **further)


@pytest.mark.parametrize(
    ("rule", "history", "expected"),
    [
        (OPT_OUT, [wish("opt_out", 2, channel="sms"), wish("opt_in", 1, channel="sms")], "allow"),
        (OPT_OUT, [wish("opt_out", 2), wish("opt_in", 1, channel="sms", address=THERE)], "suppress"),
        (OPT_OUT, [wish("opt_out", 2, channel="any"), wish("opt_in", 1, channel="email")], "suppress"),
        (OPT_OUT, [wish("opt_out", 2, channel="any"), wish("opt_in", 1, channel="sms")], "allow"),
        (
            OPT_OUT,
            [wish("opt_out", 2, channel="any"), wish("opt_in", 1, channel="sms", address=HERE)],
            "allow",
        ),
        (OPT_OUT, [wish("opt_out", 1, channel="sms"), wish("opt_in", 1, channel="sms")], "suppress"),
        (OPT_OUT, [wish("opt_out", 2, 9, channel="sms"), wish("opt_in", 1, 8, channel="sms")], "suppress"),
        (OPT_OUT, [wish("opt_out", 1, 8, channel="sms"), wish("opt_in", 2, 9, channel="sms")], "suppress"),
        (OPT_OUT, [wish("opt_out", 2, 8, channel="sms"), wish("opt_in", 1, 9, channel="sms")], "allow"),
        (CEASE, [wish("cease", 2), wish("cease_withdrawn", 2)], "suppress"),
        (CEASE, [wish("cease", 2), wish("cease_withdrawn", 1, debt_ids=("d2",))], "suppress"),
        (CEASE, [wish("cease", 2), wish("cease_withdrawn", 1, debt_ids=("loan",))], "allow"),
        (WIDE, [wish("cease", 2), wish("cease_withdrawn", 1, debt_ids=("d2",))], "suppress"),
        (
            WIDE,
            [wish("cease", 2, debt_ids=("loan",)), wish("cease_withdrawn", 1, debt_ids=("loan",))],
            "allow",
        ),
        (WIDE, [wish("cease", 2), wish("cease_withdrawn", 1, channel="email")], "suppress"),
        (WIDE, [wish("cease", 2), wish("cease_withdrawn", 1, address=THERE)], "suppress"),
    ],
)
def test_what_lifts_reaches_as_far_as_it_names(
    rule: dict[str, Any], history: list[Event], expected: str
) -> None:
    """Channel, address and debt; dated and recorded after; never in the same instant."""
    assert expected == said(rule, *history, at=AT, **SMS)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([wish("consent", 3, 1, channel="sms"), wish("revoke_consent", 2, 2, channel="sms")], "suppress"),
        ([wish("revoke_consent", 3, 1, channel="sms"), wish("consent", 2, 2, channel="sms")], "allow"),
        ([wish("revoke_consent", 3, 2, channel="sms"), wish("consent", 2, 1, channel="sms")], "suppress"),
        ([wish("revoke_consent", 2, 1, channel="sms"), wish("consent", 2, 2, channel="sms")], "suppress"),
        ([wish("revoke_consent", 2, 1, channel="any"), wish("consent", 1, 2, channel="email")], "suppress"),
        (
            [
                wish("consent", 4, 5, channel="sms"),
                wish("opt_out", 5, 6, channel="sms"),
                wish("opt_in", 3, 7, channel="sms", address=THERE),
            ],
            "suppress",
        ),
    ],
)
def test_a_consent_is_ended_by_what_was_recorded_after_it(history: list[Event], expected: str) -> None:
    """Whatever its date: who says no later, by either order, has said no."""
    assert expected == said({"kind": "consent"}, *history, at=AT, **SMS)


CHANNELS = st.sampled_from([None, "any", "sms", "email", "voice", "voice_prerecorded"])
ADDRESSES = st.sampled_from([None, HERE, THERE])
DEBTS = st.sampled_from([None, ("loan",), ("d2",), ("loan", "d2")])
PAIRS = {"opt_out": "opt_in", "cease": "cease_withdrawn", "dispute": "dispute_resolved"}


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Wishes and what lifts them, in any order of dates and recordings."""
    count = draw(st.integers(1, 8))
    return [
        Event(
            type=draw(st.sampled_from([*PAIRS, *PAIRS.values()])),
            at=AT - draw(st.integers(1, 5)) * DAY,
            channel=draw(CHANNELS),
            address=draw(ADDRESSES),
            debt_ids=draw(DEBTS),
            recorded=number,
        )
        for number in draw(st.permutations(range(count)))
    ]


def stands(restriction: Event, history: list[Event], proposal: Proposal) -> bool:
    """The promise in its plainest form: no event that names the message was dated and recorded after the
    restriction."""
    debts = {"loan"} if restriction.debt_ids is None else {"loan"} & set(restriction.debt_ids)
    for debt in debts:
        if not any(
            one.type == PAIRS[restriction.type]
            and one.at > restriction.at
            and one.recorded is not None
            and restriction.recorded is not None
            and one.recorded > restriction.recorded
            and one.channel
            in {None, "any", proposal.channel, "voice" if "voice" in proposal.channel else "-"}
            and one.address in {None, proposal.address}
            and (one.debt_ids is None or debt in one.debt_ids)
            for one in history
        ):
            return True
    return False


@given(
    history=histories(),
    channel=st.sampled_from(["sms", "email", "voice", "voice_prerecorded"]),
    address=st.sampled_from([HERE, THERE]),
)
def test_no_lifting_event_opens_what_it_does_not_name(
    history: list[Event], channel: str, address: str
) -> None:
    """For random histories: where a restriction stands by the promise, the message is stopped."""
    proposal = Proposal(channel=channel, address=address)
    for restricting, lifting in PAIRS.items():
        scope = "channel" if restricting == "opt_out" else "debt"
        rule = {"kind": "bar", "events": [restricting], "lifted_by": [lifting], "scope": scope}
        mine = [one for one in history if one.type in {restricting, lifting}]
        standing = [
            one
            for one in mine
            if one.type == restricting and stands(one, mine, proposal) and covers(one, proposal, scope)
        ]
        expected = "suppress" if standing else "allow"
        assert expected == said(rule, *mine, at=AT, channel=channel, address=address)


def covers(one: Event, proposal: Proposal, scope: str) -> bool:
    """Whether a restriction is about the message at all."""
    if scope == "debt":
        return one.debt_ids is None or "loan" in one.debt_ids
    calls = {"voice", "voice_prerecorded"}
    same = one.channel in {None, "any", proposal.channel} or {one.channel, proposal.channel} <= calls
    return same and one.address in {None, proposal.address}


@given(
    events=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 300)), max_size=200),
    asked=st.tuples(st.integers(0, 30), st.integers(0, 300)),
)
def test_the_staircase_finds_what_a_walk_finds(events: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    """The first that is dated and recorded after."""
    lifts = [Event(type="opt_in", at=AT + at * MINUTE, recorded=number) for at, number in events]
    taken = Event(type="opt_out", at=AT + asked[0] * MINUTE, recorded=asked[1])
    assert min((one.at for one in lifts if follows(one, taken)), default=None) == Staircase(lifts).first(
        taken
    )


def test_a_confirmed_address_is_confirmed_on_every_channel() -> None:
    """It opens that address, and no other."""
    confirmed = wish("address_confirmed", channel="sms", address=HERE)
    assert reaches(confirmed, Proposal(channel="voice", address=HERE))
    assert not reaches(confirmed, Proposal(channel="sms", address=THERE))


def crowd(name: str, count: int) -> list[Event]:
    """So many events of one pattern."""

    def one(number: int, type_: str, **further: Any) -> Event:
        at = AT - timedelta(minutes=2 * count - number)
        return Event(type=type_, at=at, recorded=number, event_id=f"e{number}", **further)

    def talk(number: int) -> str | None:
        if not number % 2:
            return None
        return "conversation" if number % 5 == 0 else "rang_no_answer"

    sunday = (Inconvenient(days=("sun",)),)
    patterns = {
        "alternating": lambda n: one(n, "opt_in" if n % 2 else "opt_out", channel="sms"),
        "other addresses": lambda n: one(n, "opt_out", channel="sms", address=f"x{n}", scope="address"),
        "consent and revocation": lambda n: one(n, "consent" if n % 2 else "revoke_consent", channel="sms"),
        "disputes": lambda n: one(n, "dispute_resolved" if n % 2 else "dispute", debt_ids=("loan",)),
        "direct consents": lambda n: one(n, "consent_call" if n % 3 else "revoke_consent"),
        "calls under consents": lambda n: one(
            n, "contact" if n % 2 else "consent_call", channel="voice" if n % 2 else None, outcome=talk(n)
        ),
        "calls and revocations": lambda n: one(
            n, "contact" if n % 2 else "revoke_consent", channel="voice", outcome=talk(n)
        ),
        "designations": lambda n: one(
            n, "designation_withdrawn" if n % 2 else "designation", inconvenient=sunday
        ),
        "strangers": lambda n: one(
            n,
            "contact" if n % 2 else "wrong_number",
            channel="letter" if n % 2 else None,
            address=f"y{n // 2}",
        ),
    }
    return [patterns[name](number) for number in range(count)]


NAMES = (
    "alternating",
    "other addresses",
    "consent and revocation",
    "disputes",
    "direct consents",
    "calls under consents",
    "calls and revocations",
    "designations",
    "strangers",
)


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize("name", NAMES)
def test_the_cost_of_a_decision_grows_with_the_number_of_events_and_not_with_its_square(
    name: str, channel: str, packs: dict[str, Policy]
) -> None:
    """Ten thousand of them cost about ten times what a thousand cost."""
    bound = tuple(packs[one] for one in ("house-strict", "us-reg-f", "us-tcpa"))

    def cost(count: int) -> int:
        facts = Facts(
            borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}, days_past_due=20),
            debt_ids=("loan",),
            events=tuple(crowd(name, count)),
            proposal=Proposal(channel=channel, address=HERE, creditor="c", category="collection"),
        )
        return lines_run(lambda: decide(bound, facts, AT))

    assert cost(10_000) < 11 * cost(1_000)
