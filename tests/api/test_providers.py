"""What providers call: nothing without a signature, nothing twice, STOP at once and on its channel alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from twilio.request_validator import RequestValidator

from channels.message import Message
from channels.outcome import Accepted
from service.dispatch.decide import claim_and_decide
from service.dispatch.dial import dial
from service.dispatch.facts import ZoneCache
from service.dispatch.settle import Sent, settle

TOKEN, PUBLIC = "twilio-token-for-tests", "https://forbear.example.com"
ACCOUNT = "AC" + "0" * 32
ADAPTERS = {"sms": "twilio", "email": "sandbox", "voice": "twilio"}


async def post(api, path: str, form: dict[str, str], *, token: str = TOKEN, account: str = ACCOUNT):
    """Post a form as Twilio does: signed for the public URL."""
    form = {"AccountSid": account, **form}
    signature = RequestValidator(token).compute_signature(PUBLIC + path, form)
    return await api.client.post(path, data=form, headers={"X-Twilio-Signature": signature, "Authorization": ""})


async def send_due(api) -> list[Message]:
    """Everything that is due, handed over to a provider that takes it."""
    messages: list[Message] = []
    while (round_ := await claim_and_decide(api.desk, ZoneCache(), limit=50, adapters=ADAPTERS, lease_seconds=30)).claimed:
        dialed = await dial(api.desk, round_.reserved, send_within=15.0)
        sids = {one.reserved.key: f"SM{len(messages) + number:032x}" for number, one in enumerate(dialed)}
        await settle(api.desk, [Sent(key=key, outcome=Accepted(ref=sid), at=api.clock.now()) for key, sid in sids.items()])
        messages += [one.message for one in dialed]
    return messages


async def accept(api, notice: dict[str, Any], *channels: str, **further: Any) -> str:
    """Post a notice for these channels, sent at once; its id."""
    body = {**notice, "channels": list(channels), "fan_out": "all", **further}
    del body["not_before"], body["wait"]
    answer = await api.client.post("/v1/notices", json=body)
    assert 202 == answer.status_code, answer.text
    return answer.json()["id"]


async def states(api, notice_id: str) -> dict[str, str]:
    """The states of a notice's deliveries by channel."""
    answer = await api.client.get(f"/v1/notices/{notice_id}")
    return {one["channel"]: one["state"] for one in answer.json()["deliveries"]}


def path_of(url: str) -> str:
    """The path of one of our URLs."""
    return url.removeprefix(PUBLIC)


async def test_a_receipt_advances_once_and_never_goes_back(api, notice):
    """Delivered, then sent, then delivered again: the delivery is delivered, and the log has one line for each new word."""
    id_ = await accept(api, notice, "sms")
    [message] = await send_due(api)
    path = path_of(message.receipt_url)
    delivered = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    answers = [
        await post(api, path, delivered),
        await post(api, path, {**delivered, "MessageStatus": "sent"}),
        await post(api, path, delivered),
    ]
    assert [200, 200, 200] == [one.status_code for one in answers]
    assert "advanced" == answers[0].json()["effect"]
    assert "repeated" == answers[2].json()["effect"]
    assert {"sms": "delivered"} == await states(api, id_)
    assert 2 == await api.count("receipts")


async def test_a_contradiction_is_kept_and_changes_nothing(api, notice):
    """Undelivered after delivered stands as evidence."""
    id_ = await accept(api, notice, "sms")
    [message] = await send_due(api)
    path, sid = path_of(message.receipt_url), "SM" + "0" * 32
    await post(api, path, {"MessageSid": sid, "MessageStatus": "delivered"})
    answer = await post(api, path, {"MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert "conflict" == answer.json()["effect"]
    assert {"sms": "delivered"} == await states(api, id_)


@pytest.mark.parametrize(
    ("given", "status"),
    [({"token": "another-token"}, 403), ({"account": "AC" + "1" * 32}, 403)],
)
async def test_what_twilio_did_not_sign_is_refused(api, notice, given, status):
    """Another key, another account."""
    await accept(api, notice, "sms")
    [message] = await send_due(api)
    answer = await post(api, path_of(message.receipt_url), {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}, **given)
    assert status == answer.status_code
    assert 0 == await api.count("receipts")


async def test_an_unsigned_request_and_another_body_are_refused(api, notice):
    """No signature, JSON, NUL, no id: a 4xx that says so, nothing stored."""
    await accept(api, notice, "sms")
    [message] = await send_due(api)
    path = path_of(message.receipt_url)
    assert 403 == (await api.client.post(path, data={"MessageSid": "SM1", "MessageStatus": "delivered"})).status_code
    assert 415 == (await api.client.post(path, json={"MessageSid": "SM1"})).status_code
    assert 422 == (await post(api, path, {"MessageSid": "SM\0", "MessageStatus": "delivered"})).status_code
    assert 422 == (await post(api, path, {"MessageStatus": "delivered"})).status_code
    assert 404 == (await post(api, path[:-1] + "~", {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"})).status_code
    voice = path.replace("/sms/", "/voice/")
    assert 404 == (await post(api, voice, {"CallSid": "CA" + "0" * 32, "CallStatus": "completed"})).status_code
    assert 0 == await api.count("receipts")


async def test_a_stop_with_a_nul_in_it_is_a_stop(api, notice):
    """Whatever is in a borrower's words, they are not lost."""
    form = {"MessageSid": "SM" + "b" * 32, "From": "+12025550101", "To": "+12025550100", "Body": "ST\0OP\0"}
    await accept(api, notice, "email")
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
    """The opt-out itself does not block its own confirmation; whatever comes next is suppressed, also a second confirmation."""
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


@pytest.mark.parametrize(("offer", "closed"), [("Reply N to end these, or STOP.", True), ("Reply STOP to end texts.", False)])
async def test_a_short_token_is_an_opt_out_where_the_last_text_offered_it(api, notice, offer, closed):
    """`N` answers many questions; where nobody was texted yet, it answers none of ours."""
    await accept(api, notice, "email")
    await send_due(api)
    await inbound(api, 1, "N")
    assert 0 == await api.count("events WHERE type = 'opt_out'")
    document = {
        "name": "short",
        "category": "payment_confirmation",
        "languages": {"en": {"sms": "{{ creditor_name }}: thank you. " + offer}},
    }
    answer = await api.client.put("/v1/templates/short", json=document)
    assert 201 == answer.status_code, answer.text
    await accept(api, notice, "sms", template="short", category="payment-confirmation", reference="paid")
    await send_due(api)
    await inbound(api, 2, "N.")
    assert int(closed) == await api.count("events WHERE type = 'opt_out'")


async def test_stop_calling_sent_as_a_text_ends_the_calls(api, notice):
    """What the words name is closed, beside the number that they came from; e-mail goes on; a repeat adds nothing."""
    form = {"MessageSid": "SM" + "c" * 32, "From": "+12025550101", "To": "+12025550100", "Body": "Please stop calling me"}
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
    [("STOP", {"sms"}), ("I refuse to pay", {"sms", "voice"}), ("Thank you, on Friday", set()), (None, set())],
)
async def test_a_message_that_another_system_received_is_read_as_one_of_ours(api, notice, words, closed):
    """Its words act at once, and a repeat adds nothing; without words it is a message."""
    await accept(api, notice, "email")
    await send_due(api)
    event = {"borrower_id": notice["borrower"]["id"], "type": "inbound", "at": api.clock.now().isoformat(), "channel": "sms"}
    event |= {"event_id": "mail-1", "ref": "m1", "words": words, "debt_ids": [notice["debt"]["id"]]}
    for recorded in (True, False):
        answer = await api.client.post("/v1/events", json=event)
        assert {"event_id": "mail-1", "recorded": recorded} == answer.json(), answer.text
    assert (1 + bool(closed)) == await api.count("events WHERE type IN ('inbound', 'opt_out', 'cease')")
    id_ = await accept(api, notice, "sms", "voice", reference="again")
    await send_due(api)
    assert closed == {channel for channel, state in (await states(api, id_)).items() if state in {"suppressed", "held"}}


async def test_a_message_without_a_sender_is_refused(api):
    """The field is named."""
    answer = await post(api, "/v1/inbound/twilio/sms", {"MessageSid": "SM" + "a" * 32, "Body": "STOP"})
    assert 422 == answer.status_code
    assert "/From" == answer.json()["errors"][0]["pointer"]


async def test_a_strangers_message_is_logged_without_a_trace_of_the_person(api):
    """Nobody uses this number: the log has an entry, no table has the number."""
    form = {"MessageSid": "SM" + "b" * 32, "From": "+12025550199", "To": "+12025550100", "Body": "STOP"}
    assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
    assert 0 == await api.count("events")
    assert 1 == await api.count("log_entries WHERE kind = 'inbound.unmatched'")


def heard(answer) -> str:
    """All that a call says."""
    assert 200 == answer.status_code
    return "".join(ET.fromstring(answer.text).itertext())


async def test_a_call_tells_its_notice_to_whoever_says_that_they_are_the_borrower(api, notice):
    """Nothing about the debt before the key; then the words, weighed again; it was a conversation, whatever is said later."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url), {"CallSid": "SM" + "0" * 32}
    opening = await post(api, path + "/twiml", {**call, "AnsweredBy": "human"})
    assert message.content.opening == opening.text
    assert "431.25" not in heard(opening)
    words = await post(api, path + "/digits", {**call, "Digits": "1"})
    assert message.content.twiml == words.text
    assert "431.25" in heard(words)
    assert 2 == await api.count("log_entries WHERE kind = 'call.spoken'")
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_other"})
    assert {"voice": "delivered"} == await states(api, id_)
    assert 1 == await api.count("attempts WHERE outcome = 'conversation'")


async def test_a_machine_hears_a_message_for_anybody_and_its_end_is_the_proof(api, notice):
    """Voicemail counts as left once it was played to its end; a machine that only answered settles nothing."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url), {"CallSid": "SM" + "0" * 32}
    assert message.content.message == (await post(api, path + "/twiml", {**call, "AnsweredBy": "machine_end_beep"})).text
    assert {"voice": "accepted"} == await states(api, id_)
    assert ["Hangup"] == [one.tag for one in ET.fromstring((await post(api, path + "/digits", call)).text)]
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_beep"})
    assert {"voice": "delivered"} == await states(api, id_)
    assert 1 == await api.count("attempts WHERE outcome = 'voicemail_left'")


async def test_a_machine_that_was_cut_short_is_unknown_and_counts(api, notice):
    """Completed, and never played to its end."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url), {"CallSid": "SM" + "0" * 32}
    await post(api, path + "/twiml", {**call, "AnsweredBy": "machine_end_beep"})
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_beep"})
    assert {"voice": "unknown"} == await states(api, id_)


async def test_a_call_that_may_not_speak_any_more_ends_without_a_word(api, notice):
    """Nine in the evening came between placing the call and its answer."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    api.clock.move(timedelta(hours=9))
    answer = await post(api, path_of(message.receipt_url) + "/twiml", {"CallSid": "CA" + "0" * 32})
    assert ["Hangup"] == [one.tag for one in ET.fromstring(answer.text)]
    assert 1 == await api.count("log_entries WHERE kind = 'call.hung_up'")


async def test_a_cancelled_call_ends_without_a_word(api, notice):
    """Cancelled while it rang."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    await api.client.post(f"/v1/notices/{id_}/cancel", json={})
    answer = await post(api, path_of(message.receipt_url) + "/twiml", {"CallSid": "CA" + "0" * 32})
    assert ["Hangup"] == [one.tag for one in ET.fromstring(answer.text)]


async def test_nine_ends_all_calls_to_this_number(api, notice):
    """The key acts once, however often it is pressed; any other key does nothing."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url) + "/digits", {"CallSid": "SM" + "0" * 32}
    assert ["Hangup"] == [one.tag for one in ET.fromstring((await post(api, path, {**call, "Digits": "5"})).text)]
    for _ in range(2):
        answer = await post(api, path, {**call, "Digits": "9"})
        assert ["Say", "Hangup"] == [one.tag for one in ET.fromstring(answer.text)]
    assert 1 == await api.count("events WHERE type = 'opt_out'")
    again = await accept(api, notice, "voice", reference="again")
    assert [] == await send_due(api)
    assert {"voice": "suppressed"} == await states(api, again)


def notification(attempt: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    """What a mail server sends back about a mail of ours."""
    return "\r\n".join(
        [
            "From: MAILER-DAEMON@mx.example.com",
            "To: notices@example.com",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "It could not be delivered.",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example.com",
            f"Original-Envelope-Id: {attempt}@example.com",
            "",
            "Final-Recipient: rfc822; ana@example.com",
            f"Action: {action}",
            f"Status: {status}",
            "",
            "--b--",
            "",
        ]
    ).encode()


async def post_mail(api, mail: bytes, kind: str = "message/rfc822"):
    """A mail as a server passes it on."""
    return await api.client.post("/v1/receipts/email", content=mail, headers={"Content-Type": kind})


async def test_a_bounce_ends_the_delivery_and_a_dead_mailbox_is_not_tried_again(api, notice):
    """Once, however often the server says it."""
    id_ = await accept(api, notice, "email")
    [message] = await send_due(api)
    assert "advanced" == (await post_mail(api, notification(message.attempt_id))).json()["effect"]
    assert "repeated" == (await post_mail(api, notification(message.attempt_id))).json()["effect"]
    assert {"email": "undelivered"} == await states(api, id_)
    again = await accept(api, notice, "email", reference="again")
    assert [] == await send_due(api)
    assert {"email": "suppressed"} == await states(api, again)


async def test_a_mail_that_is_no_notification_of_ours_changes_nothing(api, notice):
    """An answer of a person, a notification about another's mail, text that says that it is a mail."""
    await accept(api, notice, "email")
    [message] = await send_due(api)
    assert 422 == (await post_mail(api, b"From: ana@example.com\r\nSubject: Re\r\n\r\nI will pay.")).status_code
    assert 404 == (await post_mail(api, notification("somebody-elses"))).status_code
    assert 404 == (await post_mail(api, notification(message.attempt_id.replace(".email.", ".sms.")))).status_code
    assert 404 == (await post_mail(api, notification(message.attempt_id + "7"))).status_code
    assert 415 == (await post_mail(api, notification(message.attempt_id), "text/plain")).status_code
    assert 0 == await api.count("receipts")
