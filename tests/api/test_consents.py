"""Consents in a profile: what was given at onboarding, once."""

from __future__ import annotations

from datetime import timedelta
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


async def test_a_consent_that_is_dated_ahead_is_refused_wherever_it_comes(
    api: Any, notice: dict[str, Any]
) -> None:
    """It was not given yet, and nothing may be sent on it; what other clocks are ahead by is taken as now."""
    consents = [
        {"channel": "sms", "at": (api.clock.now() + timedelta(minutes=4)).isoformat()},
        {"channel": "sms", "at": (api.clock.now() + timedelta(days=3)).isoformat()},
    ]
    borrower = {**notice["borrower"], "consents": consents}
    ahead = {**notice, "borrower": borrower}
    profile = {key: value for key, value in borrower.items() if key != "id"}
    answers = [
        (await api.client.post("/v1/notices", json=ahead), "/borrower/consents/1/at"),
        (await api.client.post("/v1/notices/preview", json=ahead), "/borrower/consents/1/at"),
        (await api.client.put("/v1/borrowers/B-1", json=profile), "/consents/1/at"),
    ]
    for answer, pointer in answers:
        assert 422 == answer.status_code
        assert [("future", pointer)] == [(one["code"], one["pointer"]) for one in answer.json()["errors"]]
    many = await api.client.post("/v1/notices/batch", json={"notices": [ahead]})
    assert "/borrower/consents/1/at" in many.text
    assert 0 == await api.count(CONSENTS)
    soon = {**borrower, "consents": consents[:1]}
    assert 202 == (await api.client.post("/v1/notices", json={**notice, "borrower": soon})).status_code
    assert 1 == await api.count(CONSENTS)
