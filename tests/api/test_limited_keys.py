"""A key that is limited to creditors neither sees nor touches anything of the others, on any route."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.contract import document, operations
from service.log.append import Entry, append
from service.vault import new_key

MINE, THEIRS = "first-inclusive-bank", "other-bank"


async def both(api: Any, notice: dict[str, Any]) -> tuple[dict[str, str], dict[str, str], str]:
    """A borrower with a notice of one creditor; keys of that creditor and of another; the notice's id."""
    id_ = (await api.client.post("/v1/notices", json=notice)).json()["id"]
    return await api.key("admin", creditors=[MINE]), await api.key("admin", creditors=[THEIRS]), id_


FREE = {
    ("POST", "/v1/evaluate"): "judges what the caller brings",
    ("GET", "/v1/policies"): "rules are the same for all",
    ("GET", "/v1/policies/{name}"): "rules are the same for all",
    ("GET", "/v1/templates"): "texts are the same for all",
    ("GET", "/v1/templates/{name}"): "texts are the same for all",
    ("POST", "/v1/suppressions"): "what restricts is taken from whoever says it",
    ("GET", "/v1/log/proof"): "hashes tell nothing",
    ("GET", "/v1/log/consistency"): "hashes tell nothing",
}
"""Routes where a limit has nothing to keep apart."""
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/keys"): {"name": "larger", "role": "admin"},
    ("POST", "/v1/events"): {"borrower_id": "B-1", "type": "payment", "at": "2026-11-24T10:00:00Z"},
    ("PUT", "/v1/borrowers/{id}"): {"addresses": {"sms": "+12025550199"}},
    ("POST", "/v1/borrowers/{id}/erase"): {"reason": "asked"},
    ("PUT", "/v1/borrowers/{id}/legal-hold"): {"because": "case"},
    ("PUT", "/v1/creditors/{creditor}"): {"name": "Taken Over", "phone": "+12025550199"},
    ("POST", "/v1/templates/{name}/preview"): {"channel": "sms", "language": "en"},
}


async def test_no_route_gives_a_stranger_anything(api: Any, notice: dict[str, Any]) -> None:
    """Walked through the OpenAPI with the ids of another creditor's things: refused, not found or empty, and
    nothing changed."""
    mine, theirs, id_ = await both(api, notice)
    key = (await api.client.get("/v1/keys")).json()["items"][0]["id"]
    before = [await api.count(table) for table in ("events", "notices", "log_entries", "api_keys")]
    debt = {**notice["debt"], "creditor": MINE}
    bodies = BODIES | {
        ("POST", "/v1/notices"): notice,
        ("POST", "/v1/notices/batch"): {"notices": [notice]},
        ("POST", "/v1/notices/preview"): notice,
        ("POST", "/v1/holds/release"): {"deliveries": [f"{id_}.sms"], "how": "close", "reason": "x"},
        ("POST", "/v1/templates/{name}/preview"): {"channel": "sms", "language": "en", "debt": debt},
    }
    tried = 0
    for path, method, operation in operations(document(api.app)):
        if not operation["security"] or (method, path) in FREE:
            continue
        id_of = {
            "/v1/notices/{id}": id_,
            "/v1/notices/{id}/cancel": id_,
            "/v1/keys/{id}/revoke": key,
            "/v1/keys/{id}/rotate": key,
        }
        url = (
            path.replace("{id}", id_of.get(path, "B-1"))
            .replace("{creditor}", MINE)
            .replace("{name}", "overdue-reminder")
            .replace("{version}", "1")
        )
        answer = await api.client.request(method, url, json=bodies.get((method, path)), headers=theirs)
        tried += 1
        assert answer.status_code < 500, (method, path)
        for own in ("Ana", "+12025550101", "ana@example.com", MINE, id_, "L-1", "Taken Over"):
            assert own not in answer.text.replace(url, ""), (method, path, answer.text)
    assert 30 < tried
    assert before == [await api.count(table) for table in ("events", "notices", "log_entries", "api_keys")]
    assert 200 == (await api.client.get(f"/v1/notices/{id_}", headers=mine)).status_code


async def test_a_borrower_is_known_to_those_who_have_business_with_them(
    api: Any, notice: dict[str, Any]
) -> None:
    """By a notice, or because the key stored the borrower; to others there is no such borrower."""
    mine, theirs, _ = await both(api, notice)
    for path in ("/v1/borrowers/B-1", "/v1/borrowers/B-1/timeline"):
        assert [200, 404] == [(await api.client.get(path, headers=key)).status_code for key in (mine, theirs)]
    profile = {"addresses": {"sms": "+12025550199"}}
    assert 201 == (await api.client.put("/v1/borrowers/B-2", json=profile, headers=theirs)).status_code
    assert [404, 200] == [
        (await api.client.get("/v1/borrowers/B-2", headers=key)).status_code for key in (mine, theirs)
    ]
    assert [404, 200] == [
        (await api.client.put("/v1/borrowers/B-2", json=profile, headers=key)).status_code
        for key in (mine, theirs)
    ]
    assert 201 == (await api.client.put("/v1/borrowers/B-3", json=profile)).status_code
    assert 404 == (await api.client.get("/v1/borrowers/B-3", headers=mine)).status_code


async def test_a_stranger_s_borrower_is_not_reached_by_id_alone(api: Any, notice: dict[str, Any]) -> None:
    """Neither by a notice, nor in a batch, nor in a preview; whoever names the whole profile has it
    already."""
    _, theirs, _ = await both(api, notice)
    short = {**notice, "borrower": {"id": "B-1"}, "debt": {**notice["debt"], "creditor": THEIRS}}
    for path in ("/v1/notices", "/v1/notices/preview"):
        answer = await api.client.post(path, json=short, headers=theirs)
        assert 422 == answer.status_code
        assert "unknown-borrower" == answer.json()["errors"][0]["code"]
    batch = await api.client.post("/v1/notices/batch", json={"notices": [short]}, headers=theirs)
    assert 422 == batch.json()["results"][0]["problem"]["status"]
    whole = {**short, "borrower": notice["borrower"]}
    assert 202 == (await api.client.post("/v1/notices", json=whole, headers=theirs)).status_code
    assert 202 == (await api.client.post("/v1/notices", json=short, headers=theirs)).status_code


async def test_a_stranger_s_profile_is_repeated_and_not_changed(api: Any, notice: dict[str, Any]) -> None:
    """Else a key of one creditor could send the messages of another to an address of its own."""
    mine, theirs, _ = await both(api, notice)
    foreign = {**notice, "debt": {**notice["debt"], "creditor": THEIRS}}
    moved = {**notice["borrower"], "addresses": {**notice["borrower"]["addresses"], "sms": "+12025550177"}}
    for path in ("/v1/notices", "/v1/notices/preview"):
        refused = await api.client.post(path, json={**foreign, "borrower": moved}, headers=theirs)
        assert (422, "another-profile", "/borrower") == (
            refused.status_code, refused.json()["errors"][0]["code"], refused.json()["errors"][0]["pointer"],
        )  # fmt: skip
    items = [
        {**foreign, "borrower": moved},
        {**foreign, "borrower": {"id": "B-1"}},
        foreign,
        {**foreign, "borrower": {"id": "B-1"}},
    ]
    batch = (await api.client.post("/v1/notices/batch", json={"notices": items}, headers=theirs)).json()[
        "results"
    ]
    assert ["another-profile", "unknown-borrower"] == [
        one["problem"]["errors"][0]["code"] for one in batch[:2]
    ]
    assert all("id" in one for one in batch[2:]), (
        batch
    )  # repeated word for word it may be named by its id from then on
    shown = (await api.client.get("/v1/borrowers/B-1", headers=mine)).json()
    assert notice["borrower"]["addresses"]["sms"] == shown["addresses"]["sms"]


async def test_a_new_borrower_may_be_named_by_id_in_the_same_batch(api: Any, notice: dict[str, Any]) -> None:
    _, theirs, _ = await both(api, notice)
    foreign = {**notice, "debt": {**notice["debt"], "creditor": THEIRS}}
    items = [
        {**foreign, "borrower": {**notice["borrower"], "id": "B-9"}},
        {**foreign, "borrower": {"id": "B-9"}},
    ]
    batch = (await api.client.post("/v1/notices/batch", json={"notices": items}, headers=theirs)).json()[
        "results"
    ]
    assert all("id" in one for one in batch), batch


async def test_the_timeline_shows_the_debts_of_the_key_s_creditors(api: Any, notice: dict[str, Any]) -> None:
    mine, theirs, _ = await both(api, notice)
    await api.client.post(
        "/v1/notices", json={**notice, "debt": {**notice["debt"], "id": "L-2", "creditor": THEIRS}}
    )
    for key, creditor, debt in ((mine, MINE, "L-1"), (theirs, THEIRS, "L-2")):
        shown = (await api.client.get("/v1/borrowers/B-1/timeline", headers=key)).json()
        assert {(creditor, debt)} == {(one["creditor"], one["debt_id"]) for one in shown["channels"]}


async def test_an_entry_tells_a_limited_auditor_nothing_of_other_creditors(
    api: Any, notice: dict[str, Any]
) -> None:
    """The facts of a decision hold the borrower's whole history: the contacts of others are counted and not
    shown."""
    id_ = (await api.client.post("/v1/notices", json=notice)).json()["id"]
    runtime = api.runtime
    async with api.cell_of().database.transaction() as connection:
        row = await connection.fetchrow(
            "SELECT b.borrower_id, b.data_key, n.notice_no FROM borrowers b JOIN notices n USING "
            "(borrower_id)"
        )
        events = [
            {"type": "contact", "creditor": MINE},
            {"type": "contact", "creditor": THEIRS, "debt_ids": ["L-9"]},
            {"type": "cease"},
        ]
        entry = Entry.of_borrower(
            "decision", api.clock.now(), "system", row["borrower_id"], notice_no=row["notice_no"],
            detail={"facts": {"events": events}}, data_key=runtime.vault.unwrap(row["data_key"]),
        )  # fmt: skip
        await append(connection, [entry])
    limited = await api.key("auditor", creditors=[MINE])
    query = {"notice": id_, "kind": "decision"}
    whole = (await api.client.get("/v1/log", params=query)).json()["items"][0]["detail"]["facts"]
    shown = (await api.client.get("/v1/log", params=query, headers=limited)).json()["items"][0]["detail"][
        "facts"
    ]
    assert 3 == len(whole["events"])
    assert (["contact", "cease"], 1) == ([one["type"] for one in shown["events"]], shown["events_of_others"])
    assert THEIRS not in str(shown)


@pytest.mark.parametrize("with_key", [True, False])
async def test_a_detail_about_a_borrower_never_stands_openly(
    api: Any, notice: dict[str, Any], with_key: bool
) -> None:
    """Whoever was erased meanwhile has no key to encrypt it with: then it is left out, and not written in the
    clear."""
    await api.client.post("/v1/notices", json=notice)
    async with api.cell_of().database.transaction() as connection:
        borrower = await connection.fetchval("SELECT borrower_id FROM borrowers")
        data_key = new_key() if with_key else None
        entry = Entry.of_borrower(
            "x.y", api.clock.now(), "system", borrower, detail={"address": "canary"}, data_key=data_key
        )
        await append(connection, [entry])
        row = await connection.fetchrow("SELECT leaf, detail FROM log_entries WHERE kind = 'x.y'")
    assert "canary" not in row["leaf"]
    assert with_key == (row["detail"] is not None) == ("commitment" in row["leaf"])
