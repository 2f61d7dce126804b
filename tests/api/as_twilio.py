"""Twilio as it calls us: signed requests, and what they did."""

from __future__ import annotations

from typing import Any

from twilio.request_validator import RequestValidator

from channels.message import Message
from channels.outcome import Accepted
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.send.settle import Sent
from tests.steps import decide_all, dial_all, settle_all

TOKEN, PUBLIC = "twilio-token-for-tests", "https://forbear.example.com"

ACCOUNT = "AC" + "0" * 32
ADAPTERS = {"sms": "twilio", "email": "sandbox", "voice": "twilio"}


async def post(api, path: str, form: dict[str, str], *, token: str = TOKEN, account: str = ACCOUNT):
    """Post a form as Twilio does: signed for the public URL."""
    form = {"AccountSid": account, **form}
    signature = RequestValidator(token).compute_signature(PUBLIC + path, form)
    return await api.client.post(
        path, data=form, headers={"X-Twilio-Signature": signature, "Authorization": ""}
    )


async def send_due(api) -> list[Message]:
    """Everything that is due, handed over to a provider that takes it."""
    messages: list[Message] = []
    while (
        round_ := await decide_all(api.runtime, ZoneCache(), limit=50, adapters=ADAPTERS, lease_seconds=30)
    ).claimed:
        dialed = await dial_all(api.runtime, round_.reserved, send_within=15.0)
        sids = {one.reserved.key: f"SM{len(messages) + number:032x}" for number, one in enumerate(dialed)}
        await settle_all(
            api.runtime,
            [Sent(key=key, outcome=Accepted(ref=sid), at=api.clock.now()) for key, sid in sids.items()],
        )
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
