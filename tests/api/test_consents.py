"""Consents in a profile: what was given at onboarding, once."""

from __future__ import annotations

from typing import Any

CONSENTS = "events WHERE type = 'consent'"


async def test_consents_count_when_a_borrower_is_stored_for_the_first_time(
    api: Any, notice: dict[str, Any]
) -> None:
    """A profile that is sent again must not undo what was revoked meanwhile; a later consent is an event."""
    given = {**notice["borrower"], "consents": [{"channel": "sms", "given_to": "creditor"}]}
    assert 202 == (await api.client.post("/v1/notices", json={**notice, "borrower": given})).status_code
    assert 1 == await api.count(CONSENTS)
    again = {**given, "name": "Ana Luz", "consents": [{"channel": "sms"}, {"channel": "voice"}]}
    assert 202 == (await api.client.post("/v1/notices", json={**notice, "borrower": again})).status_code
    assert 1 == await api.count(CONSENTS)
    event = {"borrower_id": "B-1", "type": "consent", "channel": "voice", "at": api.clock.now().isoformat()}
    assert 202 == (await api.client.post("/v1/events", json=event)).status_code
    assert 2 == await api.count(CONSENTS)
