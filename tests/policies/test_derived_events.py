"""What the words of a message add to the history, and what follows from them."""

from __future__ import annotations

import pytest

from policies.derived_events import derived_events
from policies.facts import Event
from policies.reply_classifier import classify
from tests.policies.asking import AT

NUMBER = "+12025550101"


def said(
    words: str, channel: str | None = "sms", **fields: object
) -> list[tuple[str, str | None, str | None, str | None]]:
    """Type, channel, scope and address of what the words amount to."""
    inbound = Event(type="inbound", at=AT, channel=channel, address=NUMBER, **fields)  # type: ignore[arg-type]
    found = derived_events(inbound, classify(words, language_hint=None))
    assert all(AT == one.at and one.via == channel for one in found)
    return [(one.type, one.channel, one.scope, one.address) for one in found]


def test_an_opt_out_closes_where_it_came_from_and_every_medium_that_it_names() -> None:
    """12 CFR 1006.14(h)(1): "stop calling", sent as a text, ends calls to every number; the address is closed
    as well."""
    here = ("opt_out", "sms", "address", NUMBER)
    assert [here] == said("STOP")
    assert [here] == said("stop texting me")
    assert [here, ("opt_out", "voice", "medium", None)] == said("Stop calling me")
    assert [here, ("opt_out", "voice", "medium", None)] == said("别再打电话给我")
    assert [here, ("opt_out", "email", "medium", None)] == said("don't e-mail me")


@pytest.mark.parametrize("channel", ["voice", "voice_prerecorded"])
def test_calls_of_every_kind_are_one_medium(channel: str) -> None:
    """Said into an automatic call, it names no other medium."""
    assert [("opt_out", channel, "address", NUMBER)] == said("stop calling", channel)


def test_words_that_are_more_keep_their_debts_and_have_no_scope() -> None:
    """A cease or an attorney is about the debts that the message was about."""
    inbound = Event(type="inbound", at=AT, channel="email", debt_ids=("loan",))
    [cease] = derived_events(inbound, classify("I refuse to pay", language_hint=None))
    assert ("cease", ("loan",), None) == (cease.type, cease.debt_ids, cease.scope)
    [stop] = derived_events(inbound, classify("STOP", language_hint=None))
    assert ("opt_out", None, "address") == (stop.type, stop.debt_ids, stop.scope)


def test_a_start_gives_one_address_back() -> None:
    """And no medium."""
    assert [("opt_in", "sms", "address", NUMBER)] == said("START")


def test_a_plain_message_adds_nothing() -> None:
    """It is the message and no more."""
    assert [] == said("thank you, I will pay on the 5th")
