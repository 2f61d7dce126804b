"""A batch shares work, and nothing else: each of its notices is stored as it would be alone."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from service.api.schemas.notices import NoticeBody, notice_draft
from service.dispatch.intake import group
from service.dispatch.intake.borrowers import store_profiles
from service.dispatch.number_limits.shared import storing_numbers
from service.dispatch.runtime import Runtime
from service.ids import new_notice_numbers
from service.log.append import Entry, public_part
from service.log.encode import encode
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store.encrypted import profile_digest
from service.vault import KEY_BYTES, authenticate, random_bytes

KINDS: list[dict[str, Any]] = [
    {},
    {"category": "payment_confirmation", "template": "payment-confirmation"},
    {"channels": ["sms"]},
    {"channels": ["email", "sms"], "fan_out": "cascade"},
    {"channels": ["sms", "voice"], "fan_out": "cascade", "wait": "PT2H"},
    {"later": timedelta(hours=3)},
    {"later": timedelta(hours=3), "ends": timedelta(days=2)},
    {"ends": timedelta(hours=1)},
    {"sender_role": "third_party"},
    {"reference": None},
    {"creditor": "second-bank"},
    {},
]


def documents(api: Any, notice: dict[str, Any]) -> list[dict[str, Any]]:
    """Notices that differ in all that a batch usually shares."""
    made = []
    for number, kind in enumerate(KINDS):
        one = {
            **notice,
            "reference": f"r-{number}",
            "borrower": {**notice["borrower"], "id": f"B-{number}"},
            **kind,
        }
        later, ends, creditor = one.pop("later", None), one.pop("ends", None), one.pop("creditor", None)
        one["not_before"] = None if later is None else (api.clock.now() + later).isoformat()
        one["expires_at"] = None if ends is None else (api.clock.now() + ends).isoformat()
        one["debt"] = {
            **notice["debt"],
            "creditor": creditor or notice["debt"]["creditor"],
            "id": f"L-{number}",
        }
        made.append(one)
    return made


async def stored(api: Any, ids: list[str]) -> list[dict[str, Any]]:
    """Each notice with its deliveries and log entries, without what is drawn by lot."""
    found = []
    for id_ in ids:
        admin = await api.key("admin")
        one = (await api.client.get(f"/v1/notices/{id_}", headers=admin)).json()
        entries = (await api.client.get("/v1/log", params={"notice": id_}, headers=admin)).json()["items"]
        assert entries, id_
        told = [{name: entry[name] for name in ("at", "kind", "public", "detail")} for entry in entries]
        text = orjson.dumps({"notice": one, "entries": told}).decode().replace(id_, "ntc_")
        found.append(orjson.loads(text))
    return found


async def row_by_row(runtime: Runtime, requests: list[group.Request], *, alone: bool) -> Any:
    """As a group is stored once more, from the first."""
    return await STORE_GROUP(runtime, requests, alone=False)


STORE_GROUP = group._store_group


@pytest.mark.parametrize("inserted", [False, True], ids=["copied", "inserted"])
async def test_a_notice_is_stored_alike_alone_and_among_others(
    api: Any, notice: dict[str, Any], inserted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terms that are worked out once for equal notices are never those of another one; and new borrowers are
    the same, whichever way they are written."""
    if inserted:
        monkeypatch.setattr(group, "_store_group", row_by_row)
    producer = await api.key("producer")
    wanted = documents(api, notice)
    batch = (await api.client.post("/v1/notices/batch", json={"notices": wanted}, headers=producer)).json()[
        "results"
    ]
    alone = [(await api.client.post("/v1/notices", json=one, headers=producer)).json() for one in wanted]
    assert all("id" in one for one in batch)
    assert await stored(api, [one["id"] for one in alone]) == await stored(api, [one["id"] for one in batch])
    assert [one["reference"] for one in wanted] == [one["reference"] for one in batch]


LEFT = "INSERT INTO addresses VALUES ($1, 'sms', $2, false)"
BORROWERS = "SELECT borrower_id, profile_digest, language, jurisdiction, country, time_zone FROM borrowers"
ADDRESSES = "SELECT borrower_id, channel, digest, current FROM addresses"


async def rows(runtime: Runtime, query: str) -> list[tuple[Any, ...]]:
    async with runtime.database.connection() as connection:
        return sorted(tuple(row) for row in await connection.fetch(query))


async def accept(api: Any, drafts: list[NoticeDraft]) -> list[Any]:
    """Store drafts as one group."""
    actor = Actor(name="key:test")
    runtime: Runtime = api.cell_of(drafts[0].borrower.id)
    at = runtime.clock.now()
    numbers = new_notice_numbers(at, len(drafts))
    return await group.store_group(
        runtime,
        [
            group.Request(one, actor, runtime.vault.borrower_key(one.borrower.id), number, at)
            for one, number in zip(drafts, numbers, strict=True)
        ],
    )


def draft_of(notice: dict[str, Any], borrower: str = "B-1") -> NoticeDraft:
    document = {**notice, "borrower": {**notice["borrower"], "id": borrower}}
    return notice_draft(NoticeBody.model_validate_json(orjson.dumps(document)))


async def test_an_address_that_was_left_behind_refuses_nobodys_notices(
    api: Any, notice: dict[str, Any]
) -> None:
    """By an erasure or a move: the group is stored once more, and the address is current again."""
    draft = draft_of(notice)
    runtime: Runtime = api.cell_of("B-1")
    key = runtime.vault.borrower_key("B-1")
    digest = runtime.vault.address_digest(draft.borrower.addresses["sms"].address)
    async with runtime.database.connection() as connection:
        await connection.execute(LEFT, key, digest)
    assert [group.AcceptedNotice] == [type(one) for one in await accept(api, [draft])]
    assert (key, "sms", digest, True) in await rows(runtime, ADDRESSES)
    assert 1 == await api.count("notices")


async def test_a_borrower_whom_another_transaction_stores_first_is_stored_once(
    api: Any, notice: dict[str, Any]
) -> None:
    """The group waits for that transaction, and begins anew; the notice's profile is the later one."""
    draft = draft_of(notice)
    runtime: Runtime = api.cell_of("B-1")
    key = runtime.vault.borrower_key("B-1")
    first = replace(draft.borrower, name="Ana", addresses={})
    async with storing_numbers(runtime) as storing, runtime.database.transaction() as connection:
        await store_profiles(runtime, connection, {key: first}, {}, storing)
        waiting = asyncio.create_task(accept(api, [draft]))
        async with runtime.database.connection() as beside:
            while not await beside.fetchval(WAITS):
                await asyncio.sleep(0.01)
    assert [group.AcceptedNotice] == [type(one) for one in await waiting]
    assert [(key, profile_digest(runtime.vault, draft.borrower))] == [
        row[:2] for row in await rows(runtime, BORROWERS)
    ]
    assert set(draft.borrower.addresses) == {row[1] for row in await rows(runtime, ADDRESSES)}


WAITS = """
SELECT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY%borrowers%')
"""


async def test_each_notice_of_a_batch_is_judged_by_its_own_times(api: Any, notice: dict[str, Any]) -> None:
    """What one of them cannot be accepted for is its own error, and again the next one's."""
    now = api.clock.now()
    late = {**notice, "expires_at": (now - timedelta(hours=1)).isoformat()}
    never = {
        **notice,
        "not_before": (now + timedelta(days=400)).isoformat(),
        "expires_at": (now + timedelta(days=400)).isoformat(),
    }
    batch = {"notices": [notice, late, notice, late, never, notice]}
    results = (
        await api.client.post("/v1/notices/batch", json=batch, headers=await api.key("producer"))
    ).json()["results"]
    assert [None, "/expires_at", None, "/expires_at", "/expires_at", None] == [
        one["problem"]["errors"][0]["pointer"] if "problem" in one else None for one in results
    ]
    assert 3 == await api.count("notices")


@given(some.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), some.binary(max_size=300))
def test_what_authenticates_is_hmac_sha256(key: bytes, text: bytes) -> None:
    assert hmac.new(key, text, hashlib.sha256).digest() == authenticate(key, text)


def test_random_bytes_are_never_drawn_twice() -> None:
    """Also over the end of a page, and of any size."""
    drawn = [random_bytes(size) for size in (12, 32, 16, 12) * 2_000]
    assert len(drawn) == len(set(drawn))
    assert [12, 32, 16, 12] == [len(one) for one in drawn[:4]]
    assert 10_000 == len(random_bytes(10_000))


def test_a_leaf_is_the_same_whether_its_public_part_was_encoded_before(api: Any) -> None:
    public = {
        "template": "a@1",
        "category": "collection",
        "channels": ("sms", "e\u00b5"),
        "wait": None,
        "n": {"b": 1, "a": 2},
    }
    plain = Entry.of("notice.accepted", api.clock.now(), "system", public=public)
    shared = Entry.of("notice.accepted", api.clock.now(), "system", public=public_part(public))
    assert encode(plain) == encode(shared)
