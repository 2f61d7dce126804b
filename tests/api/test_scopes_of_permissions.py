"""What lifts and what permits over the API: as far as it names, and in its corrected form alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.as_twilio import accept, send_due

US = {"time_zone": "America/New_York", "country": "US", "jurisdiction": "US-MA", "postal_code": "02108"}


async def told(api: Any, type_: str, **further: Any) -> dict[str, Any]:
    """Record an event, a second after the one before it."""
    api.clock.advance(timedelta(seconds=1))
    body = {"borrower_id": "B-1", "type": type_, "at": api.clock.now().isoformat(), **further}
    answer = await api.client.post("/v1/events", json=body)
    assert 202 == answer.status_code, answer.text
    return answer.json()


async def goes(api: Any, notice: dict[str, Any], number: int) -> bool:
    """Whether one more text goes."""
    await accept(api, notice, "sms", reference=f"n{number}")
    return bool(await send_due(api))


LIMITED = ({"topic": "marketing"}, {"account_id": "another"})


@pytest.mark.parametrize("limited", LIMITED, ids=str)
@pytest.mark.parametrize(
    ("taken", "lift"),
    [
        ("opt_out", "opt_in"),
        ("dispute", "dispute_resolved"),
        ("attorney", "attorney_withdrawn"),
        ("bankruptcy", "bankruptcy_dismissed"),
        ("hardship_request", "hardship_answered"),
        ("person_hold", "person_release"),
    ],
)
async def test_what_names_another_account_or_a_topic_lifts_nothing_of_a_notice(
    api: Any, notice: dict[str, Any], taken: str, lift: str, limited: dict[str, str]
) -> None:
    """Nor does it stand in the way of what lifts all of it."""
    channel = {"channel": "sms"} if taken == "opt_out" else {}
    await accept(api, notice, "email")
    await told(api, taken, **channel)
    await told(api, lift, **channel, **limited)
    assert not await goes(api, notice, 1)
    await told(api, lift, **channel)
    assert await goes(api, notice, 2)


@pytest.mark.parametrize("limited", [*LIMITED, {"only_dates": ["2026-01-01"]}], ids=str)
async def test_a_consent_permits_as_far_as_it_names(
    api: Any, notice: dict[str, Any], limited: dict[str, Any]
) -> None:
    """A text in the United States needs one; that of the notice's own account is one."""
    there = {**notice, "borrower": {**notice["borrower"], **US}}
    await accept(api, there, "email")
    await told(api, "consent", channel="sms", given_to="creditor", **limited)
    assert not await goes(api, there, 1)
    await told(api, "consent", channel="sms", given_to="creditor", account_id=notice["debt"]["account_id"])
    assert await goes(api, there, 2)
