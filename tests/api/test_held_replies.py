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


async def held_of(api, borrower):
    """The one delivery of a borrower that waits for a person."""
    found = (await api.client.get("/v1/notices", params={"borrower": borrower})).json()["items"]
    [delivery] = [one for notice in found for one in notice["deliveries"] if one["state"] == "held"]
    return delivery["id"]


async def said(api, borrower, type_, **further):
    """An event about a borrower, now."""
    body = {"borrower_id": borrower, "type": type_, "at": api.clock.now().isoformat(), **further}
    answer = await api.client.post("/v1/events", json=body)
    assert answer.is_success, answer.text


def of(notice, borrower, **further):
    """The notice, to another borrower with a mailbox alone."""
    addresses = {"email": f"{borrower.lower()}@example.com"}
    return {**notice, "borrower": {**notice["borrower"], "id": borrower, "addresses": addresses}, **further}


@pytest.mark.parametrize(
    "events",
    [
        [{"type_": "person_hold"}],
        [{"type_": "unclear_words", "channel": "email"}],
        [{"type_": "inbound", "channel": "email", "words": "lawyer"}, {"type_": "person_hold"}],
        [
            {"type_": "inbound", "channel": "email", "words": "lawyer"},
            {"type_": "inbound", "channel": "email", "words": "only text me after 6pm"},
        ],
    ],
    ids=["no words", "words that nobody knows", "words and a hold", "words and times"],
)
async def test_what_has_no_words_of_known_meaning_is_not_confirmed(api, notice, events):
    """Nothing is released, recorded or sent; harmless is the way to release it."""
    await accept(api, of(notice, "B-2"), "email")
    for one in events:
        await said(api, "B-2", **one)
        api.clock.move(timedelta(minutes=1))
    await send_due(api)
    body = {"deliveries": [await held_of(api, "B-2")], "how": "confirm", "reason": "read by a person"}
    answer = await api.client.post("/v1/holds/release", json=body)
    assert (422, "/how") == (answer.status_code, answer.json()["errors"][0]["pointer"])
    assert 0 == await api.count("events WHERE type = 'person_release'")
    assert 0 == await api.count("events WHERE type = 'attorney'")
    assert [] == await send_due(api)
    answer = await api.client.post("/v1/holds/release", json={**body, "how": "harmless"})
    assert [True] == [one["released"] for one in answer.json()["results"]]
    assert 1 == len(await send_due(api))


async def test_of_many_the_confirmable_are_confirmed_and_the_others_named(api, notice):
    """One person's hold keeps nobody else's words unread, and is not lifted with them."""
    for borrower in ("B-2", "B-3"):
        await accept(api, of(notice, borrower, reference=borrower), "email")
    await said(api, "B-2", "person_hold")
    await said(api, "B-3", "inbound", channel="email", words="lawyer")
    await send_due(api)
    api.clock.move(timedelta(minutes=1))
    ids = [await held_of(api, borrower) for borrower in ("B-2", "B-3")]
    body = {"deliveries": ids, "how": "confirm", "reason": "read by a person"}
    answer = await api.client.post("/v1/holds/release", json=body)
    assert 200 == answer.status_code, answer.text
    [left, done] = answer.json()["results"]
    assert (ids[0], False) == (left["delivery"], left["released"])
    assert left["why"].startswith("expected words")
    assert {"delivery": ids[1], "released": True, "why": None} == done
    assert [] == await send_due(api)
    assert ids[0] == await held_of(api, "B-2")
    assert (1, 1) == (
        await api.count("events WHERE type = 'attorney'"),
        await api.count("events WHERE type = 'person_release'"),
    )


async def test_a_hold_that_no_words_made_is_not_confirmed(api, notice):
    """Contradicting evidence of where somebody is says nothing that could be confirmed."""
    body = of(notice, "B-2")
    body["borrower"] |= {"time_zone": "Asia/Tokyo"}
    await accept(api, body, "email")
    await send_due(api)
    answer = await api.client.post(
        "/v1/holds/release",
        json={"deliveries": [await held_of(api, "B-2")], "how": "confirm", "reason": "looked"},
    )
    assert (422, "/how") == (answer.status_code, answer.json()["errors"][0]["pointer"])
    assert await held_of(api, "B-2")
