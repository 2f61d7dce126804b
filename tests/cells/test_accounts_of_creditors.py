"""Profiles of creditors live at home, and bind what is claimed in every cell; so do events of one URL for an
account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from channels.ses.receiver import SesReceiver
from channels.ses.tag import tag_of
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.send.dial import dial
from tests.cells.conftest import TwoCells
from tests.channels.ses_double import Topic, event


async def test_another_cells_claims_go_by_the_account_of_the_profile(two: TwoCells, plain: dict[str, Any]):
    """What a creditor gave to an account is claimed for it alone, wherever its borrowers are."""
    api = two.bench.api
    api.runtime.in_force.senders = {"sms": frozenset({"acme"})}
    body = {"name": "Bank", "phone": "+12025550100", "senders": {"sms": "acme"}}
    answer = await api.client.put(f"/v1/creditors/{plain['debt']['creditor']}", json=body)
    assert answer.is_success, answer.text
    for cell in (two.home, two.other):
        await two.bench.accept(two.notice_in(cell, plain))
    for cell in (two.home, two.other):
        by_own = await claim_and_decide(
            cell, ZoneCache(), limit=5, adapters={"sms": "twilio"}, lease_seconds=30
        )
        by_acme = await claim_and_decide(
            cell, ZoneCache(), limit=5, adapters={"sms.acme": "twilio.acme"}, lease_seconds=30
        )
        assert (0, ["twilio.acme"]) == (by_own.claimed, [one.adapter for one in by_acme.reserved])
        [dialed] = await dial(cell, by_acme.reserved, send_within=15.0)
        assert "/v1/receipts/twilio.acme/sms/" in dialed.message.receipt_url


async def test_a_complaint_finds_the_cell_of_its_attempt(two: TwoCells, plain: dict[str, Any]):
    """The mailbox is closed in every cell."""
    api, topic = two.bench.api, Topic()
    state = api.app.state.forbear
    receivers = {**state.receivers, "ses": SesReceiver([topic.arn], topic.fetch)}
    api.app.state.forbear = replace(state, receivers=receivers)
    body = two.notice_in(two.other, plain)
    body["borrower"] |= {"addresses": {"email": "ana@example.com"}}
    await two.bench.accept(body, "email")
    round_ = await claim_and_decide(
        two.other, ZoneCache(), limit=5, adapters={"email": "ses"}, lease_seconds=30
    )
    [dialed] = await dial(two.other, round_.reserved, send_within=15.0)
    told = event("Complaint", tag_of(dialed.message.receipt_url), complaint={})
    answer = await api.client.post("/v1/receipts/ses/email", content=topic.message(told))
    assert (200, "complaint") == (answer.status_code, answer.json()["effect"])
    listed = (await api.client.get("/v1/suppressions")).json()["items"]
    assert {("email", "complaint")} == {(one["channel"], one["reason"]) for one in listed}
