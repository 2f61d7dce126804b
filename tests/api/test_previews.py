"""A preview says what would come of a notice: refused where it would be refused, and bound by the end that it would have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


@pytest.mark.parametrize(
    "times",
    [
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"not_before": "2020-01-01T00:00:00Z", "expires_at": "2020-02-01T00:00:00Z"},
    ],
)
async def test_what_would_be_refused_is_refused_in_a_preview(
    api: Any, notice: dict[str, Any], times: dict[str, str]
) -> None:
    """With the same faults; nothing that has expired is called allowed."""
    wanted = {**notice, "not_before": None, **times}
    preview = await api.client.post("/v1/notices/preview", json=wanted)
    posted = await api.client.post("/v1/notices", json=wanted)
    assert 422 == preview.status_code == posted.status_code
    assert preview.json()["errors"] == posted.json()["errors"]


async def test_a_preview_ends_where_the_notice_would_by_its_category(
    api: Any, notice: dict[str, Any]
) -> None:
    """A payment confirmation lives for three days: what must wait for longer comes too late, and is said to."""
    assert (
        202
        == (
            await api.client.post(
                "/v1/notices", json={**notice, "not_before": "2190-01-01T00:00:00Z", "expires_at": None}
            )
        ).status_code
    )
    at = api.clock.now() - timedelta(hours=1)
    called = [
        {"borrower_id": notice["borrower"]["id"], "type": "contact", "at": at.isoformat(), "channel": "letter", "direction": "out", "outcome": "delivered"}
        for _ in range(3)
    ]  # fmt: skip
    assert 202 == (await api.client.post("/v1/events", json=called)).status_code
    verdicts = {}
    for category in ("payment_confirmation", "offer"):
        wanted = {**notice, "category": category, "channels": ["sms"], "not_before": None, "expires_at": None}
        answer = await api.client.post("/v1/notices/preview", json=wanted)
        verdicts[category] = answer.json()["channels"][0]["too_late"]
    assert {"payment_confirmation": True, "offer": False} == verdicts
