"""Events of SES, posted to one URL for the account: each finds its attempt by the tag that the mail
carried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from channels.message import Message
from channels.outcome import Accepted
from channels.ses.receiver import SesReceiver
from channels.ses.tag import tag_of
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.send.dial import dial
from service.dispatch.send.settle import Sent, settle
from tests.api.as_twilio import accept, states
from tests.channels.ses_double import Topic, bounce, event

URL = "/v1/receipts/ses/email"
GONE = {"emailAddress": "ana@example.com", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}


@pytest.fixture
def topic(api: Any) -> Topic:
    """The account's topic, which the service believes."""
    one = Topic()
    state = api.app.state.forbear
    receivers = {**state.receivers, "ses": SesReceiver([one.arn], one.fetch)}
    api.app.state.forbear = replace(state, receivers=receivers)
    return one


async def sent(api: Any, notice: dict[str, Any]) -> tuple[str, Message]:
    """A notice by e-mail that SES took."""
    id_ = await accept(api, notice, "email")
    cell = api.cell_of(notice["borrower"]["id"])
    round_ = await claim_and_decide(cell, ZoneCache(), limit=5, adapters={"email": "ses"}, lease_seconds=30)
    [one] = await dial(cell, round_.reserved, send_within=15.0)
    outcome = Accepted(ref="0107-1")
    await settle(cell, [Sent(key=one.reserved.key, outcome=outcome, at=api.clock.now())])
    return id_, one.message


async def post(api: Any, body: bytes, url: str = URL) -> Any:
    """Post as SNS does: plain text, and no key."""
    headers = {"Content-Type": "text/plain; charset=UTF-8", "Authorization": ""}
    return await api.client.post(url, content=body, headers=headers)


async def test_a_delivery_finds_its_attempt(api, topic, notice):
    """Twice is once; a tag that is not of ours, another topic and a changed word are refused."""
    id_, message = await sent(api, notice)
    tag = tag_of(message.receipt_url)
    body = topic.message(event("Delivery", tag))
    answer = await post(api, body)
    assert (200, "advanced") == (answer.status_code, answer.json()["effect"])
    assert {"email": "delivered"} == await states(api, id_)
    assert "repeated" == (await post(api, body)).json()["effect"]
    assert 404 == (await post(api, topic.message(event("Delivery", "ntc_0@0")))).status_code
    assert 403 == (await post(api, Topic().message(event("Delivery", tag)))).status_code
    assert 403 == (await post(api, body.replace(b"0107-1", b"0107-9"))).status_code
    assert 422 == (await post(api, topic.message(event("Delivery")))).status_code


async def test_a_permanent_bounce_closes_the_mailbox_for_whoever_has_it(api, topic, notice):
    """By its enhanced code, as in a mail that came back."""
    id_, message = await sent(api, notice)
    told = event("Bounce", tag_of(message.receipt_url), **bounce("Permanent", "General", [GONE]))
    assert 200 == (await post(api, topic.message(told))).status_code
    assert {"email": "undelivered"} == await states(api, id_)
    listed = (await api.client.get("/v1/suppressions")).json()["items"]
    assert [("email", "dead_address")] == [(one["channel"], one["reason"]) for one in listed]


async def test_a_complaint_is_a_suppression_of_email(api, topic, notice):
    """Of the mailbox that the mail went to."""
    _, message = await sent(api, notice)
    told = event("Complaint", tag_of(message.receipt_url), complaint={"complaintFeedbackType": "abuse"})
    answer = await post(api, topic.message(told))
    assert (200, "complaint") == (answer.status_code, answer.json()["effect"])
    listed = (await api.client.get("/v1/suppressions")).json()["items"]
    assert [("email", "complaint")] == [(one["channel"], one["reason"]) for one in listed]


async def test_a_topic_that_asks_is_answered(api, topic):
    """Once its signature held."""
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"
    body = topic.message("?", Type="SubscriptionConfirmation", Token="t", SubscribeURL=url)
    answer = await post(api, body)
    assert (200, "greeted") == (answer.status_code, answer.json()["effect"])
    assert url == topic.fetched[-1]


async def test_each_provider_has_its_own_kind_of_url(api, topic, notice):
    """One URL for the account is no URL with each message, and the other way round."""
    _, message = await sent(api, notice)
    body = topic.message(event("Delivery", tag_of(message.receipt_url)))
    path = message.receipt_url.removeprefix("https://forbear.example.com")
    assert 404 == (await post(api, body, path)).status_code
    assert 404 == (await post(api, body, "/v1/receipts/twilio/sms")).status_code
    assert 404 == (await post(api, body, "/v1/receipts/nobody/email")).status_code
    assert 404 == (await post(api, body, "/v1/receipts/ses/sms")).status_code
