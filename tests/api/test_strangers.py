"""Messages from addresses that no borrower has: they do not stay for ever, and what they ask for counts
however a network writes the number."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.places.telephones import one_spelling
from service.dispatch.records import strangers
from service.dispatch.records.retention import run_retention
from service.model.actor import Actor
from service.worker import background_tasks
from tests.api.as_twilio import accept, post, send_due, states


async def test_a_strangers_words_do_not_stay_for_ever(api, notice):
    """After their days the message goes, with an entry that says how many; the opt-out in it stays, also for
    who has the number later."""
    number = notice["borrower"]["addresses"]["sms"]
    form = {
        "MessageSid": "SM" + "d" * 32,
        "From": number,
        "To": "+12025550100",
        "Body": "STOP",
    }
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    api.clock.move(timedelta(days=api.runtime.inbound_days, seconds=-1))
    await background_tasks.forget_inbound(api.runtime)
    assert 1 == await api.count("unmatched_messages")
    api.clock.move(timedelta(seconds=2))
    actor = Actor(name="operator:test")
    assert 1 == (await run_retention(api.runtime, actor, apply=False)).unmatched
    assert 1 == await api.count("unmatched_messages")
    await background_tasks.forget_inbound(api.runtime)
    await background_tasks.forget_inbound(api.runtime)
    assert 0 == await api.count("unmatched_messages")
    assert 1 == await api.count(
        "log_entries WHERE kind = 'inbound.forgotten' AND leaf LIKE '%\"messages\":1%'"
    )
    assert 0 == await api.count("log_entries WHERE leaf LIKE '%2025550101%'")
    later = {
        **notice,
        "expires_at": None,
        "debt": {**notice["debt"], "days_past_due": 22 + api.runtime.inbound_days + 1},
    }
    id_ = await accept(api, later, "sms")
    await send_due(api)
    assert {"sms": "suppressed"} == await states(api, id_)


async def test_many_strangers_are_forgotten_in_pieces(api, monkeypatch):
    """Each piece is a transaction of its own, so that a run that is ended loses nothing."""
    monkeypatch.setattr(strangers, "AT_A_TIME", 2)
    for number in range(5):
        form = {
            "MessageSid": f"SM{number:032d}",
            "From": f"+1202555015{number}",
            "To": "+12025550100",
            "Body": "who?",
        }
        assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    api.clock.move(timedelta(days=api.runtime.inbound_days, seconds=1))
    report = await run_retention(api.runtime, Actor(name="operator:test"), apply=True)
    assert (5, 0) == (report.unmatched, await api.count("unmatched_messages"))
    assert 5 == report.document()["unmatched_messages"]
    assert 3 == await api.count("log_entries WHERE kind = 'inbound.forgotten'")


SPELLINGS = {
    "Mexico, the 1 that was given up": ("+5211000000123", "+521000000123"),
    "Argentina, without the 9": ("+541000000123", "+5491000000123"),
    "Argentina, with the 9": ("+5491000000124", "+541000000124"),
    "Brazil, without the ninth digit": ("+552087654321", "+5520987654321"),
    "Benin, without the 01": ("+22900000123", "+2290100000123"),
    "no sign in front": ("12025550123", "+12025550123"),
    "zeros in front": ("0012025550123", "+12025550123"),
    "signs between": ("+1 (202) 555-0123", "+12025550123"),
    "a zero of calls at home between": ("+44 (0)20 7946 0123", "+442079460123"),
    "a zero of calls at home": (f"+44{0}2079460123", "+442079460123"),
}


@pytest.mark.parametrize(("wrote", "stored"), SPELLINGS.values(), ids=SPELLINGS)
async def test_a_stop_counts_for_the_number_however_a_network_writes_it(api, notice, wrote, stored):
    """Networks write one telephone in two ways: it is the same, before and after it is stored."""
    form = {"MessageSid": "SM" + "7" * 32, "From": wrote, "To": "+12025550100", "Body": "STOP"}
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    body = {**notice, "borrower": {**notice["borrower"], "addresses": {"sms": stored}}}
    id_ = await accept(api, body, "sms")
    await send_due(api)
    assert {"sms": "suppressed"} == await states(api, id_)
    form = {**form, "MessageSid": "SM" + "8" * 32}
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 1 == await api.count("events WHERE type = 'opt_out'")


@pytest.mark.parametrize(
    "number",
    [
        "+12025550123",
        "+552033445566",
        "+5520912345678",
        "+22800000123",
        "+52551234",
        "72345",
        "2025550123",
        "+390612345678",
        "+999012345678",
        "+440",
        "BANK 24-7",
        "",
    ],
)
def test_a_number_of_its_own_stays_as_it_is(number):
    """A telephone at home in Brazil has eight digits, and what is no number of the plan is nobody else's."""
    assert number == one_spelling(number)


@pytest.mark.parametrize(
    ("written", "right"),
    [(f"+44{0}2079460123", "+442079460123"), (f"+44{0}7700900123", "+447700900123"), ("+390612345678", None)],
    ids=["London", "a British mobile", "Rome, where it is a part of the number"],
)
async def test_the_zero_of_calls_at_home_is_refused(api, notice, written, right):
    """A number in two spellings is two numbers to whoever asks what stands against it."""
    body = {"address": written, "channel": "sms", "reason": "opt_out", "note": "by letter"}
    answer = await api.client.post("/v1/suppressions", json=body)
    assert (201 if right is None else 422) == answer.status_code, answer.text
    assert right is None or right in answer.json()["errors"][0]["detail"]
