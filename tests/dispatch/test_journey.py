"""One notice's journey: decided, reserved, dialed, handed over, settled, told in the log."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from channels.outcome import Accepted, Busy, RefusalCause, Rejected
from channels.receipt import Progress
from service.dispatch.send.dial import give_back
from service.dispatch.send.settle import settle


async def test_three_channels_are_delivered_and_the_log_has_the_story(bench, plain):
    """Accepted, decided, dialed, settled, receipt: for each channel, in order."""
    id_ = await bench.accept(plain, "sms", "email", "voice")
    messages = await bench.work()
    assert {"sms", "email", "voice"} == {one.channel.value for one in messages}
    assert dict.fromkeys(("sms", "email", "voice"), "accepted") == await bench.states(id_)
    for message in messages:
        await bench.receipt(message, Progress.DELIVERED, "delivered")
    assert dict.fromkeys(("sms", "email", "voice"), "delivered") == await bench.states(id_)
    kinds = await bench.log(notice=id_)
    assert {"notice.accepted": 1, "decision": 3, "attempt.settled": 3, "receipt": 3} == {
        kind: kinds.count(kind) for kind in kinds
    }


async def test_the_five_elements_stand_in_every_text(bench, plain):
    """Loan, due date, days overdue, amount due with fees, contact: on each channel."""
    await bench.accept(plain, "sms", "email", "voice")
    for message in await bench.work():
        content = message.content
        text = " ".join(getattr(content, name, "") for name in ("body", "text"))
        for element in ("12,000.00", "431.25", "22", "202"):
            assert element in text, (message.channel, element)


async def test_at_night_the_notice_waits_for_eight_in_the_morning_there(bench, plain):
    """23:30 in New York: deferred to 08:00 there, with the sentence, and sent then; no earlier."""
    bench.api.clock.move(timedelta(hours=11, minutes=30))
    id_ = await bench.accept(plain)
    assert [] == await bench.work()
    delivery = (await bench.read(id_))["sms"]
    assert ("deferred", "2026-11-25T13:00:00Z") == (delivery["state"], delivery["due_at"])
    assert "08:00" in delivery["verdict"]["findings"][0]["reason"]
    bench.api.clock.move(timedelta(hours=8, minutes=29, seconds=59))
    assert [] == await bench.work()
    bench.api.clock.move(timedelta(seconds=1))
    assert 1 == len(await bench.work())


async def test_the_cap_counts_every_channel_and_every_notice(bench, plain):
    """Three contacts in seven dates over all channels: the fourth waits."""
    notices = [await bench.accept(plain, "sms", "email", reference=name) for name in ("first", "later")]
    assert 3 == len(await bench.work())
    states = [state for one in notices for state in (await bench.states(one)).values()]
    assert 1 == states.count("deferred"), states


async def test_what_may_not_go_before_its_notice_ends_expires_with_the_rule_that_kept_it(bench, plain):
    """Night, a cap, hours of one channel alone: it lands at no person, and the next channel of a cascade is
    asked at once."""
    bench.api.clock.move(timedelta(hours=11, minutes=30))  # 23:30 in New York
    ends = bench.api.clock.now() + timedelta(hours=2)
    id_ = await bench.accept(plain, "sms", "email", expires_at=ends.isoformat(), fan_out="cascade")
    assert [] == await bench.work()
    assert {"sms": "expired", "email": "expired"} == await bench.states(id_)
    delivery = (await bench.read(id_))["sms"]
    assert delivery["verdict"]["too_late"]
    last = delivery["verdict"]["findings"][-1]
    assert ("defer", "quiet-hours") == (last["verdict"], last["rule"]), last
    assert "expires" in last["reason"]
    assert [] == (await bench.api.client.get("/v1/holds")).json()["items"]


async def test_an_opt_out_between_decision_and_hand_over_stops_the_message(bench, plain):
    """The mark is refused, the slot is free again, the delivery is decided anew: suppressed."""
    id_ = await bench.accept(plain)
    round_ = await bench.decide()
    await bench.event("opt_out", channel="sms", scope="medium", via="phone")
    assert [] == await bench.dial(round_)
    assert [] == await bench.work()
    assert {"sms": "suppressed"} == await bench.states(id_)
    assert "attempt.released" in await bench.log(notice=id_)


async def test_a_verdict_that_lapsed_is_not_acted_on(bench, plain):
    """Allowed at 20:59:59, dialed at 21:00: refused, and deferred to the morning."""
    bench.api.clock.move(timedelta(hours=8, minutes=59, seconds=59))
    id_ = await bench.accept(plain)
    round_ = await bench.decide()
    assert 1 == len(round_.reserved)
    bench.api.clock.move(timedelta(seconds=1))
    assert [] == await bench.dial(round_)
    await bench.work()
    assert {"sms": "deferred"} == await bench.states(id_)


async def test_a_cancelled_notice_is_not_sent_and_a_sent_one_says_so(bench, plain):
    """Cancelled while it waited, while it was reserved, and after it was sent."""
    waiting, reserved = await bench.accept(plain), await bench.accept(plain, reference="2")
    assert 200 == (await bench.api.client.post(f"/v1/notices/{waiting}/cancel", json={})).status_code
    round_ = await bench.decide()
    assert [reserved] == [str(one.key.borrower_id and reserved) for one in round_.reserved]
    await bench.api.client.post(f"/v1/notices/{reserved}/cancel", json={})
    assert [] == await bench.dial(round_)
    assert [] == await bench.work()
    assert [{"sms": "cancelled"}] * 2 == [await bench.states(waiting), await bench.states(reserved)]
    sent = await bench.accept(plain, reference="3")
    await bench.work()
    for _ in range(2):
        await bench.api.client.post(f"/v1/notices/{sent}/cancel", json={})
    assert {"sms": "accepted"} == await bench.states(sent)
    assert [1, 1, 1] == [
        (await bench.log(notice=one)).count("notice.cancelled") for one in (waiting, reserved, sent)
    ]


async def test_a_notice_expires_while_it_waits(bench, plain):
    """Its own bound, or the category's, whichever was given; then it is not sent."""
    bench.api.clock.move(timedelta(hours=11, minutes=30))
    expires = (bench.api.clock.now() + timedelta(hours=1)).isoformat()
    id_ = await bench.accept(plain, expires_at=expires)
    await bench.work()
    bench.api.clock.move(timedelta(hours=10))
    await bench.sweep()
    assert [] == await bench.work()
    assert {"sms": "expired"} == await bench.states(id_)


async def test_the_days_overdue_are_those_of_the_day_on_which_the_message_leaves(bench, plain):
    """Accepted half an hour before midnight there and held for the morning: due on the same date, one day
    longer."""
    bench.api.clock.move(timedelta(hours=11, minutes=30))
    await bench.accept(plain)
    assert [] == await bench.work()
    bench.api.clock.move(timedelta(hours=9))
    [message] = await bench.work()
    stated = plain["debt"]["days_past_due"]
    assert f"{stated + 1} days ago" in message.content.body


async def test_not_before_is_kept(bench, plain):
    """Deferred to it, decided at it."""
    at = bench.api.clock.now() + timedelta(hours=2)
    id_ = await bench.accept(plain, not_before=at.isoformat())
    assert [] == await bench.work()
    assert {"sms": "deferred"} == await bench.states(id_)
    assert (
        "waits for the instant before which the notice must not be sent"
        == (await bench.read(id_))["sms"]["reason"]
    )
    bench.api.clock.move(timedelta(hours=2))
    assert 1 == len(await bench.work())


async def test_a_provider_that_takes_nothing_is_tried_again_on_schedule_then_given_up(bench, plain):
    """Busy: a new attempt each time, none of them counts as a contact; exhausted at the end."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [Busy(code="503", reason="overloaded") for _ in range(8)]
    await bench.work()
    while (delivery := (await bench.read(id_))["sms"])["state"] == "deferred":
        bench.api.clock.move(datetime.fromisoformat(delivery["due_at"]) - bench.api.clock.now())
        await bench.work()
    assert 8 == len(bench.providers["sms"].book)
    assert {"sms": "exhausted"} == await bench.states(id_)
    other = await bench.accept(plain, reference="other")
    await bench.work()
    assert {"sms": "accepted"} == await bench.states(other)


async def test_retry_after_is_the_providers_word(bench, plain):
    """The later of the schedule and the provider wins."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [Busy(code="429", reason="slow down", retry_after=timedelta(minutes=3))]
    await bench.work()
    delivery = (await bench.read(id_))["sms"]
    assert ("deferred", "2026-11-24T17:03:00Z") == (delivery["state"], delivery["due_at"])


async def test_a_refusal_for_good_ends_the_delivery_and_closes_a_dead_address(bench, plain):
    """Opted out at the provider: an event in the same transaction, and the next SMS is suppressed."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [
        Rejected(cause=RefusalCause.OPTED_OUT, code="21610", reason="opted out")
    ]
    await bench.work()
    assert {"sms": "rejected"} == await bench.states(id_)
    again = await bench.accept(plain, "sms", "email", reference="again")
    assert ["email"] == [one.channel.value for one in await bench.work()]
    assert "suppressed" == (await bench.states(again))["sms"]


@pytest.mark.parametrize("cause", [RefusalCause.OURS, RefusalCause.ACCOUNT, RefusalCause.UNLISTED])
async def test_a_refusal_that_we_caused_says_nothing_about_the_borrower(bench, plain, cause):
    """No event."""
    await bench.accept(plain)
    bench.providers["sms"].answers = [Rejected(cause=cause, code="1", reason="ours")]
    await bench.work()
    assert 0 == await bench.api.count("events")


async def test_the_busy_line_is_tried_twice_more(bench, plain):
    """A call that rang nowhere is no contact; after 30 minutes, after two hours, then never."""
    id_ = await bench.accept(plain, "voice")
    for pause in (timedelta(minutes=30), timedelta(hours=2), None):
        [message] = await bench.work()
        await bench.receipt(message, Progress.UNDELIVERED, "busy", digest=message.attempt_id)
        if pause is not None:
            bench.api.clock.move(pause)
    assert {"voice": "exhausted"} == await bench.states(id_)


async def test_the_provider_holds_it_until_a_time_of_its_own(bench, plain):
    """A state of its own; a receipt ends it."""
    id_ = await bench.accept(plain)
    bench.providers["sms"].answers = [Accepted(ref="SM1", held=True)]
    [message] = await bench.work()
    assert {"sms": "held_by_provider"} == await bench.states(id_)
    await bench.receipt(message, Progress.DELIVERED, "delivered")
    assert {"sms": "delivered"} == await bench.states(id_)


async def test_a_receipt_may_come_before_the_provider_has_answered(bench, plain):
    """Then settling adds only the provider's id."""
    id_ = await bench.accept(plain)
    dialed = await bench.dial(await bench.decide())
    sent = await bench.send(dialed)
    await bench.receipt(dialed[0].message, Progress.DELIVERED, "delivered")
    await settle(bench.api.runtime, sent)
    delivery = (await bench.read(id_))["sms"]
    assert "delivered" == delivery["state"]
    assert 1 == await bench.api.count("attempts WHERE provider_ref = 'sms-1' AND state = 'delivered'")


async def test_what_cannot_be_rendered_is_held_for_a_person(bench, plain, monkeypatch):
    """Never sent half-made; the slot is free again."""
    id_ = await bench.accept(plain)

    def broken(*_):
        raise ValueError("broken")

    monkeypatch.setattr("service.dispatch.send.dial.compose", broken)
    assert [] == await bench.work()
    assert {"sms": "held"} == await bench.states(id_)
    assert "delivery.held" in await bench.log(notice=id_)


async def test_a_worker_that_stops_gives_back_what_it_reserved(bench, plain):
    """Nothing was sent: due again, decided again, sent once."""
    id_ = await bench.accept(plain)
    round_ = await bench.decide()
    await give_back(bench.api.runtime, [one.key for one in round_.reserved], reason="the worker is stopping")
    assert {"sms": "due"} == await bench.states(id_)
    assert 1 == len(await bench.work())


async def test_the_borrower_has_no_such_address_any_more(bench, plain):
    """The profile lost its e-mail address while the notice waited."""
    id_ = await bench.accept(
        plain, "email", not_before=(bench.api.clock.now() + timedelta(hours=1)).isoformat()
    )
    profile = {key: value for key, value in plain["borrower"].items() if key not in {"id", "consents"}}
    profile["addresses"] = {**profile["addresses"], "email": None}
    answer = await bench.api.client.put("/v1/borrowers/B-1", json=profile)
    assert answer.is_success, answer.text
    bench.api.clock.move(timedelta(hours=1))
    assert [] == await bench.work()
    assert {"email": "rejected"} == await bench.states(id_)


@pytest.mark.parametrize(
    ("role", "source", "state"),
    [
        ("original_creditor", "given_by_borrower", "accepted"),
        ("original_creditor", "skip_trace", "suppressed"),
        ("original_creditor", "unknown", "suppressed"),
        ("original_creditor", None, "suppressed"),
        ("third_party", "given_to_creditor", "accepted"),
        ("third_party", "given_by_borrower", "accepted"),
        ("third_party", "skip_trace", "suppressed"),
        ("third_party", None, "suppressed"),
        ("debt_buyer", "given_to_creditor", "suppressed"),
        ("debt_buyer", "given_by_borrower", "suppressed"),
    ],
)
async def test_a_number_that_the_borrower_gave_serves_for_texts_and_a_stop_takes_it_back(
    bench, plain, role, source, state
):
    """47 CFR 64.1200(a)(1)(iii) and (a)(10); a number that was found is no consent, and a debt buyer needs
    one of its own."""
    number = "+12025550101"
    sms = number if source is None else {"address": number, "source": source}
    borrower = {**plain["borrower"], "jurisdiction": "US-NY", "addresses": {"sms": sms}}
    id_ = await bench.accept({**plain, "borrower": borrower, "sender_role": role})
    await bench.work()
    assert {"sms": state} == await bench.states(id_)
    bench.api.clock.move(timedelta(hours=1))
    await bench.event("opt_out", channel="sms", scope="medium", via="phone")
    again = await bench.accept({**plain, "borrower": borrower, "sender_role": role}, reference="again")
    assert [] == await bench.work()
    assert {"sms": "suppressed"} == await bench.states(again)


async def test_a_notice_that_expires_between_decision_and_hand_over_is_not_sent(bench, plain):
    """A reservation may wait for its turn in a lane: the mark looks at the expiry too."""
    id_ = await bench.accept(plain, expires_at=(bench.api.clock.now() + timedelta(seconds=5)).isoformat())
    round_ = await bench.decide()
    assert 1 == len(round_.reserved)
    bench.api.clock.move(timedelta(seconds=5))
    assert [] == await bench.dial(round_)
    assert [] == await bench.work()
    assert {"sms": "expired"} == await bench.states(id_)


async def test_a_notice_that_was_accepted_while_its_borrower_was_erased_ends(bench, plain):
    """Encrypted under the key that the erasure destroyed; the borrower has another one by now. It is read,
    and cancelled."""
    id_ = await bench.accept(plain, reference="case-1")
    runtime, client = bench.api.runtime, bench.api.client
    async with runtime.database.connection() as connection:
        before = await connection.fetchrow("SELECT sealed, reference_digest FROM notices")
    assert 200 == (await client.post("/v1/borrowers/B-1/erase")).status_code
    assert (
        200
        == (await client.put("/v1/borrowers/B-1", json={"addresses": {"sms": "+12025550101"}})).status_code
    )
    async with runtime.database.connection() as connection:
        await connection.execute("UPDATE notices SET sealed = $1, reference_digest = $2", *before)
        await connection.execute("UPDATE deliveries SET state = 'due', due_at = $1", bench.api.clock.now())
    assert (await client.get("/v1/notices")).json()["items"][0]["reference"] is None
    assert 200 == (await client.get("/v1/borrowers/B-1/timeline")).status_code
    assert [] == await bench.work()
    delivery = (await bench.read(id_))["sms"]
    assert ("cancelled", "the borrower was erased") == (delivery["state"], delivery["reason"])
