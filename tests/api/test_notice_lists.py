"""Lists for machines: every filter, walks along changes, what a notice carries, and cancelling by
reference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.ids import NoticeId


async def put(api: Any, notice: dict[str, Any], name: str, **further: Any) -> dict[str, Any]:
    """A notice to a borrower of its own, a second after the one before."""
    api.clock.move(timedelta(seconds=1))
    borrower = {**notice["borrower"], "id": f"B-{name}"}
    debt = {**notice["debt"], "creditor": further.pop("creditor", "first-inclusive-bank")}
    answer = await api.client.post(
        "/v1/notices",
        json={**notice, "borrower": borrower, "debt": debt, "reference": f"r-{name}", **further},
    )
    assert 202 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def names(api: Any, **query: Any) -> list[str]:
    """The references of a list, page by page of two."""
    found: list[str] = []
    cursor = None
    while True:
        params = {**query, "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await api.client.get("/v1/notices", params=params)
        assert 200 == answer.status_code, answer.text
        found += [one["reference"] for one in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return [one.removeprefix("r-") for one in found]


async def move(api: Any, id_: str, channel: str, state: str) -> None:
    """Bring a delivery into a state, a second after what came before."""
    key = NoticeId.parse(id_)
    api.clock.move(timedelta(seconds=1))
    async with api.runtime.of(key.borrower).database.connection() as connection:
        await connection.execute(
            "UPDATE deliveries SET state = $4, updated_at = $5 WHERE borrower_id = $1 AND notice_no = $2 "
            "AND channel = $3",
            key.borrower,
            key.number,
            channel,
            state,
            api.clock.now(),
        )


async def test_every_notice_carries_what_machines_join_by(api: Any, notice: dict[str, Any]) -> None:
    """In the answer of the acceptance, of a repeat, of a batch, read and listed: the same, and metadata as it
    came."""
    metadata = {"b": "2", "a": "Größe 1", "empty": ""}
    sent = {**notice, "metadata": metadata, "channels": ["sms"]}
    first = (await api.client.post("/v1/notices", json=sent, headers={"Idempotency-Key": "k"})).json()
    again = (
        await api.client.post(
            "/v1/notices",
            json={**sent, "metadata": dict(reversed(metadata.items()))},
            headers={"Idempotency-Key": "k"},
        )
    ).json()
    read = (await api.client.get(f"/v1/notices/{first['id']}")).json()
    listed = (await api.client.get("/v1/notices")).json()["items"][0]
    known = {**sent, "borrower": {"id": "B-1"}}
    batched = (await api.client.post("/v1/notices/batch", json={"notices": [known]})).json()["results"][0]
    carried = {
        "borrower_id": "B-1",
        "debt_id": "L-1",
        "creditor": "first-inclusive-bank",
        "category": "collection",
        "template": "overdue-reminder",
        "language": "en-US",
        "channels": ["sms"],
        "fan_out": "cascade",
        "expires_at": "2026-12-01T00:00:00Z",
        "updated_at": first["accepted_at"],
        "metadata": metadata,
    }
    for one in (first, again, read, listed, batched):
        assert carried == {name: one[name] for name in carried}


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ({f"k{number}": "v" for number in range(21)}, "/metadata"),
        ({"k": 1}, "/metadata/k"),
        ({"k": None}, "/metadata/k"),
        ({"k": ["v"]}, "/metadata/k"),
        ({"k": "v" * 501}, "/metadata/k"),
        (["k"], "/metadata"),
        ({"": "v"}, "/metadata/"),
        ({"k" * 41: "v"}, "/metadata/"),
    ],
)
async def test_metadata_that_does_not_fit_is_refused(
    api: Any, notice: dict[str, Any], metadata: Any, pointer: str
) -> None:
    """With its pointer; nothing is stored."""
    answer = await api.client.post("/v1/notices", json={**notice, "metadata": metadata})
    assert 422 == answer.status_code
    assert answer.json()["errors"][0]["pointer"].startswith(pointer), answer.text
    assert 0 == await api.count("notices")


async def test_metadata_is_encrypted_and_in_no_leaf(api: Any, notice: dict[str, Any]) -> None:
    """Neither a column nor a leaf of the log holds a word of it; an erasure takes it."""
    accepted = (
        await api.client.post("/v1/notices", json={**notice, "metadata": {"secretkey": "secretvalue"}})
    ).json()
    for table in ("notices", "log_entries", "deliveries", "borrowers", "idempotency"):
        rows = await api.rows(f"SELECT t::text AS text FROM {table} t")
        assert not [row for row in rows if "secret" in row["text"] or b"secret".hex() in row["text"]], table
    assert (await api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})).is_success
    read = (await api.client.get(f"/v1/notices/{accepted['id']}")).json()
    assert ({}, None, None) == (read["metadata"], read["borrower_id"], read["reference"])


async def test_each_filter_narrows_and_they_hold_together(api: Any, notice: dict[str, Any]) -> None:
    """Newest first, page by page."""
    a = await put(api, notice, "a")
    b = await put(api, notice, "b", creditor="second-bank")
    middle = api.clock.now()
    await put(api, notice, "c", category="hardship", template="hardship-offer")
    d = await put(api, notice, "d", category="offer", template="hardship-offer", creditor="second-bank")
    await move(api, a["id"], "sms", "delivered")
    await move(api, b["id"], "sms", "undelivered")
    assert ["d", "c", "b", "a"] == await names(api)
    assert ["d", "b"] == await names(api, creditor="second-bank")
    assert [] == await names(api, creditor="third-bank")
    assert ["c"] == await names(api, category="hardship")
    assert ["d", "c"] == await names(api, template="hardship-offer")
    assert ["d"] == await names(api, template="hardship-offer", creditor="second-bank", category="offer")
    assert ["b"] == await names(api, state="undelivered")
    assert ["d", "c"] == await names(api, state="deferred")
    assert ["d", "c"] == await names(api, status="open") == await names(api, state="open")
    assert ["b", "a"] == await names(api, status="done")
    assert ["b"] == await names(api, status="done", creditor="second-bank")
    assert ["b", "a"] == await names(api, accepted_to=(middle + timedelta(microseconds=1)).isoformat())
    assert ["a"] == await names(api, accepted_to=middle.isoformat())
    assert ["d", "c", "b"] == await names(api, accepted_from=middle.isoformat())
    assert [] == await names(api, accepted_from="2176-05-26T06:54:00Z")
    assert ["b"] == await names(
        api, accepted_to="2176-05-26T06:54:00Z", status="done", creditor="second-bank"
    )
    assert ["c"] == await names(api, borrower="B-c")
    assert ["c"] == await names(api, reference="r-c")
    assert ["c", "a"] == await names(api, reference="r-a,r-c,r-none")
    assert ["c", "a"] == await names(
        api, reference=",".join(["r-a", "r-c", *(f"none-{number}" for number in range(98))])
    )
    assert ["d", "b"] == await names(api, ids=f"{d['id']},{b['id']}")
    assert ["d", "b"] == await names(api, ids=f"{d['id']}, r-b")
    assert ["d"] == await names(api, ids=f"{d['id']},{b['id']}", status="open")
    assert [] == await names(api, ids="ntc_" + "0" * 48)
    assert ["b"] == await names(api, updated_since=api.clock.now().isoformat())


async def test_the_walk_along_changes_misses_none(api: Any, notice: dict[str, Any]) -> None:
    """Each notice once, by its last change; what changes while somebody walks comes again, further on."""
    made = {name: await put(api, notice, name) for name in "abcdef"}
    for name in "ca":
        await move(api, made[name]["id"], "sms", "sending")
    assert ["b", "d", "e", "f", "c", "a"] == await names(api, order="updated")
    first = (await api.client.get("/v1/notices", params={"order": "updated", "limit": 3})).json()
    assert ["r-b", "r-d", "r-e"] == [one["reference"] for one in first["items"]]
    await move(api, made["b"]["id"], "sms", "sending")
    rest = (
        await api.client.get("/v1/notices", params={"order": "updated", "cursor": first["next_cursor"]})
    ).json()["items"]
    assert ["r-f", "r-c", "r-a", "r-b"] == [one["reference"] for one in rest]
    assert sorted(one["updated_at"] for one in rest) == [one["updated_at"] for one in rest]
    assert ["a", "b"] == await names(api, order="updated", updated_since=rest[2]["updated_at"])
    api.clock.move(timedelta(seconds=1))
    await move(api, made["d"]["id"], "sms", "delivered")
    api.clock.move(timedelta(seconds=1))
    cancelled = (await api.client.post(f"/v1/notices/{made['d']['id']}/cancel")).json()
    assert cancelled["cancelled_at"] == cancelled["updated_at"]
    assert ["e", "f", "c", "a", "b", "d"] == await names(api, order="updated")
    assert ["d"] == await names(api, order="updated", updated_since=cancelled["updated_at"])


async def test_a_cursor_of_one_order_is_none_of_the_other(api: Any, notice: dict[str, Any]) -> None:
    """Refused, as is every query that does not fit."""
    for name in "ab":
        await put(api, notice, name)
    cursor = (await api.client.get("/v1/notices", params={"limit": 1})).json()["next_cursor"]
    for query in (
        {"order": "updated", "cursor": cursor},
        {"order": "newest"},
        {"ids": ",".join(f"ntc_{number:048x}" for number in range(101))},
        {"ids": "a,,b"},
        {"reference": ",".join(f"r-{number}" for number in range(102))},
        {"updated_since": "yesterday"},
        {"accepted_from": "2026-11-24"},
        {"status": "held"},
        {"status": "open", "state": "done"},
        {"creditor": "a b"},
        {"borrowers": "B-1"},
    ):
        assert 422 == (await api.client.get("/v1/notices", params=query)).status_code, query


async def test_a_limited_key_lists_its_own_creditors_alone(api: Any, notice: dict[str, Any]) -> None:
    """Whatever it asks for, by whichever filter."""
    a = await put(api, notice, "a")
    await put(api, notice, "b", creditor="second-bank")
    c = await put(api, notice, "c", creditor="third-bank")
    headers = await api.key("producer", creditors=["second-bank", "third-bank"])
    for query, expected in (
        ({}, ["r-c", "r-b"]),
        ({"order": "updated"}, ["r-b", "r-c"]),
        ({"creditor": "first-inclusive-bank"}, []),
        ({"creditor": "second-bank"}, ["r-b"]),
        ({"state": "deferred"}, ["r-c", "r-b"]),
        ({"status": "open"}, ["r-c", "r-b"]),
        ({"ids": f"{a['id']},{c['id']}"}, ["r-c"]),
        ({"reference": "r-a"}, []),
    ):
        answer = await api.client.get("/v1/notices", params=query, headers=headers)
        assert expected == [one["reference"] for one in answer.json()["items"]], query
    for body in ({"reference": "r-a"}, {"ids": [a["id"]]}):
        refused = await api.client.post("/v1/notices/cancel", json=body, headers=headers)
        assert 404 == refused.status_code
    assert "a" in await names(api, state="deferred")


async def test_notices_are_cancelled_by_reference_or_ids(api: Any, notice: dict[str, Any]) -> None:
    """Every one with the reference; of ids those that there are. A repeat changes nothing."""
    made = [await put(api, notice, name, reference="campaign") for name in "ab"]
    other = await put(api, notice, "c")
    for _ in range(2):
        answer = await api.client.post("/v1/notices/cancel", json={"reference": "campaign"})
        assert 200 == answer.status_code, answer.text
        assert {one["id"] for one in made} == {one["id"] for one in answer.json()["items"]}
        assert {"cancelled"} == {one["deliveries"][0]["state"] for one in answer.json()["items"]}
    missing = "ntc_" + "0" * 48
    answer = (await api.client.post("/v1/notices/cancel", json={"ids": [other["id"], missing]})).json()
    assert ([other["id"]], [missing]) == ([one["id"] for one in answer["items"]], answer["missing"])
    for body, status in (
        ({"reference": "none"}, 404),
        ({"ids": [missing]}, 404),
        ({}, 422),
        ({"ids": [], "reference": None}, 422),
        ({"ids": [missing], "reference": "campaign"}, 422),
        ({"ids": ["x"]}, 422),
        ({"ids": [f"ntc_{number:048x}" for number in range(101)]}, 422),
    ):
        assert status == (await api.client.post("/v1/notices/cancel", json=body)).status_code, body
