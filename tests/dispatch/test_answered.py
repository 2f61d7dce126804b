"""What answers a cascade: what was recorded after its notice was accepted, whatever the clocks say of those
who dated it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.receipt import Progress
from service.dispatch.decide.answered import Key, answered
from service.model.outcome import CLOCKS_APART
from service.store.events import StoredEvent
from service.store.own_contacts import OwnContacts

CASCADE = {"fan_out": "cascade", "wait": "PT6H"}
MINUTE = timedelta(minutes=1)
AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
WHO = UUID(int=7)


async def conversation(bench: Any, notice: Mapping[str, Any]) -> None:
    """A call of ours in which somebody speaks with the borrower."""
    await bench.accept(notice, "voice")
    [message] = await bench.work()
    await bench.receipt(message, Progress.DELIVERED, "conversation")


async def cascade(bench: Any, notice: Mapping[str, Any]) -> str:
    """A cascade whose mail was taken."""
    id_: str = await bench.accept(notice, "email", "sms", **CASCADE)
    assert 1 == len(await bench.work())
    return id_


async def next_state(bench: Any, id_: str) -> str:
    """What became of the text that waits for an answer to the mail."""
    bench.api.clock.move(timedelta(hours=6, minutes=20))
    await bench.work()
    return str((await bench.states(id_))["sms"])


@pytest.mark.parametrize("ahead", [0, 1, 10, 300])
async def test_a_call_that_was_over_before_the_notice_is_no_answer_however_it_is_dated(bench, plain, ahead):
    """Its worker's clock is minutes, or hours, ahead of that which accepted the notice."""
    bench.api.clock.move(ahead * MINUTE)
    await conversation(bench, plain)
    bench.api.clock.move(-ahead * MINUTE)
    id_ = await cascade(bench, plain)
    assert "accepted" == await next_state(bench, id_)


@pytest.mark.parametrize("behind", [0, 1, 10, 180])
async def test_a_call_after_the_notice_is_an_answer_however_it_is_dated(bench, plain, behind):
    """Its worker's clock is behind."""
    id_ = await cascade(bench, plain)
    bench.api.clock.move(-behind * MINUTE)
    await conversation(bench, plain)
    bench.api.clock.move(behind * MINUTE)
    assert "cancelled" == await next_state(bench, id_)


async def test_a_receipt_after_the_notice_makes_no_answer_of_a_call_before_it(bench, plain):
    """What counts is when the call was made."""
    await bench.accept(plain, "voice")
    [message] = await bench.work()
    id_ = await cascade(bench, plain)
    await bench.receipt(message, Progress.DELIVERED, "conversation")
    assert "accepted" == await next_state(bench, id_)


@pytest.mark.parametrize(
    ("minutes", "state"), [(-14, "cancelled"), (-1, "cancelled"), (0, "cancelled"), (4, "cancelled")]
)
async def test_what_is_told_after_the_notice_is_an_answer_by_clocks_that_are_a_little_wrong(
    bench, plain, minutes, state
):
    """Who reports it has a clock of their own."""
    id_ = await cascade(bench, plain)
    await bench.event("inbound", channel="sms", at=(bench.api.clock.now() + minutes * MINUTE).isoformat())
    assert state == await next_state(bench, id_)


async def test_what_was_told_before_the_notice_is_no_answer_though_it_is_dated_after_it(bench, plain):
    """By a clock that is four minutes ahead."""
    await bench.accept(plain, "sms")
    await bench.work()
    await bench.event("inbound", channel="sms", at=(bench.api.clock.now() + 4 * MINUTE).isoformat())
    id_ = await cascade(bench, plain)
    assert "accepted" == await next_state(bench, id_)


async def test_what_was_said_long_before_the_notice_and_is_told_late_is_no_answer(bench, plain):
    """A lender that hands in the calls of the week."""
    id_ = await cascade(bench, plain)
    await bench.event("inbound", channel="sms", at=(bench.api.clock.now() - timedelta(days=2)).isoformat())
    assert "accepted" == await next_state(bench, id_)


async def test_what_is_said_of_another_lenders_debt_is_no_answer(bench, plain):
    """And does not tell the one what the other was told."""
    id_ = await cascade(bench, plain)
    await bench.event("plan_request", creditor="other-bank")
    await bench.event("contact", channel="voice", outcome="busy", direction="in", debt_ids=["another"])
    assert "accepted" == await next_state(bench, id_)


async def test_a_notice_of_which_nothing_went_yet_is_not_ended_by_an_answer(bench, plain):
    """There is nothing that the borrower could have answered; every rule is asked, as of any notice."""
    soon = bench.api.clock.now() + timedelta(hours=1)
    id_ = await bench.accept(plain, "email", "sms", not_before=soon.isoformat(), **CASCADE)
    await bench.event("inbound", channel="sms")
    bench.api.clock.move(timedelta(hours=1))
    assert ["email"] == [one.channel.value for one in await bench.work()]
    await bench.event("inbound", channel="sms")
    assert "cancelled" == await next_state(bench, id_)


@dataclass(frozen=True)
class Row:
    """The second channel of a cascade."""

    recorded: int | None
    notice_no: int = 5
    borrower_id: UUID = WHO
    channel: str = "sms"
    channels: tuple[str, ...] = ("email", "sms")
    attempts: int = 0
    fan_out: str = "cascade"
    creditor: str = "bank"
    debt_id: str = "L-1"
    accepted_at: datetime = AT


def calls(numbers: list[int], instants: list[datetime]) -> OwnContacts:
    """Conversations of ours, each about a notice of its own."""
    return OwnContacts(
        borrower_id=WHO, channel="voice", number=1, unknown=False, outcome="conversation", debt_id="L-1",
        account_id=None, creditor="bank", category="collection", content_class=None, wrong_party=False,
        address_digest=b"x", medium="voice", address_kind=None, in_response_to=None, requested=False,
        notices=[100 + one for one in numbers], instants=instants, recordings=numbers,
    )  # fmt: skip


def told(number: int, at: datetime, **document: Any) -> StoredEvent:
    """A message of the borrower."""
    return StoredEvent(WHO, f"e-{number}", at, "inbound", "sms", None, document, number)


FAR = st.integers(-10_000, 10_000).map(lambda one: one * MINUTE)
NEAR = st.integers(-14, 10_000).map(lambda one: one * MINUTE)
NUMBERS = st.lists(st.integers(1, 40), min_size=1, max_size=5, unique=True)


@given(NUMBERS, st.integers(1, 40), st.data())
def test_no_clock_of_a_worker_decides_whether_a_call_is_an_answer(
    numbers: list[int], accepted: int, data: st.DataObject
) -> None:
    instants = [AT + data.draw(FAR) for _ in numbers]
    found = answered([Row(accepted)], [], [calls(numbers, instants)])
    assert (max(numbers) > accepted) == (Key(WHO, 5, "sms") in found)


@given(NUMBERS, st.integers(1, 40), st.data())
def test_nor_one_that_is_a_little_wrong_whether_a_message_is(
    numbers: list[int], accepted: int, data: st.DataObject
) -> None:
    some = [told(one, AT + data.draw(NEAR)) for one in numbers]
    assert (max(numbers) > accepted) == (Key(WHO, 5, "sms") in answered([Row(accepted)], some, []))


def test_of_what_was_never_numbered_the_instants_tell() -> None:
    """Attempts and notices from before there were numbers."""
    [early, late] = (calls([1], [AT + one * MINUTE])._replace(recordings=[0]) for one in (-1, 1))
    for row in (Row(30), Row(None)):
        assert [False, True] == [bool(answered([row], [], [one])) for one in (early, late)]
    assert [False, True] == [bool(answered([Row(None)], [told(1, AT + one * MINUTE)], [])) for one in (-1, 1)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, True),
        ({"creditor": "bank"}, True),
        ({"creditor": "other"}, False),
        ({"debt_ids": ["L-1", "L-2"]}, True),
        ({"debt_ids": ["L-2"]}, False),
        ({"creditor": "bank", "debt_ids": ["L-2"]}, True),
        ({"via": "provider"}, False),
    ],
)
def test_whose_matter_it_is_is_looked_at(document: dict[str, Any], expected: bool) -> None:
    """What names neither is about everything; what a lender is told of one debt answers it for all."""
    assert expected == bool(answered([Row(3)], [told(4, AT, **document)], []))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row(3), True),
        (Row(3, channel="email"), False),
        (Row(3, channel="email", attempts=1), True),
        (Row(3, fan_out="adaptive"), True),
        (Row(3, fan_out="all"), False),
        (Row(3, borrower_id=UUID(int=8)), False),
    ],
    ids=["second", "first", "first, again", "adaptive", "every channel for itself", "somebody else"],
)
def test_only_what_follows_is_ended(row: Row, expected: bool) -> None:
    assert expected == bool(answered([row], [told(4, AT - CLOCKS_APART + MINUTE)], []))
