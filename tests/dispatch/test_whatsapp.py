"""WhatsApp from the notice to the receipt: what law calls it, which words may leave, and what a reply
does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels.content.shipped import shipped_templates
from channels.message import WhatsAppContent
from channels.receipt import Progress
from service.dispatch.decide.decision import SESSION
from tests.dispatch.test_suppressions import say

NUMBER = "+12025550150"
APPROVED = "HX" + "7" * 32
CONSENT = {"channel": "whatsapp", "at": "2026-01-05T10:00:00Z", "given_to": "creditor"}


@pytest.fixture
def by_whatsapp(plain: dict[str, Any]) -> dict[str, Any]:
    """A notice for somebody who is reached by WhatsApp."""
    body = {**plain, "channels": ["whatsapp"]}
    body["borrower"] = {**plain["borrower"], "addresses": {"whatsapp": NUMBER}, "consents": [CONSENT]}
    return body


async def approve(bench: Any, name: str, account: str = "scripted") -> None:
    """Let the account's id of each approved text stand in the template."""
    document = dict(shipped_templates()[name].document)
    languages = {
        language: texts | {"whatsapp": texts["whatsapp"] | {"approved": {account: APPROVED}}}
        for language, texts in document["languages"].items()
    }
    await bench.api.template(document | {"languages": languages})


async def reply(bench: Any, words: str) -> Any:
    """A message of the borrower's by WhatsApp."""
    return await say(bench.api, words, number=NUMBER, channel="whatsapp")


async def test_law_knows_it_as_an_instant_message(bench, by_whatsapp):
    """The verdict says so, and so does what caps count afterwards."""
    await approve(bench, "overdue-reminder")
    id_ = await bench.accept(by_whatsapp, "whatsapp")
    [message] = await bench.work()
    delivery = (await bench.read(id_))["whatsapp"]
    assert ("accepted", "im") == (delivery["state"], delivery["verdict"]["judged_as"])
    async with bench.api.runtime.database.connection() as connection:
        assert "im" == await connection.fetchval("SELECT medium FROM attempts")
    await bench.receipt(message, Progress.DELIVERED, "delivered")
    assert {"whatsapp": "delivered"} == await bench.states(id_)
    timeline = (await bench.api.client.get("/v1/borrowers/B-1/timeline")).json()
    assert "whatsapp" in {one["channel"] for one in timeline["channels"]}


async def test_an_unapproved_text_is_held_and_says_which_account_it_lacks(bench, by_whatsapp):
    """A provider would take it and fail a moment later; a person sees to the approval."""
    id_ = await bench.accept(by_whatsapp, "whatsapp")
    assert [] == await bench.work()
    delivery = (await bench.read(id_))["whatsapp"]
    assert "held" == delivery["state"]
    assert "names no approved text for scripted in en-US" in delivery["reason"]


async def test_what_was_put_into_an_approved_text_stands_in_the_log(bench, by_whatsapp):
    """Under the borrower's key: after an erasure the entry is mute, and still there."""
    await approve(bench, "overdue-reminder")
    id_ = await bench.accept(by_whatsapp, "whatsapp")
    [message] = await bench.work()
    assert isinstance(message.content, WhatsAppContent)
    [entry] = [
        one
        for one in (await bench.api.client.get("/v1/log", params={"notice": id_})).json()["items"]
        if one["kind"] == "attempt.variables"
    ]
    assert {"approved": APPROVED, "in_session": False} == entry["public"]
    assert message.content.variables == entry["detail"]["variables"]
    assert "$431.25" in message.content.text
    assert message.content.text.startswith("Hello. First Inclusive Bank: your payment")
    erased = await bench.api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})
    assert erased.is_success, erased.text
    [again] = [
        one
        for one in (await bench.api.client.get("/v1/log", params={"notice": id_})).json()["items"]
        if one["kind"] == "attempt.variables"
    ]
    assert {"erased": True} == again["detail"]


async def test_a_stop_by_whatsapp_closes_texts_too_and_is_confirmed_where_it_came_from(bench, by_whatsapp):
    """Within the day of what the person wrote, words that nobody approved may confirm it."""
    await approve(bench, "overdue-reminder")
    await bench.accept(by_whatsapp, "whatsapp")
    await bench.work()
    assert "opt_out" == (await reply(bench, "STOP")).taken_for
    [confirmation] = await bench.work()
    assert ("whatsapp", True) == (confirmation.channel, confirmation.in_session)
    assert isinstance(confirmation.content, WhatsAppContent)
    assert "your request is confirmed" in confirmation.content.text
    for channel, addresses in (("whatsapp", {"whatsapp": NUMBER}), ("sms", {"sms": NUMBER})):
        body = {**by_whatsapp, "borrower": {**by_whatsapp["borrower"], "id": f"M-{channel}"}}
        body["borrower"]["addresses"] = addresses
        id_ = await bench.accept(body, channel)
        assert [] == await bench.work()
        assert {channel: "suppressed"} == await bench.states(id_)


async def test_a_text_of_stop_closes_whatsapp(bench, by_whatsapp):
    """One number, one wish to hear no more texts."""
    await approve(bench, "overdue-reminder")
    await say(bench.api, "STOP", number=NUMBER)
    id_ = await bench.accept(by_whatsapp, "whatsapp")
    assert [] == await bench.work()
    assert {"whatsapp": "suppressed"} == await bench.states(id_)


@pytest.mark.parametrize(
    ("after", "state"), [(SESSION - timedelta(minutes=1), "accepted"), (SESSION, "held")]
)
async def test_a_message_of_the_person_opens_a_day_for_free_words(bench, by_whatsapp, after, state):
    """A minute before its end they go; from then on what is not approved waits for somebody."""
    first = await bench.accept(by_whatsapp, "whatsapp")
    await bench.work()
    assert {"whatsapp": "held"} == await bench.states(first)
    await reply(bench, "thank you")
    bench.api.clock.move(after)
    body = {**by_whatsapp, "category": "payment_confirmation", "template": "payment-confirmation"}
    id_ = await bench.accept(body, "whatsapp")
    await bench.work()
    assert {"whatsapp": state} == await bench.states(id_)


async def test_another_numbers_message_opens_nothing(bench, by_whatsapp):
    """The day is of the number that wrote."""
    body = {**by_whatsapp, "category": "payment_confirmation", "template": "payment-confirmation"}
    other = {**body["borrower"], "id": "M-2", "addresses": {"whatsapp": "+12025550151"}}
    await bench.accept({**body, "borrower": other}, "whatsapp")
    await say(bench.api, "hello", number="+12025550151", channel="whatsapp")
    id_ = await bench.accept(body, "whatsapp")
    await bench.work()
    assert {"whatsapp": "held"} == await bench.states(id_)


async def test_consent_for_whatsapp_is_consent_for_instant_messages(bench, by_whatsapp):
    """Either word is taken and the policies' own is kept; where no place is known, the strict house keeps
    still without one."""
    await approve(bench, "overdue-reminder")
    unknown = {"language": "en", "time_zone": "America/New_York"}
    wanted = {None: "suppressed", "sms": "suppressed", "whatsapp": "accepted", "im": "accepted"}
    found: dict[str | None, str] = {}
    for place, word in enumerate(wanted):
        consents = [] if word is None else [CONSENT | {"channel": word}]
        addresses = {"whatsapp": f"+1500555016{place}"}
        borrower = unknown | {"id": f"N-{place}", "addresses": addresses, "consents": consents}
        id_ = await bench.accept({**by_whatsapp, "borrower": borrower}, "whatsapp")
        await bench.work()
        found[word] = (await bench.states(id_))["whatsapp"]
    assert wanted == found


async def test_nothing_is_learned_of_it(bench, by_whatsapp):
    """An adaptive notice names other channels."""
    body = {**by_whatsapp, "fan_out": "adaptive"}
    answer = await bench.api.client.post("/v1/notices", json=body)
    assert (422, "/channels") == (answer.status_code, answer.json()["errors"][0]["pointer"])
