"""What is said from an address holds for the address: whoever has it, before, after and without a borrower,
through races and erasures."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from channels.callback import Pressed
from channels.outcome import RefusalCause, Rejected
from channels.receipt import Inbound, Progress
from service.dispatch.receive.calls import take_turn
from service.dispatch.receive.inbound import take_inbound
from service.dispatch.receive.unsubscribe import act
from service.dispatch.send.compose import UNSUBSCRIBE
from service.ids import AttemptId

NUMBER = "+12025550142"
MAILBOX = "shared@example.com"


def having(notice: dict[str, Any], borrower: str, **addresses: str) -> dict[str, Any]:
    """The notice, to a borrower with these addresses."""
    where = addresses or {"sms": NUMBER, "voice": NUMBER, "email": MAILBOX}
    return {**notice, "borrower": {**notice["borrower"], "id": borrower, "addresses": where}}


async def say(api: Any, words: str, *, number: str = NUMBER, **further: Any) -> Any:
    """A text from a number."""
    ref = f"SM{say.count:032x}"  # type: ignore[attr-defined]
    say.count += 1  # type: ignore[attr-defined]
    inbound = Inbound(provider="twilio", ref=ref, from_address=number, to_address="", words=words, **further)
    return await take_inbound(api.runtime, inbound)


say.count = 1  # type: ignore[attr-defined]


async def suppressed(bench: Any, id_: str, channel: str = "sms") -> str:
    """The rule that suppressed a delivery."""
    await bench.work()
    delivery = (await bench.read(id_))[channel]
    assert "suppressed" == delivery["state"], delivery
    [first, *_] = delivery["verdict"]["findings"]
    assert ("suppressions", "suppress") == (first["policy"], first["verdict"])
    assert first["reason"]
    assert first["citation"]
    rule: str = first["rule"]
    return rule


async def test_a_stop_of_one_borrower_holds_for_another_with_the_number(bench, plain):
    """A second loan, a new customer number: the person said stop."""
    await bench.accept(having(plain, "M-1"))
    await bench.work()
    await say(bench.api, "STOP")
    await bench.work()
    id_ = await bench.accept(having(plain, "M-2"))
    assert "opt-out" == await suppressed(bench, id_)


async def test_a_stop_from_a_number_that_nobody_has_waits_for_whoever_comes(bench, plain):
    """It is kept, and acts on the first notice to the number."""
    effect = await say(bench.api, "STOP")
    assert (0, "opt_out") == (effect.borrowers, effect.taken_for)
    id_ = await bench.accept(having(plain, "M-1"))
    assert "opt-out" == await suppressed(bench, id_)


async def test_a_stop_survives_the_erasure_and_the_new_id(bench, plain):
    """What is kept is a keyed digest."""
    await bench.accept(having(plain, "M-1"))
    await bench.work()
    assert 200 == (await bench.api.client.post("/v1/borrowers/M-1/erase")).status_code
    await say(bench.api, "STOP")
    for name in ("M-1", "M-9"):
        id_ = await bench.accept(having(plain, name), reference=name)
        assert "opt-out" == await suppressed(bench, id_)


async def test_a_stop_before_the_erasure_holds_after_it(bench, plain):
    """Also for the same id, stored again."""
    await bench.accept(having(plain, "M-1"))
    await bench.work()
    await say(bench.api, "STOP")
    assert 200 == (await bench.api.client.post("/v1/borrowers/M-1/erase")).status_code
    for name in ("M-1", "M-9"):
        id_ = await bench.accept(having(plain, name), reference=name)
        assert "opt-out" == await suppressed(bench, id_)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("stop texting me", "opt-out"),
        ("Stop contacting me", "cease"),
        ("Do not contact me again", "cease"),
        ("Wrong number", "wrong-number"),
    ],
)
async def test_other_wishes_hold_for_the_number_too(bench, plain, words, rule):
    """Whatever they are called."""
    await bench.accept(having(plain, "M-1"))
    await bench.work()
    await say(bench.api, words)
    await bench.work()
    id_ = await bench.accept(having(plain, "M-2"))
    assert rule == await suppressed(bench, id_)


@pytest.mark.parametrize("words", ["stop contacting me", "wrong number"])
async def test_a_cease_and_a_wrong_number_close_calls_to_the_number(bench, plain, words):
    """Not the channel that they came through alone."""
    await say(bench.api, words)
    id_ = await bench.accept(having(plain, "M-2"), "voice")
    await suppressed(bench, id_, "voice")


async def test_a_stop_by_text_leaves_the_mailbox_open(bench, plain):
    """A channel is closed, not the person."""
    await say(bench.api, "STOP")
    id_ = await bench.accept(having(plain, "M-2"), "sms", "email", fan_out="all")
    await bench.work()
    assert {"sms": "suppressed", "email": "accepted"} == await bench.states(id_)


@pytest.mark.parametrize(
    "words", ["I have a lawyer, talk to my attorney", "I dispute this debt", "I filed for bankruptcy"]
)
async def test_what_is_said_about_debts_is_found_through_the_address(bench, plain, words):
    """Under a new id the person is the same: the policies judge it as their own word."""
    await bench.accept(having(plain, "M-1"))
    await bench.work()
    await say(bench.api, words)
    for channel in ("sms", "voice"):
        id_ = await bench.accept(having(plain, "M-2"), channel, reference=channel)
        await bench.work()
        assert (await bench.states(id_))[channel] in {"suppressed", "held"}


async def test_the_unsubscribe_link_closes_the_mailbox_for_all(bench, plain):
    """List-Unsubscribe, clicked in a mail to one borrower."""
    await bench.accept(having(plain, "M-1"), "email")
    [message] = await bench.work()
    await act(bench.api.runtime, bench.api.runtime.vault.sign(UNSUBSCRIBE, message.attempt_id), via="page")
    id_ = await bench.accept(having(plain, "M-2", email=MAILBOX.upper()), "email")
    assert "opt-out" == await suppressed(bench, id_, "email")


async def test_the_key_that_ends_calls_ends_them_for_the_number(bench, plain):
    """The call said that it would."""
    await bench.accept(having(plain, "M-1"), "voice")
    [message] = await bench.work()
    attempt = AttemptId.parse(message.attempt_id)
    assert attempt is not None
    turn = Pressed(ref="CA" + "1" * 32, key="9")
    await take_turn(bench.api.runtime, attempt, turn, provider="scripted")
    id_ = await bench.accept(having(plain, "M-2"), "voice", "sms", fan_out="all")
    assert "opt-out" == await suppressed(bench, id_, "voice")
    assert "accepted" == (await bench.states(id_))["sms"]


@pytest.mark.parametrize(
    ("cause", "rule"), [(RefusalCause.OPTED_OUT, "opt-out"), (RefusalCause.ADDRESS, "dead-address")]
)
async def test_what_a_provider_refuses_holds_for_the_number(bench, plain, cause, rule):
    """Its own list of opt-outs, and numbers that are none; and the log says so."""
    await bench.accept(having(plain, "M-1"))
    bench.providers["sms"].answers = [Rejected(cause=cause, code="21610", reason="no")]
    await bench.work()
    assert 1 == (await bench.log(kind="event.recorded")).count("event.recorded")
    id_ = await bench.accept(having(plain, "M-2"))
    assert rule == await suppressed(bench, id_)


@pytest.mark.parametrize("told", [{"opted_out": True}, {"address_dead": True}])
async def test_what_a_receipt_tells_holds_for_the_number_and_is_in_the_log(bench, plain, told):
    """A receipt records an event as everything else does."""
    await bench.accept(having(plain, "M-1"))
    [message] = await bench.work()
    await bench.receipt(message, Progress.UNDELIVERED, "bounced", **told)
    assert ["event.recorded"] == await bench.log(kind="event.recorded")
    assert ["suppression.added"] == await bench.log(kind="suppression.added")
    id_ = await bench.accept(having(plain, "M-2"))
    await suppressed(bench, id_)


async def test_start_from_the_number_opens_it_for_all(bench, plain):
    """Who has the number said both."""
    await bench.accept(having(plain, "M-1"))
    await bench.work()
    await say(bench.api, "STOP")
    await bench.work()
    bench.api.clock.move(timedelta(minutes=10))
    await say(bench.api, "START")
    assert ["suppression.lifted"] == await bench.log(kind="suppression.lifted")
    id_ = await bench.accept(having(plain, "M-2"))
    await bench.work()
    assert {"sms": "accepted"} == await bench.states(id_)


async def test_an_opt_in_of_the_one_who_said_it_opens_it_for_that_one_alone(bench, plain):
    """A wish said by one is never passed by the other."""
    await bench.accept(having(plain, "M-1"))
    await bench.work()
    await say(bench.api, "STOP")
    await bench.work()
    bench.api.clock.move(timedelta(minutes=10))
    mine = await bench.accept(having(plain, "M-1"), reference="mine")
    await bench.event("opt_in", borrower="M-1", channel="sms", address=NUMBER)
    other = await bench.accept(having(plain, "M-2"), reference="other")
    await bench.event("opt_in", borrower="M-2", channel="sms", address=NUMBER)
    await bench.work()
    assert {"sms": "accepted"} == await bench.states(mine)
    assert {"sms": "suppressed"} == await bench.states(other)
    bench.api.clock.move(timedelta(minutes=10))
    await say(bench.api, "STOP")
    again = await bench.accept(having(plain, "M-1"), reference="again")
    await suppressed(bench, again)


async def test_a_stop_before_the_mark_is_never_passed(bench, plain):
    """Decided, and not dialed yet; the number was another borrower's, or nobody's."""
    await bench.accept(having(plain, "M-2"))
    round_ = await bench.decide()
    assert 1 == len(round_.reserved)
    await say(bench.api, "STOP")
    assert [] == await bench.dial(round_)
    await bench.work()
    assert [] == bench.providers["sms"].book


async def test_a_stop_that_finds_the_borrower_only_afterwards_is_not_passed_either(bench, plain, monkeypatch):
    """The process that took it dies before it looks for others: the mark sees the suppression by itself."""
    await bench.accept(having(plain, "M-2"))

    async def nobody(*_: Any) -> list[Any]:
        return []

    async def die(*_: Any) -> None:
        return None

    round_ = await bench.decide()
    monkeypatch.setattr("service.store.borrowers.with_address", nobody)
    monkeypatch.setattr("service.dispatch.receive.inbound.reach_others", die)
    await say(bench.api, "STOP")
    assert [] == await bench.dial(round_)


async def test_intake_and_a_stop_at_once_in_any_order(bench, plain):
    """Ten new borrowers with the number while it is stopped: whatever came first, nothing leaves after the
    answer to the stop."""
    await asyncio.gather(
        *(bench.accept(having(plain, f"M-{number}"), reference=str(number)) for number in range(5)),
        say(bench.api, "STOP"),
        *(bench.accept(having(plain, f"N-{number}"), reference=str(number)) for number in range(5)),
    )
    await bench.work()
    assert [] == bench.providers["sms"].book


async def test_an_address_that_is_confirmed_is_open_again_but_not_for_an_opt_out(bench, plain):
    """`address_confirmed` lifts wrong number, reassigned and dead address."""
    await say(bench.api, "wrong number")
    await bench.accept(having(plain, "M-1"), "email")
    await bench.event("rnd_check", borrower="M-1", result="reassigned", address=NUMBER)
    bench.api.clock.move(timedelta(minutes=10))
    closed = await bench.accept(having(plain, "M-2"), reference="closed")
    await suppressed(bench, closed)
    await bench.event("address_confirmed", borrower="M-2", channel="sms", address=NUMBER)
    assert ["suppression.lifted"] * 2 == await bench.log(kind="suppression.lifted")
    opened = await bench.accept(having(plain, "M-2"), reference="opened")
    await bench.work()
    assert {"sms": "accepted"} == await bench.states(opened)
    await say(bench.api, "STOP")
    bench.api.clock.move(timedelta(minutes=10))
    await bench.event("address_confirmed", borrower="M-2", channel="sms", address=NUMBER)
    again = await bench.accept(having(plain, "M-2"), reference="again")
    assert "opt-out" == await suppressed(bench, again)


@pytest.mark.parametrize("first", ["M-2", "nobody"])
async def test_who_says_the_same_and_takes_it_back_opens_nothing_that_another_said(bench, plain, first):
    """The number is stopped by another borrower, or by somebody unknown; then one who has it stops it too,
    and opts in again."""
    if first == "nobody":
        await say(bench.api, "STOP")
    else:
        await bench.accept(having(plain, first, sms=NUMBER))
        await bench.event("opt_out", borrower=first, channel="sms", address=NUMBER)
    bench.api.clock.move(timedelta(minutes=7))
    await bench.accept(having(plain, "M-1", sms=NUMBER), reference="before")
    await bench.event("opt_out", borrower="M-1", channel="sms", address=NUMBER)
    bench.api.clock.move(timedelta(minutes=7))
    await bench.event("opt_in", borrower="M-1", channel="sms", address=NUMBER)
    bench.api.clock.move(timedelta(minutes=7))
    assert "opt-out" == await suppressed(bench, await bench.accept(having(plain, "M-1", sms=NUMBER)))
    await say(bench.api, "START")
    bench.api.clock.move(timedelta(minutes=7))
    opened = await bench.accept(having(plain, "M-1", sms=NUMBER), reference="opened")
    await bench.work()
    assert {"sms": "accepted"} == await bench.states(opened)


async def test_who_said_it_more_than_once_takes_all_of_it_back(bench, plain):
    await bench.accept(having(plain, "M-1", sms=NUMBER), reference="before")
    for _ in range(2):
        await say(bench.api, "STOP")
        bench.api.clock.move(timedelta(minutes=7))
    await bench.event("opt_in", borrower="M-1", channel="sms", address=NUMBER)
    bench.api.clock.move(timedelta(minutes=7))
    opened = await bench.accept(having(plain, "M-1", sms=NUMBER), reference="opened")
    await bench.work()
    assert {"sms": "accepted"} == await bench.states(opened)


@pytest.mark.parametrize("seed", range(12))
async def test_in_any_order_of_time_a_wish_said_by_one_is_never_passed_by_the_other(bench, plain, seed):
    """Two ids with one number, in a random order of notices, erasures, opt-ins and moves around a stop: after
    it nobody is texted but with the one confirmation."""
    chance = random.Random(seed)
    steps = [
        "accept M-1",
        "accept M-2",
        "accept M-3",
        "erase M-1",
        "erase M-2",
        "in M-1",
        "in M-2",
        "move",
        "work",
    ] * 2
    chance.shuffle(steps)
    place = chance.randrange(len(steps))
    steps.insert(place, "stop")
    stopped: int | None = None
    said_by: set[str] = set()
    known: set[str] = set()
    for number, step in enumerate(steps):
        bench.api.clock.move(timedelta(minutes=7))
        verb, _, name = step.partition(" ")
        if verb == "accept":
            await bench.accept(having(plain, name, sms=NUMBER), reference=str(number))
            known.add(name)
        elif verb == "erase" and name in known:
            assert 200 == (await bench.api.client.post(f"/v1/borrowers/{name}/erase")).status_code
            known.discard(name)
        elif verb == "in" and name in known and name not in said_by:
            await bench.event("opt_in", borrower=name, channel="sms", address=NUMBER)
        elif verb == "move":
            bench.api.clock.move(timedelta(minutes=30))
        elif verb == "stop":
            await say(bench.api, "STOP")
            said_by, stopped = set(known), len(bench.providers["sms"].book)
        elif verb == "work":
            await bench.work()
    await bench.work()
    assert stopped is not None
    later = bench.providers["sms"].book[stopped:]
    assert all("confirmed" in message.content.body for message in later), [one.content.body for one in later]
    assert len(later) <= 1
