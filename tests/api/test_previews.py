"""A preview says what would come of a notice: refused where it would be refused, and bound by the end that it
would have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.as_twilio import send_due


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
    """With the same errors; nothing that has expired is called allowed."""
    wanted = {**notice, "not_before": None, **times}
    preview = await api.client.post("/v1/notices/preview", json=wanted)
    posted = await api.client.post("/v1/notices", json=wanted)
    assert 422 == preview.status_code == posted.status_code
    assert preview.json()["errors"] == posted.json()["errors"]


async def test_a_preview_ends_where_the_notice_would_by_its_category(
    api: Any, notice: dict[str, Any]
) -> None:
    """A payment confirmation lives for three days: what must wait for longer comes too late, and is said
    to."""
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
        {"borrower_id": notice["borrower"]["id"], "type": "contact", "at": at.isoformat(),
        "channel": "letter", "direction": "out", "outcome": "delivered"}
        for _ in range(3)
    ]  # fmt: skip
    assert 202 == (await api.client.post("/v1/events", json=called)).status_code
    verdicts = {}
    for category, template in (("payment_confirmation", "payment-confirmation"), ("offer", "hardship-offer")):
        wanted = {
            **notice,
            "category": category,
            "template": template,
            "channels": ["sms"],
            "not_before": None,
            "expires_at": None,
        }
        answer = await api.client.post("/v1/notices/preview", json=wanted)
        verdicts[category] = answer.json()["channels"][0]["too_late"]
    assert {"payment_confirmation": True, "offer": False} == verdicts


def to(notice: dict[str, Any], language: str, **further: Any) -> dict[str, Any]:
    """A notice to a borrower of this language."""
    borrower = {**notice["borrower"], "language": language}
    return {**notice, "borrower": borrower, "not_before": None, "wait": None, "fan_out": "all", **further}


async def shown(api: Any, wanted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A preview by channel."""
    answer = await api.client.post("/v1/notices/preview", json=wanted)
    assert 200 == answer.status_code, answer.text
    return {one["channel"]: one for one in answer.json()["channels"]}


@pytest.mark.parametrize(
    ("language", "sent", "missing"),
    [
        ("en-US", "en", False), ("en", "en", False), ("es-MX", "es", False), ("zh-CN", "zh-CN", False),
        ("zh-Hans-SG", "zh-CN", False),
        ("fr-FR", "en", True), ("ht", "en", True), ("vi", "en", True), ("tl", "en", True),
        ("zh-TW", "zh-CN", True), ("zh-Hant", "zh-CN", True), ("zh-HK", "zh-CN", True),
    ],
)  # fmt: skip
async def test_a_language_without_words_is_said_to_be_missing(
    api: Any, notice: dict[str, Any], language: str, sent: str, missing: bool
) -> None:
    """In the preview, and in the verdict of what is sent all the same; traditional characters are not
    simplified ones."""
    wanted = to(notice, language, channels=["sms", "email"])
    for one in (await shown(api, wanted)).values():
        assert (sent, missing) == (one["language"], "language_missing" in one["warnings"])
    id_ = (await api.client.post("/v1/notices", json=wanted)).json()["id"]
    await send_due(api)
    for delivery in (await api.client.get(f"/v1/notices/{id_}")).json()["deliveries"]:
        assert missing is ("language_missing" in delivery["verdict"]["warnings"])


@pytest.mark.parametrize(
    ("language", "encoding", "dear"),
    [
        ("en-US", "GSM-7", False),
        ("es-US", "UCS-2", True),
        ("zh-CN", "UCS-2", False),
        ("en-CH", "GSM-7", False),
    ],
)
async def test_a_preview_says_what_a_text_costs(
    api: Any, notice: dict[str, Any], language: str, encoding: str, dear: bool
) -> None:
    """Segments, the encoding, and what forces it; an accent that could be done without is warned of, Chinese
    is not."""
    found = await shown(api, to(notice, language, channels=["sms", "email"]))
    text = found["sms"]
    assert encoding == text["encoding"]
    assert text["segments"] >= 1
    assert (encoding == "UCS-2") is bool(text["forced_by"])
    assert dear is ("ucs2" in text["warnings"])
    assert "segments" not in found["email"] or found["email"]["segments"] is None


async def test_a_preview_counts_the_segments_that_are_sent(api: Any, notice: dict[str, Any]) -> None:
    """A third party's first text in Spanish says more, and takes several."""
    wanted = to(notice, "es-US", channels=["sms"], sender_role="third_party")
    text = (await shown(api, wanted))["sms"]
    assert text["segments"] >= 4
    await api.client.post("/v1/notices", json=wanted)
    sent = await send_due(api)
    assert [text["segments"]] == [one.content.segments for one in sent] or text["verdict"] != "allow"


async def test_a_preview_counts_the_consents_that_come_with_a_borrower(
    api: Any, notice: dict[str, Any]
) -> None:
    """Whoever is not known yet comes with them when the notice is sent; who is known already does not."""
    given = [{"channel": "sms", "at": "2026-01-05T10:00:00Z", "given_to": "creditor"}]
    body = {**notice, "not_before": None, "channels": ["sms"]}
    bare = {**body, "borrower": {**notice["borrower"], "consents": []}}
    with_consent = {**body, "borrower": {**notice["borrower"], "consents": given}}

    async def verdict(wanted: dict[str, Any]) -> str:
        answer = await api.client.post("/v1/notices/preview", json=wanted)
        assert 200 == answer.status_code, answer.text
        return answer.json()["channels"][0]["verdict"]

    assert ["suppress", "allow"] == [await verdict(bare), await verdict(with_consent)]
    await api.client.post("/v1/notices", json=bare)
    assert "suppress" == await verdict(with_consent)
