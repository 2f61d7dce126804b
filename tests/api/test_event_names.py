"""Names of events: one key's own, never twice for two things, corrected by name; and a bound on how many
there may be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.dispatch.receive import events as events_module
from tests.api.as_twilio import accept, send_due


def event(api: Any, type_: str = "dispute", **further: Any) -> dict[str, Any]:
    """An event, now."""
    return {"borrower_id": "B-1", "type": type_, "at": api.clock.now().isoformat(), **further}


async def told(api: Any, body: Any, **further: Any) -> Any:
    """The answer to an event."""
    return await api.client.post("/v1/events", json=body, **further)


@pytest.mark.parametrize(
    "other",
    [
        {"debt_ids": ["L-99"]},
        {"debt_ids": []},
        {"at": "2026-11-20T10:00:00Z"},
        {"type": "cease"},
        {"words": "I never borrowed this"},
        {"borrower_id": "B-2"},
    ],
    ids=str,
)
async def test_other_content_under_a_used_name_is_a_conflict(api: Any, notice: Any, other: Any) -> None:
    """Whatever differs, and for whomever; nothing is lost unseen."""
    await accept(api, notice, "email")
    await accept(api, {**notice, "borrower": {**notice["borrower"], "id": "B-2"}}, "email")
    body = event(api, debt_ids=["L-1"], event_id="e-1")
    assert {"event_id": "e-1", "recorded": True} == (await told(api, body)).json()
    assert {"event_id": "e-1", "recorded": False} == (await told(api, body)).json()
    answer = await told(api, {**body, **other})
    assert 409 == answer.status_code, answer.text
    results = (await told(api, [{**body, **other}, body])).json()["results"]
    assert (409, False) == (results[0]["problem"]["status"], results[1]["recorded"])
    assert 1 == await api.count("events WHERE type IN ('dispute', 'cease')")


async def test_two_keys_have_names_of_their_own_and_a_rotated_one_keeps_them(api: Any, notice: Any) -> None:
    """The same word of two systems is two events; of one system before and after a rotation it is one."""
    await accept(api, notice, "email")
    one, two = await api.key("producer"), await api.key("producer")
    body = event(api, event_id="call-1")
    assert (await told(api, body, headers=one)).json()["recorded"]
    assert (await told(api, {**body, "type": "cease"}, headers=two)).json()["recorded"]
    keys = (await api.client.get("/v1/keys")).json()["items"]
    first = min(keys, key=lambda key: key["created_at"])["id"] if len(keys) > 1 else keys[0]["id"]
    ids = [key["id"] for key in keys]
    rotated = [(await api.client.post(f"/v1/keys/{id_}/rotate", json={})).json()["key"] for id_ in ids]
    answers = [
        (await told(api, body, headers={"Authorization": f"Bearer {text}"})).status_code for text in rotated
    ]
    assert [202, 409] == sorted(answers), first


async def test_a_name_never_meets_a_contact_of_ours(api: Any, notice: Any) -> None:
    """A report under the name of our own contact, dated a month back, replaces nothing: what was counted
    stays counted."""
    for number in range(2):
        await accept(api, notice, "sms", reference=str(number))
        await send_due(api)
    async with api.cell_of().database.connection() as connection:
        rows = await connection.fetch("SELECT notice_no, channel, number FROM attempts")
    before = (api.clock.now() - timedelta(days=30)).isoformat()
    for row in rows:
        name = f"{row['notice_no']}.{row['channel']}.{row['number']}"
        body = event(api, "contact", channel="sms", at=before, outcome="delivered", event_id=name)
        assert (await told(api, body)).json()["recorded"]
    async with api.cell_of().database.connection() as connection:
        from service.dispatch.decide.facts import events_of
        from service.store import events
        from service.store.events import Reach

        borrower = api.runtime.vault.borrower_key("B-1")
        found = events_of(
            *await events.facts(connection, [borrower], Reach(api.clock.now() - timedelta(days=60), 128)),
            api.clock.now(),
        )[borrower]
    ids = [one.event_id for one in found if one.type == "contact"]
    assert len(ids) == len(set(ids)) == 2 * len(rows) == 4


async def test_a_correction_stands_in_the_place_of_what_it_names(api: Any, notice: Any) -> None:
    """A call that was reported as a conversation and was none."""
    await accept(api, notice, "email")
    first = event(api, "contact", channel="voice", outcome="conversation", event_id="call-1")
    await told(api, first)
    second = {**first, "outcome": "busy", "event_id": "call-1b", "corrects": "call-1"}
    answer = (await told(api, second)).json()
    assert ("call-1", False, True) == (
        answer["corrects"],
        answer["corrected_still_holds"],
        answer["recorded"],
    )
    assert not (await told(api, second)).json()["recorded"]
    async with api.cell_of().database.connection() as connection:
        from service.store import events
        from service.store.events import Reach

        borrower = api.runtime.vault.borrower_key("B-1")
        stored, _ = await events.facts(
            connection, [borrower], Reach(api.clock.now() - timedelta(days=9), 128)
        )
    assert ["busy"] == [one.outcome for one in stored if one.type == "contact"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"corrects": "nobody"}, "unknown-event"),
        ({"corrects": "call-1", "type": "payment", "channel": None, "outcome": None}, "other-type"),
        ({"corrects": "call-1", "borrower_id": "B-2"}, "unknown-event"),
        ({"corrects": "call-0"}, "corrected"),
    ],
    ids=str,
)
async def test_a_correction_of_nothing_is_refused(api: Any, notice: Any, wrong: Any, code: str) -> None:
    """Another type, another borrower, another name, one that is corrected already: each is told apart."""
    await accept(api, notice, "email")
    await accept(api, {**notice, "borrower": {**notice["borrower"], "id": "B-2"}}, "email")
    first = event(api, "contact", channel="voice", outcome="conversation", event_id="call-1")
    await told(api, first)
    await told(api, {**first, "event_id": "call-0"})
    await told(api, {**first, "event_id": "call-0b", "corrects": "call-0"})
    answer = await told(api, {**first, "event_id": "x-2", **wrong})
    found = answer.json()["errors"][0]
    assert (422, "/corrects", code) == (answer.status_code, found["pointer"], found["code"])
    assert found["detail"].endswith(f"got {wrong['corrects']}")


async def test_a_correction_of_a_wish_takes_nothing_back(api: Any, notice: Any) -> None:
    """What restricts stays until an event lifts it: a correction only adds."""
    await accept(api, notice, "email")
    await told(api, event(api, "opt_out", channel="email", event_id="wish-1"))
    body = event(api, "opt_out", channel="sms", event_id="wish-2", corrects="wish-1")
    answer = (await told(api, body)).json()
    assert (True, True) == (answer["recorded"], answer["corrected_still_holds"])
    await accept(api, notice, "email", reference="again")
    assert [] == await send_due(api)


async def test_a_borrower_has_a_bounded_number_of_events(api: Any, notice: Any, monkeypatch: Any) -> None:
    """Then further facts are refused with a clear answer, and what restricts, or ends what is open, is
    still taken."""
    monkeypatch.setattr(events_module, "MOST", 5)
    await accept(api, notice, "email")
    for _ in range(4):
        await told(api, event(api, "notice_mailed", debt_ids=["L-1"]))
    refused = await told(api, event(api, "notice_mailed", debt_ids=["L-1"]))
    assert (409, True) == (refused.status_code, "too-many-events" in refused.json()["type"]), refused.text
    for type_ in ("opt_in", "consent", "consent_call"):
        assert 409 == (await told(api, event(api, type_, channel="sms"))).status_code
    for type_ in ("opt_out", "cease", "dispute", "payment", "promise_to_pay"):
        assert 202 == (await told(api, event(api, type_, channel="sms"))).status_code
    assert ["suppressed"] == [
        one["state"] for one in (await api.client.get("/v1/notices")).json()["items"][0]["deliveries"]
    ]


async def test_an_event_dated_ahead_counts_from_now_and_further_ahead_is_refused(
    api: Any, notice: Any
) -> None:
    """Another system's clock may be five minutes ahead; what it says is in force at once."""
    await accept(api, notice, "sms")
    ahead = (api.clock.now() + timedelta(minutes=4)).isoformat()
    assert 202 == (await told(api, event(api, "opt_out", channel="sms", at=ahead))).status_code
    assert [] == await send_due(api)
    too_far = (api.clock.now() + timedelta(minutes=6)).isoformat()
    assert 422 == (await told(api, event(api, "opt_out", channel="sms", at=too_far))).status_code


@pytest.mark.parametrize("address", [f"+44{0}2079460123", "+999123456789", "+120255501011111"])
async def test_an_address_that_nobody_can_have_is_refused(api: Any, notice: Any, address: str) -> None:
    """A wish about it would stand against nothing: the zero of calls at home, a country that is none, too
    many digits."""
    await accept(api, notice, "email")
    answer = await told(api, event(api, "opt_out", channel="sms", address=address))
    assert (422, "/address") == (answer.status_code, answer.json()["errors"][0]["pointer"])
