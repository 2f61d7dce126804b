"""Outcomes that nobody knows: counted, asked about, held for a person, never sent again blindly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from channels.adapter import CannotTell, Found
from channels.outcome import Busy, Unknown
from channels.receipt import Progress, Receipt
from policies.facts import OUTCOMES, Event
from service.dispatch.decide.facts import events_of
from service.dispatch.decide.reserved import first_communication
from service.dispatch.send.settle import Sent, settle
from service.ids import NoticeId
from service.store import queue
from service.store.events import Reach, facts

GONE = Unknown(code="timeout", reason="no answer in time after the request was written")


def found(progress: Progress, outcome: str | None) -> Found:
    """What a provider's list shows."""
    receipt = Receipt(
        provider="scripted",
        ref="SM9",
        progress=progress,
        outcome=outcome,
        code=None,
        reason="",
        digest=f"look{progress}",
    )
    return Found(receipt=receipt)


async def look(bench, times: int = 1) -> None:
    """Let the next look-ups fall due, and make them."""
    for _ in range(times):
        bench.api.clock.move(timedelta(hours=1))
        await bench.sweep()


async def test_a_time_out_after_the_request_was_written_counts_and_is_not_repeated(bench, plain):
    """Unknown: nothing more is sent; it takes a slot under the cap."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [GONE]
    assert 1 == len(await bench.work())
    assert [] == await bench.work()
    assert {"sms": "unknown"} == await bench.states(id_)
    for number in range(3):
        await bench.accept(plain, reference=str(number))
    assert 2 == len(await bench.work())


async def test_the_provider_is_asked_and_knows(bench, plain):
    """Delivered, by look-up, with the instant since which it may be ours and the ids that others own."""
    await bench.accept(plain)
    await bench.work()
    id_ = await bench.accept(plain, reference="2")
    bench.providers["sms"].answers = [GONE]
    await bench.work()
    bench.providers["sms"].sightings = [found(Progress.DELIVERED, "delivered")] * 2
    await look(bench)
    assert {"sms": "delivered"} == await bench.states(id_)
    [sought] = [one for one in bench.providers["sms"].sought if one.ref is None]
    assert frozenset({"sms-1"}) == sought.known_refs


async def test_two_attempts_are_not_found_to_be_the_same_message(bench, plain):
    """The provider's list has one; the other attempt goes on being asked about."""
    for number in range(2):
        await bench.accept(plain, reference=str(number))
    bench.providers["sms"].answers = [GONE, GONE]
    await bench.work()
    bench.providers["sms"].sightings = [found(Progress.DELIVERED, "delivered")] * 2
    await look(bench)
    async with bench.api.runtime.database.connection() as connection:
        states = [row["state"] for row in await connection.fetch("SELECT state FROM attempts ORDER BY state")]
    assert ["delivered", "unknown"] == states


async def test_a_late_receipt_settles_an_unknown_attempt(bench, plain):
    """By the signed id in its URL."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [GONE]
    [message] = await bench.work()
    await bench.receipt(message, Progress.DELIVERED, "delivered")
    assert {"sms": "delivered"} == await bench.states(id_)


async def test_what_the_provider_does_not_know_is_held_for_a_person_who_releases_it(bench, plain):
    """Asked four times; then a hold with its reason; a person decides, and the log has both."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [GONE]
    await bench.work()
    await look(bench, 4)
    assert {"sms": "held"} == await bench.states(id_)
    holds = (await bench.api.client.get("/v1/holds")).json()["items"]
    assert [True] == [one["may_have_gone"] for one in holds]
    body = {
        "deliveries": [holds[0]["delivery"]],
        "reason": "the borrower says that nothing came",
        "how": "decide_again",
    }
    answer = await bench.api.client.post("/v1/holds/release", json=body)
    assert answer.is_success, answer.text
    assert 1 == len(await bench.work())
    assert ["delivery.held", "delivery.released"] == [
        kind for kind in await bench.log(notice=id_) if kind.startswith("delivery.")
    ]


@pytest.mark.parametrize(("how", "state"), [("close", "undelivered"), ("delivered", "delivered")])
async def test_a_person_may_close_a_hold(bench, plain, how, state):
    """Without sending anything."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [GONE]
    await bench.work()
    bench.providers["sms"].sightings = [CannotTell(reason="several candidates")]
    await look(bench)
    body = {"deliveries": [f"{id_}.sms"], "reason": "seen at the provider", "how": how}
    assert (await bench.api.client.post("/v1/holds/release", json=body)).is_success
    assert {"sms": state} == await bench.states(id_)
    assert [] == await bench.work()


async def test_a_fraud_alert_is_sent_twice_rather_than_never_and_the_log_says_so(bench, plain):
    """The category's own rule."""
    alert = {
        "name": "fraud-alert",
        "categories": ["fraud_alert"],
        "languages": {
            "en": {"sms": "{{ creditor_name }}: was that you? {{ contact }}. Reply STOP to end texts."}
        },
    }
    await bench.api.template(alert)
    id_ = await bench.accept(plain, category="fraud_alert", template="fraud-alert")
    bench.providers["sms"].answers = [GONE]
    assert 1 == len(await bench.work())
    await look(bench, 4)
    assert 1 == len(await bench.work())
    assert "delivery.resent" in await bench.log(notice=id_)


async def test_a_worker_that_died_before_the_mark_loses_nothing_and_sends_nothing_twice(bench, plain):
    """Reserved, lease lapsed: the slot is free, the delivery due again."""
    id_ = await bench.accept(plain)
    await bench.decide(lease_seconds=0)
    await bench.sweep()
    assert {"sms": "due"} == await bench.states(id_)
    assert 1 == len(await bench.work())


async def test_a_worker_that_died_after_the_mark_leaves_an_unknown_attempt(bench, plain):
    """Dialing, lease lapsed: it may have gone."""
    id_ = await bench.accept(plain)
    await bench.dial(await bench.decide(lease_seconds=0.4), send_within=0)
    async with bench.api.runtime.database.connection() as connection:
        await connection.execute("SELECT pg_sleep(0.5)")
    await bench.sweep()
    assert {"sms": "unknown"} == await bench.states(id_)
    assert [] == await bench.work()
    assert "attempt.unknown" in await bench.log(notice=id_)


async def test_an_outcome_that_comes_after_its_lease_lapsed_is_still_taken(bench, plain):
    """The worker was slow, not dead."""
    id_ = await bench.accept(plain)
    dialed = await bench.dial(await bench.decide(lease_seconds=0.4), send_within=0)
    async with bench.api.runtime.database.connection() as connection:
        await connection.execute("SELECT pg_sleep(0.5)")
    await bench.sweep()
    await settle(bench.api.runtime, await bench.send(dialed))
    assert {"sms": "accepted"} == await bench.states(id_)


async def test_a_mark_is_refused_once_the_lease_is_lost(bench, plain):
    """A slow worker wakes up after another has taken the delivery: it sends nothing."""
    await bench.accept(plain)
    slow = await bench.decide(lease_seconds=0)
    await bench.sweep()
    quick = await bench.decide()
    assert 1 == len(await bench.dial(quick))
    assert [] == await bench.dial(slow)


async def test_an_accepted_message_without_a_receipt_is_asked_about_and_then_held(bench, plain):
    """The provider accepted it and never says what became of it. An e-mail stays accepted: no bounce, no
    further word is owed."""
    id_ = await bench.accept(plain, "sms", "email")
    await bench.work()
    for _ in range(6):
        bench.api.clock.move(timedelta(hours=13))
        await bench.sweep()
        await bench.sweep()
    assert {"sms": "held", "email": "accepted"} == await bench.states(id_)


async def test_settling_twice_changes_nothing(bench, plain):
    """A reply to COMMIT was lost: the same outcome is written again."""
    id_ = await bench.accept(plain)
    dialed = await bench.dial(await bench.decide())
    sent = await bench.send(dialed)
    await settle(bench.api.runtime, sent)
    await settle(bench.api.runtime, sent)
    assert {"sms": "accepted"} == await bench.states(id_)
    assert 1 == (await bench.log(notice=id_)).count("attempt.settled")


async def test_an_outcome_for_an_attempt_that_is_gone_is_ignored(bench, plain):
    """Nothing to settle."""
    await bench.accept(plain)
    dialed = await bench.dial(await bench.decide())
    key = dialed[0].reserved.key
    other = type(key)(key.borrower_id, key.notice_no + 1, key.channel, 1)
    await settle(
        bench.api.runtime, [Sent(key=other, outcome=GONE, at=datetime.fromisoformat("2026-11-24T17:00:00Z"))]
    )
    assert 0 == await bench.api.count("attempts WHERE state = 'unknown'")


async def test_a_receipt_that_settles_nothing_is_not_the_last_word(bench, plain):
    """A call that is over, and nobody says who answered: unknown, asked about, then held for a person."""
    id_ = await bench.accept(plain, "voice")
    [message] = await bench.work()
    await bench.receipt(message, Progress.UNCLEAR, "conversation")
    assert {"voice": "unknown"} == await bench.states(id_)
    bench.providers["voice"].sightings = [found(Progress.UNCLEAR, "conversation")] * 9
    await look(bench, 9)
    assert {"voice": "held"} == await bench.states(id_)


async def test_a_heartbeat_waits_for_nobody(bench, plain):
    """Whoever settles holds deliveries in an order of their own: a beat that waited for one with another in
    hand would wait for ever."""
    ids = [await bench.accept(plain, reference=str(number)) for number in range(2)]
    round_ = await bench.decide()
    tokens = [one.token for one in round_.reserved]
    numbers = [NoticeId.parse(id_).number for id_ in ids]
    lease = "SELECT lease_until FROM deliveries WHERE notice_no = $1"
    database = bench.api.runtime.database
    async with database.transaction() as settling:
        before = [await settling.fetchval(lease, number) for number in numbers]
        await settling.execute("SELECT 1 FROM deliveries WHERE notice_no = $1 FOR UPDATE", numbers[0])
        async with asyncio.timeout(5), database.transaction() as beat:
            await queue.extend(beat, tokens, 3600.0)
    async with database.connection() as connection:
        after = [await connection.fetchval(lease, number) for number in numbers]
    assert before[0] == after[0]
    assert before[1] < after[1]


LATE = Busy(code="late", reason="the worker was stopped for too long", account_wide=True)


async def settle_late(bench, attempt):
    """The worker that stood still goes on, and says that it handed nothing over."""
    await settle(bench.api.runtime, [Sent(key=attempt.reserved.key, outcome=LATE, at=bench.api.clock.now())])


async def test_what_was_certainly_not_handed_over_goes_on_though_it_passed_for_lost(bench, plain):
    """Swept as unknown, then disclaimed by whoever could have sent it: the slot is free, it goes later."""
    id_ = await bench.accept(plain)
    [attempt] = await bench.dial(await bench.decide(lease_seconds=0.4), send_within=0)
    async with bench.api.runtime.database.connection() as connection:
        await connection.execute("SELECT pg_sleep(0.5)")
    await bench.sweep()
    assert {"sms": "unknown"} == await bench.states(id_)
    await settle_late(bench, attempt)
    assert {"sms": "deferred"} == await bench.states(id_)
    bench.api.clock.move(timedelta(minutes=1))
    assert 1 == len(await bench.work())


async def test_what_a_person_is_to_decide_stays_theirs(bench, plain):
    """Nobody knew of it and it is held: that it was never handed over changes the attempt alone."""
    id_ = await bench.accept(plain)
    [attempt] = await bench.dial(await bench.decide(lease_seconds=0.4), send_within=0)
    async with bench.api.runtime.database.connection() as connection:
        await connection.execute("SELECT pg_sleep(0.5)")
    await bench.sweep()
    await look(bench, 4)
    assert {"sms": "held"} == await bench.states(id_)
    await settle_late(bench, attempt)
    assert {"sms": "held"} == await bench.states(id_)
    [row] = await bench.api.rows("SELECT state, outcome FROM attempts")
    assert ("refused", "not_sent") == (row["state"], row["outcome"])
    bench.api.clock.move(timedelta(minutes=1))
    assert [] == await bench.work()


OUTCOME_OF = {
    # the state of an attempt, the outcome that stands in its row: what the rules see
    ("dialing", "in_flight"): "in_flight",
    ("accepted", "in_flight"): "in_flight",
    ("held_by_provider", "in_flight"): "in_flight",
    ("unknown", "in_flight"): "unknown",
    ("unknown", "unknown"): "unknown",
    ("unknown", "conversation"): "unknown",
    ("unknown", "answered_dropped"): "answered_dropped",
    ("undelivered", "in_flight"): "unknown",
    ("undelivered", "unknown"): "unknown",
    ("undelivered", "busy"): "busy",
    ("undelivered", "bounced"): "bounced",
    ("delivered", "conversation"): "conversation",
    ("delivered", "delivered"): "delivered",
}


@pytest.mark.parametrize("channel", ["sms", "voice"])
async def test_rules_see_every_attempt_of_which_nobody_knows_what_came_as_unknown(bench, plain, channel):
    """Also what a person closed, and what was written as the conversation that it may have been; only a call
    that is not settled ends a cascade as an answer would. And nothing unknown was the first communication."""
    id_ = await bench.accept(plain, channel)
    assert 1 == len(await bench.work())
    [borrower], at = [NoticeId.parse(id_).borrower], bench.api.clock.now()
    for (state, outcome), seen in OUTCOME_OF.items():
        async with bench.api.runtime.database.transaction() as connection:
            await connection.execute("UPDATE attempts SET state = $1, outcome = $2", state, outcome)
            _, contacts = await facts(connection, [borrower], Reach(at, 1))
        [event] = events_of([], contacts, at)[borrower]
        assert seen == event.outcome, (state, outcome)
        spoken = (state == "unknown" and channel == "voice") or outcome == "conversation"
        assert spoken is (contacts[0].recordings is not None), (state, outcome)
        told = seen in {"in_flight", "conversation", "delivered"}
        assert told is not first_communication([event]), (state, outcome)


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("wrong", [False, True])
def test_what_said_nothing_to_the_borrower_was_not_the_first_message(outcome, wrong):
    """The next one still says all that the first must say."""
    said = {"conversation", "voicemail_left", "delivered", "in_flight"}
    at = datetime.fromisoformat("2026-11-24T17:00:00Z")
    contact = Event(type="contact", at=at, channel="voice", outcome=outcome, wrong_party=wrong)
    assert (outcome not in said or wrong) is first_communication([contact])
    assert first_communication([replace(contact, direction="in")])
    assert first_communication([])
