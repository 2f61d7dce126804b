"""What lifts and what permits over the API: as far as it names, and in its corrected form alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.as_twilio import accept, send_due


async def told(api: Any, type_: str, **further: Any) -> dict[str, Any]:
    """Record an event, a second after the one before it."""
    api.clock.move(timedelta(seconds=1))
    body = {"borrower_id": "B-1", "type": type_, "at": api.clock.now().isoformat(), **further}
    answer = await api.client.post("/v1/events", json=body)
    assert 202 == answer.status_code, answer.text
    return answer.json()


async def goes(api: Any, notice: dict[str, Any], channel: str = "sms") -> bool:
    """Whether a message would go now."""
    bare = {name: value for name, value in notice.items() if name not in {"not_before", "wait"}}
    body = {**bare, "channels": [channel], "fan_out": "all"}
    answer = await api.client.post("/v1/notices/preview", json=body)
    assert 200 == answer.status_code, answer.text
    return answer.json()["channels"][0]["verdict"] == "allow"


async def sent(api: Any, notice: dict[str, Any]) -> list[str]:
    """The channels of what goes."""
    await accept(api, notice, "sms", reference="sent")
    return [str(one.channel) for one in await send_due(api)]


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
    assert not await goes(api, notice)
    assert "sms" not in await sent(api, notice)
    await told(api, lift, **channel)
    assert await goes(api, notice)


@pytest.mark.parametrize("limited", [*LIMITED, {"only_dates": ["2026-01-01"]}], ids=str)
async def test_a_consent_permits_as_far_as_it_names(
    api: Any, notice: dict[str, Any], limited: dict[str, Any]
) -> None:
    """A text in the United States needs one; that of the notice's own account is one."""
    there = {**notice, "borrower": {**notice["borrower"], "consents": []}}
    await accept(api, there, "email")
    assert not await goes(api, there)
    await told(api, "consent", channel="sms", given_to="creditor", **limited)
    assert not await goes(api, there)
    await told(api, "consent", channel="sms", given_to="creditor", account_id=notice["debt"]["account_id"])
    assert await goes(api, there)


@pytest.mark.parametrize("right", [{"channel": "email"}, {"account_id": "another"}, "ended"], ids=str)
async def test_a_corrected_consent_permits_what_its_correction_does(
    api: Any, notice: dict[str, Any], right: Any
) -> None:
    """Another channel, another account, an earlier end: texts go no more."""
    there = {**notice, "borrower": {**notice["borrower"], "consents": []}}
    await accept(api, there, "email")
    assert not await goes(api, there)
    given = {"channel": "sms", "given_to": "creditor"}
    await told(api, "consent", **given, event_id="c-1")
    assert await goes(api, there)
    fields = {"expires_at": api.clock.now().isoformat()} if right == "ended" else right
    answer = await told(api, "consent", **{**given, **fields}, event_id="c-2", corrects="c-1")
    assert answer["corrected_still_holds"] is False
    assert not await goes(api, there)
    assert "sms" not in await sent(api, there)


@pytest.mark.parametrize(
    ("taken", "lift", "channel"),
    [
        ("opt_out", "opt_in", {"channel": "sms"}),
        ("dispute", "dispute_resolved", {}),
        ("attorney", "attorney_withdrawn", {}),
        ("person_hold", "person_release", {}),
    ],
)
async def test_a_corrected_lift_lifts_what_its_correction_does(
    api: Any, notice: dict[str, Any], taken: str, lift: str, channel: dict[str, str]
) -> None:
    """What restricts stays, corrected or not."""
    await accept(api, notice, "email")
    await told(api, taken, **channel, event_id="t-1")
    await told(api, lift, **channel, event_id="l-1")
    assert await goes(api, notice)
    other = {"creditor": "another-bank"}
    answer = await told(api, lift, **channel, **other, event_id="l-2", corrects="l-1")
    assert answer["corrected_still_holds"] is False
    assert not await goes(api, notice)
    await told(api, lift, **channel)
    assert await goes(api, notice)
    await told(api, taken, **channel, event_id="t-2")
    answer = await told(api, taken, **channel, **other, event_id="t-3", corrects="t-2")
    assert answer["corrected_still_holds"] is True
    assert not await goes(api, notice)


async def test_a_check_of_a_number_restricts_and_permits_by_its_result(
    api: Any, notice: dict[str, Any]
) -> None:
    """A clean one stands in its corrected form alone; that the number was reassigned stays."""
    await accept(api, notice, "email")
    number = {"address": notice["borrower"]["addresses"]["sms"]}
    await told(api, "rnd_check", result="not_reassigned", **number, event_id="r-1")
    answer = await told(api, "rnd_check", result="reassigned", **number, event_id="r-2", corrects="r-1")
    assert answer["corrected_still_holds"] is False
    assert not await goes(api, notice)
    answer = await told(api, "rnd_check", result="not_reassigned", **number, event_id="r-3", corrects="r-2")
    assert answer["corrected_still_holds"] is True
    assert not await goes(api, notice)


async def test_what_was_lifted_for_good_is_not_corrected(api: Any, notice: dict[str, Any]) -> None:
    """The answer says what to do instead."""
    await accept(api, notice, "email")
    named = {"channel": "sms", "address": notice["borrower"]["addresses"]["sms"]}
    await told(api, "address_confirmed", **named, event_id="a-1")
    body = {"borrower_id": "B-1", "type": "address_confirmed", "at": api.clock.now().isoformat(), **named}
    answer = await api.client.post("/v1/events", json={**body, "event_id": "a-2", "corrects": "a-1"})
    assert (422, "lifted-for-good") == (answer.status_code, answer.json()["errors"][0]["code"])
    assert "wrong_number" in answer.json()["detail"]
    await told(api, "wrong_number", **named)
    assert not await goes(api, notice)


BY_WHATSAPP = {"channel": "whatsapp", "at": "2026-01-05T10:00:00Z", "given_to": "creditor"}


@pytest.mark.parametrize(
    "said",
    [
        {"type": "inbound", "channel": "whatsapp", "words": "STOP"},
        {"type": "inbound", "channel": "sms", "words": "STOP"},
        {"type": "opt_out", "channel": "whatsapp"},
        {"type": "opt_out", "channel": "sms"},
    ],
    ids=str,
)
async def test_who_wants_no_texts_is_sent_none_by_whatsapp_either_and_the_other_way_round(
    api: Any, notice: dict[str, Any], said: dict[str, str]
) -> None:
    """With an address or without one."""
    person = notice["borrower"]
    number = person["addresses"]["sms"]
    both = {**person, "addresses": {**person["addresses"], "whatsapp": number},
            "consents": [*person["consents"], BY_WHATSAPP]}  # fmt: skip
    there = {**notice, "borrower": both}
    await accept(api, there, "email")
    assert [True, True] == [await goes(api, there, one) for one in ("sms", "whatsapp")]
    await told(api, said["type"], **{name: said[name] for name in said if name != "type"})
    assert [False, False] == [await goes(api, there, one) for one in ("sms", "whatsapp")]
    await told(api, "opt_in", channel="sms")
    assert [True, False] == [await goes(api, there, one) for one in ("sms", "whatsapp")]


@pytest.mark.parametrize(
    ("named", "closed"),
    [
        ({}, [True, True]),
        ({"channel": "sms"}, [True, False]),
        ({"channel": "voice"}, [False, True]),
        ({"debt_ids": ["another"]}, [True, True]),
    ],
    ids=str,
)
async def test_a_number_that_was_reassigned_is_closed_though_the_check_does_not_name_it(
    api: Any, notice: dict[str, Any], named: dict[str, Any], closed: list[bool]
) -> None:
    """Which one was looked up is not known; a mailbox is no number."""
    person = notice["borrower"]
    numbers = {"sms": "+12025550101", "voice": "+12025550102"}
    there = {**notice, "borrower": {**person, "addresses": {**person["addresses"], **numbers}}}
    await accept(api, there, "email")
    before = [await goes(api, there, one) for one in ("sms", "voice", "email")]
    await told(api, "rnd_check", result="reassigned", **named)
    assert before == [True, True, True]
    standing = [
        (await api.client.get("/v1/suppressions", params={"address": number})).json()["items"]
        for number in numbers.values()
    ]
    assert closed == [[one["reason"] for one in found] == ["reassigned"] for found in standing]
    assert await goes(api, there, "email")
    assert [False, False] == [await goes(api, there, one) for one in ("sms", "voice")]


async def test_a_consent_to_the_creditor_is_none_for_who_bought_the_debt(
    api: Any, notice: dict[str, Any]
) -> None:
    """The buyer needs its own."""
    there = {**notice, "sender_role": "debt_buyer", "borrower": {**notice["borrower"], "consents": []}}
    await accept(api, there, "email")
    await told(api, "consent", channel="sms", given_to="creditor")
    assert not await goes(api, there)
    await told(api, "consent", channel="sms", given_to="collector")
    assert await goes(api, there)
