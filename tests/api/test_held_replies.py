"""Unclear replies: a person sees what they were probably taken for, and confirms it or finds them harmless in
one action."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.as_twilio import accept, send_due
from tests.api.test_inbound import inbound


@pytest.mark.parametrize(
    ("words", "kind", "event"),
    [
        ("lawyer", "attorney", "attorney"),
        ("I think he might be deceased", "deceased", "deceased"),
        ("abogado", "attorney", "attorney"),
        ("may have to file for bankruptcy soon", "bankruptcy", "bankruptcy"),
    ],
)
@pytest.mark.parametrize("how", ["confirm", "harmless"])
async def test_a_person_confirms_what_was_held_or_finds_it_harmless(api, notice, words, kind, event, how):
    """Confirmed it is the event that it was; harmless it holds nothing any more."""
    await accept(api, notice, "email")
    await inbound(api, 1, words)
    await send_due(api)
    [held] = (await api.client.get("/v1/holds")).json()["items"]
    assert [kind] == held["probably"]
    api.clock.move(timedelta(minutes=1))
    body = {"deliveries": [held["delivery"]], "how": how, "reason": "read by a person"}
    answer = await api.client.post("/v1/holds/release", json=body)
    assert (200, True) == (answer.status_code, answer.json()["results"][0]["released"])
    assert int(how == "confirm") == await api.count(f"events WHERE type = '{event}'")
    assert 1 == await api.count("events WHERE type = 'person_release'")
    sent = await send_due(api)
    assert (0 if how == "confirm" else 1) == len(sent)


async def test_a_complaint_is_confirmed_as_one(api, notice):
    """It closes the address that it came from."""
    await accept(api, notice, "email")
    await inbound(api, 1, "this is harassment, I will report you to the CFPB")
    await send_due(api)
    [held] = (await api.client.get("/v1/holds")).json()["items"]
    body = {"deliveries": [held["delivery"]], "how": "confirm", "reason": "read by a person"}
    assert held["probably"]
    answer = await api.client.post("/v1/holds/release", json=body)
    assert 200 == answer.status_code, answer.text
    assert 1 == await api.count(f"events WHERE type = '{held['probably'][0]}'")


async def test_times_that_do_not_suit_are_shown_and_not_confirmed_by_one_click(api, notice):
    """Nothing is released: a person writes down which times first."""
    await accept(api, notice, "email")
    await inbound(api, 1, "only text me after 6pm")
    await send_due(api)
    [held] = (await api.client.get("/v1/holds")).json()["items"]
    assert ["designation"] == held["probably"]
    body = {"deliveries": [held["delivery"]], "how": "confirm", "reason": "read by a person"}
    answer = await api.client.post("/v1/holds/release", json=body)
    assert (422, "/how") == (answer.status_code, answer.json()["errors"][0]["pointer"])
    assert 0 == await api.count("events WHERE type = 'person_release'")
