"""A key that is limited to creditors lifts nothing, and changes no profile, of a borrower whom other
creditors have too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

MINE, THEIRS = "first-inclusive-bank", "other-bank"


async def shared(api: Any, notice: dict[str, Any]) -> dict[str, str]:
    """A borrower of two creditors; the key of the second, which repeated the profile."""
    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code
    key = await api.key("producer", creditors=[THEIRS])
    theirs = {**notice, "debt": {**notice["debt"], "creditor": THEIRS}, "reference": "theirs"}
    assert 202 == (await api.client.post("/v1/notices", json=theirs, headers=key)).status_code
    return key


def event(api: Any, type_: str, **further: Any) -> dict[str, Any]:
    """An event, now."""
    return {"borrower_id": "B-1", "type": type_, "at": api.clock.now().isoformat(), **further}


async def test_a_profile_that_others_rely_on_is_not_changed(api: Any, notice: Any) -> None:
    """Neither by PUT nor by a notice; repeating it is fine."""
    key = await shared(api, notice)
    profile = {name: value for name, value in notice["borrower"].items() if name not in {"id", "consents"}}
    moved = {**profile, "addresses": {"sms": "+12025550177"}}
    answer = await api.client.put("/v1/borrowers/B-1", json=moved, headers=key)
    assert (403, "another-creditor") == (
        answer.status_code,
        answer.json()["type"].rsplit("/", 1)[-1].rsplit(":", 1)[-1],
    )
    theirs = {
        **notice,
        "borrower": {**notice["borrower"], "addresses": {"sms": "+12025550177"}},
        "channels": ["sms"],
        "debt": {**notice["debt"], "creditor": THEIRS},
    }
    answer = await api.client.post("/v1/notices", json=theirs, headers=key)
    assert 403 == answer.status_code, answer.text
    results = (await api.client.post("/v1/notices/batch", json={"notices": [theirs]}, headers=key)).json()
    assert 403 == results["results"][0]["problem"]["status"]
    assert 200 == (await api.client.put("/v1/borrowers/B-1", json=profile, headers=key)).status_code
    stored = (await api.client.get("/v1/borrowers/B-1")).json()
    assert notice["borrower"]["addresses"]["sms"] == stored["addresses"]["sms"]


@pytest.mark.parametrize(
    "lifting",
    [
        {"type_": "opt_in", "channel": "sms"},
        {"type_": "consent", "channel": "sms"},
        {"type_": "cease_withdrawn"},
        {"type_": "attorney_withdrawn"},
        {"type_": "dispute_resolved"},
        {"type_": "bankruptcy_dismissed"},
        {"type_": "person_release"},
        {"type_": "designation_withdrawn"},
        {"type_": "rnd_check", "result": "not_reassigned"},
        {"type_": "address_confirmed", "channel": "sms", "address": "+12025550101"},
        {"type_": "inbound", "channel": "sms", "words": "START"},
    ],
    ids=lambda one: one["type_"],
)
async def test_what_lifts_is_refused_where_others_have_the_borrower(
    api: Any, notice: Any, lifting: Any
) -> None:
    """Alone and in a list; with a key for all it is recorded."""
    key = await shared(api, notice)
    body = event(api, **lifting)
    answer = await api.client.post("/v1/events", json=body, headers=key)
    assert (403, True) == (answer.status_code, "another-creditor" in answer.json()["type"]), answer.text
    results = (await api.client.post("/v1/events", json=[body], headers=key)).json()["results"]
    assert 403 == results[0]["problem"]["status"]
    assert 202 == (await api.client.post("/v1/events", json=body)).status_code


@pytest.mark.parametrize(
    "restricting",
    [
        {"type_": "opt_out", "channel": "sms"},
        {"type_": "cease"},
        {"type_": "revoke_consent", "channel": "sms"},
        {"type_": "complaint", "channel": "email"},
        {"type_": "rnd_check", "result": "reassigned"},
        {"type_": "inbound", "channel": "sms", "words": "STOP"},
    ],
    ids=lambda one: one["type_"],
)
async def test_what_restricts_is_always_taken(api: Any, notice: Any, restricting: Any) -> None:
    """From whichever creditor's key."""
    key = await shared(api, notice)
    answer = await api.client.post("/v1/events", json=event(api, **restricting), headers=key)
    assert (202, True) == (answer.status_code, answer.json()["recorded"])


async def test_where_the_borrower_is_its_creditors_alone_the_key_may_lift(api: Any, notice: Any) -> None:
    """As before."""
    key = await api.key("producer", creditors=[MINE])
    assert 202 == (await api.client.post("/v1/notices", json=notice, headers=key)).status_code
    api.clock.move(timedelta(minutes=1))
    assert (
        202
        == (
            await api.client.post("/v1/events", json=event(api, "opt_in", channel="sms"), headers=key)
        ).status_code
    )
    moved = {"addresses": {"sms": "+12025550177"}}
    assert 200 == (await api.client.put("/v1/borrowers/B-1", json=moved, headers=key)).status_code


async def test_of_a_notice_that_is_refused_nothing_is_stored_about_its_borrower(
    api: Any, notice: dict[str, Any]
) -> None:
    """No profile, no address and no consent: alone, and in a batch beside one that is accepted."""
    changed = {
        **notice["borrower"],
        "name": "Another Name",
        "addresses": {"sms": "+12025550188"},
        "consents": [{"channel": "sms", "given_to": "creditor"}],
    }
    refused = [
        {**notice, "borrower": changed, "channels": ["sms"], **wrong}
        for wrong in (
            {"template": "payment-received"},
            {"debt": {**notice["debt"], "late_fees": "999999.00"}},
            {"expires_at": (api.clock.now() - timedelta(days=1)).isoformat()},
            {"channels": ["sms", "voice"]},
        )
    ]
    for body in refused:
        assert 422 == (await api.client.post("/v1/notices", json=body)).status_code
    assert 0 == await api.count("events WHERE type = 'consent'")
    assert 404 == (await api.client.get("/v1/borrowers/B-1")).status_code
    answer = await api.client.post("/v1/notices/batch", json={"notices": [*refused, notice]})
    statuses = [one.get("status", one.get("problem", {}).get("status")) for one in answer.json()["results"]]
    assert [422] * len(refused) == statuses[:-1]
    profile = (await api.client.get("/v1/borrowers/B-1")).json()
    assert notice["borrower"]["name"] == profile["name"]
    assert len(notice["borrower"]["consents"]) == await api.count("events WHERE type = 'consent'")
