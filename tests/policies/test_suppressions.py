"""What was said from an address stops whatever goes there, and only who said it takes it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.facts import SUPPRESSION, Event
from policies.verdict import Kind
from tests.policies.asking import ask, policy

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HERE, THERE = "aa", "bb"
PLAIN = policy({"kind": "bar", "on": "publicly_viewable"})


def stands(source: str | None, channel: str, *, scope: str = "own", before: float = 60, **also: Any) -> Event:
    """A suppression of an address, recorded so many minutes before."""
    given: dict[str, Any] = {"address": HERE, "recorded": 5} | also
    at = AT - before * MINUTE
    return Event(type=SUPPRESSION, at=at, source=source, channel=channel, scope=scope, **given)


def later(type_: str, **also: Any) -> Event:
    """What the borrower said after it."""
    return Event(type=type_, at=AT - 30 * MINUTE, recorded=9, **also)


def judged(*events: Event, channel: str = "sms", **proposed: Any) -> Kind:
    """The verdict on a message to the address."""
    return ask(PLAIN, *events, at=AT, channel=channel, **({"address": HERE} | proposed)).kind


@pytest.mark.parametrize(
    ("event", "channel", "stopped"),
    [
        (stands("opt_out", "sms"), "sms", True),
        (stands("opt_out", "sms"), "im", True),
        (stands("opt_out", "im"), "sms", True),
        (stands("opt_out", "any"), "email", True),
        (stands("wrong_number", "voice"), "voice_prerecorded", True),
        (stands("opt_out", "sms"), "email", False),
        (stands("opt_out", "sms"), "voice", False),
        (stands("opt_out", "sms", address=THERE), "sms", False),
        (stands("dispute", "sms"), "sms", False),
        (stands(None, "sms"), "sms", False),
    ],
)
def test_a_suppression_closes_its_address_on_its_channels(event: Event, channel: str, stopped: bool) -> None:
    """Texts of every kind are one thing, and so are calls; what was said of a debt is a rule's business."""
    assert stopped is (judged(event, channel=channel) is Kind.SUPPRESS)


@pytest.mark.parametrize(
    ("event", "lift", "stopped"),
    [
        (stands("opt_out", "sms"), later("opt_in", channel="sms"), False),
        (stands("opt_out", "sms"), later("opt_in", channel="any", address=HERE), False),
        (stands("opt_out", "sms"), later("opt_in", channel="email"), True),
        (stands("opt_out", "sms"), later("opt_in", channel="sms", address=THERE), True),
        (stands("opt_out", "sms"), later("opt_in", channel="sms", debt_ids=("L-1",)), True),
        (
            stands("opt_out", "sms"),
            Event(type="opt_in", at=AT - 30 * MINUTE, recorded=4, channel="sms"),
            True,
        ),
        (stands("cease", "any"), later("cease_withdrawn"), False),
        (stands("cease", "any"), later("opt_in", channel="any"), True),
        (stands("complaint", "email"), later("opt_in", channel="email"), True),
        (stands("opt_out", "sms", scope="others"), later("opt_in", channel="sms"), True),
    ],
)
def test_only_who_said_it_takes_it_back_and_no_further_than_named(
    event: Event, lift: Event, stopped: bool
) -> None:
    """Later by its recording, for this channel and this address, and for every debt."""
    channel = "email" if event.channel == "email" else "sms"
    assert stopped is (judged(event, lift, channel=channel) is Kind.SUPPRESS)


def test_one_confirmation_follows_an_opt_out_within_its_minutes() -> None:
    """And no marketing with it, no second one, and none of anything else."""
    fresh, old = stands("opt_out", "sms", before=3), stands("opt_out", "sms", before=6)
    confirming: dict[str, Any] = {"content_class": "optout_confirmation"}
    sent = Event(
        type="contact",
        at=AT - MINUTE,
        channel="sms",
        content_class="optout_confirmation",
        outcome="delivered",
    )
    assert judged(fresh, **confirming) is Kind.ALLOW
    assert judged(old, **confirming) is Kind.SUPPRESS
    assert judged(fresh, sent, **confirming) is Kind.SUPPRESS
    assert judged(fresh, contains_marketing=True, **confirming) is Kind.SUPPRESS
    assert judged(stands("complaint", "sms", before=3), **confirming) is Kind.SUPPRESS
