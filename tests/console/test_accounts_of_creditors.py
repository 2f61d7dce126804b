"""The page of a creditor offers the accounts of the settings, and keeps what is chosen."""

from __future__ import annotations

from typing import Any

from tests.console.visiting import after, visitor

FIELDS = {"creditor": "acme-bank", "name": "Acme Bank", "phone": "+12025550100", "email": "", "url": ""}


async def test_an_account_is_chosen_for_a_channel_and_shown(api: Any) -> None:
    """Where the settings have none, nothing is offered; a name that they do not have is refused."""
    one = await visitor(api, "ops")
    assert "sender_sms" not in (await one.get("/console/creditors")).text
    api.runtime.in_force.senders = {"sms": frozenset({"acme", "north"}), "whatsapp": frozenset()}
    page = (await one.get("/console/creditors")).text
    assert '<option value="acme">acme</option>' in page
    assert "sender_whatsapp" not in page
    stored = await one.post("/console/creditors", FIELDS | {"sender_sms": "acme"})
    assert "acme-bank" in await after(one, stored)
    assert (
        '<option value="acme" selected>acme</option>' in (await one.get("/console/creditors/acme-bank")).text
    )
    refused = await one.post("/console/creditors", FIELDS | {"sender_sms": "elsewhere"})
    assert "expected one of acme, north" in refused.text
    told = (await api.client.get("/v1/creditors/acme-bank")).json()
    assert "acme" == told["senders"]["sms"]
    auditor = await visitor(api, "auditor")
    assert "<code>acme</code>" in (await auditor.get("/console/creditors/acme-bank")).text
