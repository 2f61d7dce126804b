"""What borrowers write to us: STOP, START and other words, confirmed once, with an effect on what they
closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.as_twilio import accept, post, send_due, states


async def test_a_stop_with_a_nul_in_it_is_a_stop(api, notice):
    """Whatever is in a borrower's words, they are not lost."""
    form = {"MessageSid": "SM" + "b" * 32, "From": "+12025550101", "To": "+12025550100", "Body": "ST\0OP\0"}
    await accept(api, notice, "email")
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 1 == await api.count("events WHERE type = 'opt_out'")


async def test_a_stop_holds_though_the_text_that_it_answers_was_erased(api, notice):
    """Erased and stored again: nobody knows any more what was texted, so that nothing is confirmed; the
    opt-out is recorded."""
    await accept(api, notice, "sms")
    await send_due(api)
    assert 200 == (await api.client.post("/v1/borrowers/B-1/erase")).status_code
    assert (
        200
        == (
            await api.client.put("/v1/borrowers/B-1", json={"addresses": {"sms": "+12025550101"}})
        ).status_code
    )
    form = {"MessageSid": "SM" + "c" * 32, "From": "+12025550101", "To": "+12025550100", "Body": "STOP"}
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 1 == await api.count("events WHERE type = 'opt_out'")
    assert [] == await send_due(api)


async def test_a_stop_holds_though_its_confirmation_fails(api, notice, monkeypatch):
    """The confirmation is a courtesy, the opt-out is the borrower's right."""

    async def fail(*_: object, **__: object) -> bool:
        raise RuntimeError("no template")

    monkeypatch.setattr("service.dispatch.receive.inbound.confirm_opt_out", fail)
    await accept(api, notice, "sms")
    await send_due(api)
    form = {"MessageSid": "SM" + "d" * 32, "From": "+12025550101", "To": "+12025550100", "Body": "STOP"}
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 1 == await api.count("events WHERE type = 'opt_out'")


async def test_stop_suppresses_the_next_sms_and_only_that_channel(api, notice):
    """The words of a borrower act at once; e-mail goes on; the same message twice is one event."""
    form = {"MessageSid": "SM" + "a" * 32, "From": "+12025550101", "To": "+12025550100", "Body": "STOP"}
    await accept(api, notice, "email")
    await send_due(api)
    first = await post(api, "/v1/inbound/twilio/sms", form)
    assert (200, "<Response/>") == (first.status_code, first.text)
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 2 == await api.count("events WHERE type IN ('inbound', 'opt_out')")
    id_ = await accept(api, notice, "sms", "email", reference="again")
    assert ["email"] == [one.channel.value for one in await send_due(api)]
    assert {"sms": "suppressed", "email": "accepted"} == await states(api, id_)


async def test_without_a_sandbox_nobody_replies_by_key(api):
    """With real providers only what they sign is a borrower's word."""
    answer = await api.client.post("/v1/sandbox/replies", json={"from": "+12025550101", "words": "STOP"})
    assert (404, "no sandbox adapter is on") == (answer.status_code, answer.json()["detail"])


STOP = {"From": "+12025550101", "To": "+12025550100"}


async def inbound(api, number: int, body: str, **further: str) -> None:
    """A message from the borrower."""
    form = {**STOP, "MessageSid": f"SM{number:032x}", "Body": body, **further}
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code


@pytest.mark.parametrize(
    ("words", "language", "confirmed"),
    [
        ("STOP", "en-US", "your request is confirmed"),
        ("Stop. Thank you!", "en-US", "your request is confirmed"),
        ("ALTO", "es-MX", "su solicitud está confirmada"),
        ("退订", "zh-CN", "退订已确认"),
        ("ＴＤ", "zh-CN", "退订已确认"),
        ("Arrêt", "fr-CA", "your request is confirmed"),
        ("please stop texting me", "en-US", "your request is confirmed"),
    ],
)
async def test_an_opt_out_is_confirmed_once_and_then_all_is_silent(api, notice, words, language, confirmed):
    """The opt-out itself does not block its own confirmation; whatever comes next is suppressed, also a
    second confirmation."""
    await accept(api, {**notice, "borrower": {**notice["borrower"], "language": language}}, "sms")
    await send_due(api)
    await inbound(api, 1, words)
    [confirmation] = await send_due(api)
    assert "sms" == confirmation.channel.value
    assert confirmed in confirmation.content.body
    assert 1 == await api.count("events WHERE type = 'opt_out'")
    await inbound(api, 1, words)
    await inbound(api, 2, words)
    again = await accept(api, notice, "sms", reference="again")
    assert [] == await send_due(api)
    assert {"sms": "suppressed"} == await states(api, again)


async def test_a_confirmation_counts_towards_no_cap_and_is_void_after_five_minutes(api, notice):
    """47 CFR 64.1200(a)(12); a worker that comes late sends nothing."""
    await accept(api, notice, "sms")
    await send_due(api)
    await inbound(api, 1, "STOP")
    api.clock.move(timedelta(minutes=5, seconds=1))
    assert [] == await send_due(api)
    assert 1 == await api.count("deliveries WHERE state = 'expired'")


async def test_start_opens_what_stop_closed(api, notice):
    """The next text goes; the one that was suppressed stays so."""
    await accept(api, notice, "sms")
    await send_due(api)
    await inbound(api, 1, "STOP")
    await send_due(api)
    api.clock.move(timedelta(minutes=1))
    await inbound(api, 2, "START")
    id_ = await accept(api, notice, "sms", reference="again")
    assert 1 == len(await send_due(api))
    assert {"sms": "accepted"} == await states(api, id_)


async def test_where_the_provider_confirmed_nothing_is_confirmed_twice(api, notice):
    """Twilio's own opt-out handling says so in OptOutType."""
    await accept(api, notice, "sms")
    await send_due(api)
    await inbound(api, 1, "STOP", OptOutType="STOP")
    assert 1 == await api.count("events WHERE type = 'opt_out'")
    assert [] == await send_due(api)


async def test_whom_we_never_texted_we_confirm_nothing(api, notice):
    """The first text would be the confirmation."""
    await accept(api, notice, "email")
    await send_due(api)
    await inbound(api, 1, "STOP")
    assert [] == await send_due(api)


async def test_one_confirmation_goes_to_a_number_that_two_borrowers_share(api, notice):
    """Both are opted out; the one who was texted last is told."""
    for name in ("B-1", "B-2"):
        await accept(api, {**notice, "borrower": {**notice["borrower"], "id": name}}, "sms")
        await send_due(api)
        api.clock.move(timedelta(seconds=1))
    await inbound(api, 1, "STOP")
    assert 1 == len(await send_due(api))
    assert 2 == await api.count("events WHERE type = 'opt_out'")


@pytest.mark.parametrize(
    ("words", "event", "state"),
    [
        ("HELP", "help", "accepted"),
        ("thanks, I paid today", None, "accepted"),
        ("wrong number", "wrong_number", "suppressed"),
        ("do you STOP charging fees if I pay?", "unclear_words", "held"),
        ("my lawyer will call you", "attorney", "suppressed"),
        ("do not contact me again", "cease", "suppressed"),
    ],
)
async def test_other_words_have_their_own_effect_and_get_no_answer(api, notice, words, event, state):
    """What is unclear waits for a person; a question for help stops nothing."""
    await accept(api, notice, "sms")
    await send_due(api)
    await inbound(api, 1, words)
    assert [] == await send_due(api)
    if event is not None:
        assert 1 == await api.count(f"events WHERE type = '{event}'")
    id_ = await accept(api, notice, "sms", reference="again")
    await send_due(api)
    assert {"sms": state} == await states(api, id_)


async def test_nobody_else_may_ask_for_a_confirmation(api, notice):
    """It passes an opt-out, and no cap counts it."""
    for name in ("optout_confirmation", "optout-confirmation"):
        answer = await api.client.post("/v1/notices", json={**notice, "category": name})
        assert 422 == answer.status_code
        assert ["/category"] == [one["pointer"] for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("offer", "closed"), [("Reply N to end these, or STOP.", True), ("Reply STOP to end texts.", False)]
)
async def test_a_short_token_is_an_opt_out_where_the_last_text_offered_it(api, notice, offer, closed):
    """`N` answers many questions; where no text offered it, a person reads it."""
    document = {
        "name": "short",
        "category": "payment_confirmation",
        "languages": {"en": {"sms": "{{ creditor_name }}: thank you. " + offer}},
    }
    await api.template(document)
    await accept(api, notice, "sms", template="short", category="payment-confirmation", reference="paid")
    await send_due(api)
    await inbound(api, 1, "N.")
    assert [int(closed), int(not closed)] == [
        await api.count("events WHERE type = 'opt_out'"),
        await api.count("events WHERE type = 'unclear_words'"),
    ]


async def test_a_short_token_of_somebody_who_was_never_texted_is_for_a_person(api, notice):
    """It answers none of our texts."""
    await accept(api, notice, "email")
    await send_due(api)
    await inbound(api, 1, "N")
    assert 0 == await api.count("events WHERE type = 'opt_out'")
    assert 1 == await api.count("events WHERE type = 'unclear_words'")


async def test_stop_calling_sent_as_a_text_ends_the_calls(api, notice):
    """What the words name is closed, beside the number that they came from; e-mail goes on; a repeat adds
    nothing."""
    form = {
        "MessageSid": "SM" + "c" * 32,
        "From": "+12025550101",
        "To": "+12025550100",
        "Body": "Please stop calling me",
    }
    await accept(api, notice, "email")
    await send_due(api)
    for _ in range(2):
        assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 3 == await api.count("events WHERE type IN ('inbound', 'opt_out')")
    id_ = await accept(api, notice, "sms", "email", "voice", reference="again")
    assert ["email"] == [one.channel.value for one in await send_due(api)]
    assert {"sms": "suppressed", "email": "accepted", "voice": "suppressed"} == await states(api, id_)


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        ("STOP", {"sms", "voice"}),  # what ends texts ends calls by a machine (47 CFR 64.1200(a)(10))
        ("I refuse to pay", {"sms", "voice"}),
        ("Thank you, on Friday", set()),
        (None, set()),
    ],
)
async def test_a_message_that_another_system_received_is_read_as_one_of_ours(api, notice, words, closed):
    """Its words act at once, and a repeat adds nothing; without words it is a message."""
    await accept(api, notice, "email")
    await send_due(api)
    event = {
        "borrower_id": notice["borrower"]["id"],
        "type": "inbound",
        "at": api.clock.now().isoformat(),
        "channel": "sms",
    }
    event |= {"event_id": "mail-1", "ref": "m1", "words": words, "debt_ids": [notice["debt"]["id"]]}
    for recorded in (True, False):
        answer = await api.client.post("/v1/events", json=event)
        assert {"event_id": "mail-1", "recorded": recorded} == answer.json(), answer.text
    assert (1 + bool(closed)) == await api.count("events WHERE type IN ('inbound', 'opt_out', 'cease')")
    id_ = await accept(api, notice, "sms", "voice", reference="again")
    await send_due(api)
    assert closed == {
        channel for channel, state in (await states(api, id_)).items() if state in {"suppressed", "held"}
    }


async def test_a_message_without_a_sender_is_nobodys(api):
    """It is taken all the same."""
    answer = await post(api, "/v1/inbound/twilio/sms", {"MessageSid": "SM" + "a" * 32, "Body": "STOP"})
    assert 200 == answer.status_code
    assert 1 == await api.count("log_entries WHERE kind = 'inbound.unmatched'")


async def test_a_strangers_message_is_logged_without_a_trace_of_the_person(api):
    """Nobody uses this number: the log has an entry, no table has the number."""
    form = {"MessageSid": "SM" + "b" * 32, "From": "+12025550199", "To": "+12025550100", "Body": "STOP"}
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 0 == await api.count("events")
    assert 1 == await api.count("log_entries WHERE kind = 'inbound.unmatched'")


@pytest.mark.parametrize(
    "words",
    [
        "The person you are texting is not accepting messages at this time.",
        "Message Blocking is active.",
        "El mensaje no se pudo entregar: no se pudo entregar su mensaje",
        "Votre message n'a pas pu être remis",
    ],
)
async def test_a_machine_that_says_not_delivered_settles_the_text_that_it_answers(api, notice, words):
    """It is the provider's word on that text; the same answer twice changes nothing more."""
    id_ = await accept(api, notice, "sms", "email")
    await send_due(api)
    assert {"sms": "accepted", "email": "accepted"} == await states(api, id_)
    await inbound(api, 1, words)
    assert {"sms": "undelivered", "email": "accepted"} == await states(api, id_)
    await inbound(api, 1, words)
    assert 1 == await api.count("receipts")
    assert 0 == await api.count("events WHERE type IN ('opt_out', 'address_dead', 'unclear_words')")


async def test_a_machine_that_answers_days_later_or_another_number_settles_nothing(api, notice):
    """Carriers give up within a day, and a stranger's phone answers for itself alone."""
    id_ = await accept(api, notice, "sms")
    await send_due(api)
    form = {
        "MessageSid": "SM" + "9" * 32,
        "From": "+12025550199",
        "To": "+12025550100",
        "Body": "Message Blocking is active.",
    }
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert {"sms": "accepted"} == await states(api, id_)
    api.clock.move(timedelta(hours=25))
    await inbound(api, 1, "Message Blocking is active.")
    assert {"sms": "accepted"} == await states(api, id_)


async def test_what_the_provider_delivered_is_not_undone_by_a_machine(api, notice):
    """The answer is kept as evidence that contradicts, as any later word is."""
    id_ = await accept(api, notice, "sms")
    [sent] = await send_due(api)
    path = sent.receipt_url.removeprefix("https://forbear.example.com")
    told = {"MessageSid": "SM" + f"{0:032x}", "MessageStatus": "delivered"}
    assert 200 <= (await post(api, path, told)).status_code < 300
    await inbound(api, 1, "Message Blocking is active.")
    assert {"sms": "delivered"} == await states(api, id_)


async def test_stop_ends_at_once_what_was_put_off_by_a_policy(api, notice):
    """And not at the instant for which it was put off; what waits for its own `not_before` is ended then."""
    api.clock.move(timedelta(hours=12))
    id_ = await accept(api, notice, "sms", "email")
    await send_due(api)
    assert {"deferred"} == set((await states(api, id_)).values())
    await inbound(api, 1, "STOP")
    assert [] == await send_due(api)
    assert {"sms": "suppressed", "email": "deferred"} == await states(api, id_)
