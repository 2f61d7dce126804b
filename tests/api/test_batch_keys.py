"""A batch that is sent again, whole or in part, sends nothing again: each of its notices may carry a key of
its own."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest


def item(notice: dict[str, Any], name: str, **further: Any) -> dict[str, Any]:
    """A notice to a borrower of its own."""
    return {**notice, "borrower": {**notice["borrower"], "id": f"B-{name}"}, "reference": name, **further}


async def post(
    api: Any, *items: dict[str, Any], headers: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """The results of one batch."""
    answer = await api.client.post("/v1/notices/batch", json={"notices": list(items)}, headers=headers or {})
    assert 202 == answer.status_code, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_a_batch_sent_twice_is_stored_once(api: Any, notice: dict[str, Any]) -> None:
    """Whole, in another order, in part, with further items, with its members and its spaces in another
    order."""
    items = [item(notice, str(number), idempotency_key=f"k-{number}") for number in range(5)]
    first = await post(api, *items)
    assert [False] * 5 == [one.get("replayed", False) for one in first]
    again = await post(api, *reversed(items))
    assert [one["id"] for one in reversed(first)] == [one["id"] for one in again]
    assert all(one["replayed"] for one in again)
    turned = dict(reversed(items[2].items()))
    part = await post(api, turned, item(notice, "new", idempotency_key="k-new"))
    assert (first[2]["id"], True, False) == (
        part[0]["id"],
        part[0]["replayed"],
        part[1].get("replayed", False),
    )
    assert 6 == await api.count("notices")


async def test_the_key_of_an_item_is_that_of_the_header(api: Any, notice: dict[str, Any]) -> None:
    """What was sent alone is not sent again in a batch, and the other way round."""
    alone = await api.client.post("/v1/notices", json=item(notice, "1"), headers={"Idempotency-Key": "k-1"})
    (batched,) = await post(api, item(notice, "1", idempotency_key="k-1"))
    assert (alone.json()["id"], True) == (batched["id"], batched["replayed"])
    await post(api, item(notice, "2", idempotency_key="k-2"))
    then = await api.client.post("/v1/notices", json=item(notice, "2"), headers={"Idempotency-Key": "k-2"})
    assert "true" == then.headers["Idempotent-Replayed"]
    assert 2 == await api.count("notices")


async def test_another_notice_under_a_used_key_is_refused_alone(api: Any, notice: dict[str, Any]) -> None:
    """In the same batch, in a later one; the neighbours are stored."""
    mine = item(notice, "1", idempotency_key="k")
    first = await post(api, mine, {**mine, "reference": "changed"}, mine, item(notice, "2"))
    assert [None, 422, None, None] == [one.get("problem", {}).get("status") for one in first]
    assert (first[0]["id"], True) == (first[2]["id"], first[2]["replayed"])
    (later,) = await post(api, {**mine, "channels": ["email"]})
    assert 422 == later["problem"]["status"]
    assert 2 == await api.count("notices")


async def test_a_refused_item_does_not_use_up_its_key(api: Any, notice: dict[str, Any]) -> None:
    """The corrected one may take it."""
    bad = item(notice, "1", idempotency_key="k", channels=["sms", "sms"])
    assert 422 == (await post(api, bad))[0]["problem"]["status"]
    unknown = {**item(notice, "1", idempotency_key="k"), "borrower": {"id": "nobody"}}
    assert "problem" in (await post(api, unknown))[0]
    assert "id" in (await post(api, item(notice, "1", idempotency_key="k")))[0]


async def test_keys_belong_to_the_api_key(api: Any, notice: dict[str, Any]) -> None:
    """Two upstream systems that number alike do not meet."""
    one, other = await api.key("producer"), await api.key("producer")
    first = await post(api, item(notice, "1", idempotency_key="k"), headers=one)
    second = await post(api, item(notice, "1", idempotency_key="k"), headers=other)
    assert first[0]["id"] != second[0]["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\nb", 7])
async def test_a_key_that_is_none_is_named(api: Any, notice: dict[str, Any], key: Any) -> None:
    """With its pointer; the neighbours are stored."""
    results = await post(api, item(notice, "1", idempotency_key=key), item(notice, "2"))
    assert ["/idempotency_key"] == [one["pointer"] for one in results[0]["problem"]["errors"]]
    assert "id" in results[1]


async def test_many_batches_at_once_store_each_key_once(api: Any, notice: dict[str, Any]) -> None:
    """Eight batches of the same eight keys, each in an order of its own, together with single requests."""
    items = [item(notice, str(number), idempotency_key=f"k-{number}") for number in range(8)]
    dice = random.Random(7)
    single = [
        api.client.post("/v1/notices", json=item(notice, str(n)), headers={"Idempotency-Key": f"k-{n}"})
        for n in range(0, 8, 2)
    ]
    batches = [post(api, *dice.sample(items, 8)) for _ in range(8)]
    *found, answers = await asyncio.gather(*batches, asyncio.gather(*single))
    ids: dict[str, set[str]] = {}
    for results in found:
        for one in results:
            ids.setdefault(one["reference"], set()).add(one["id"])
    for answer in answers:
        ids[answer.json()["reference"]].add(answer.json()["id"])
    assert 8 == len(ids)
    assert {1} == {len(some) for some in ids.values()}
    assert 8 == await api.count("notices")
