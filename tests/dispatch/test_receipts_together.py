"""Receipts that come at the same time share a transaction, and each is told what it alone did."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from channels.message import Message
from channels.receipt import Progress, Receipt
from service.dispatch.receive import receipts
from service.dispatch.receive.receipts import take_receipt
from service.errors import Moved, Unavailable
from service.ids import AttemptId, DeliveryId, NoticeId
from service.store import borrowers
from service.store.attempts import Locked
from tests.learning.test_costs import statements

DELIVERED = (Progress.DELIVERED, "delivered")


async def sent(bench: Any, plain: dict[str, Any], count: int) -> list[Message]:
    """Texts that left, to borrowers of their own."""
    for number in range(count):
        who = {**plain["borrower"], "id": f"B-{number}", "addresses": {"sms": f"+1242555{100 + number:04d}"}}
        await bench.accept({**plain, "borrower": who})
    found: list[Message] = await bench.work()
    assert count == len(found)
    return found


async def delivered(bench: Any) -> int:
    """How many notices have a delivery that arrived."""
    answer = await bench.api.client.get("/v1/notices", params={"state": "delivered"})
    return len(answer.json()["items"])


async def test_what_comes_at_the_same_time_shares_a_transaction(bench, plain):
    """Twelve receipts, one transaction."""
    messages = await sent(bench, plain, 12)
    with statements() as found:
        effects = await asyncio.gather(*(bench.receipt(one, *DELIVERED) for one in messages))
    assert {("advanced", "delivered")} == {(one.effect, one.state) for one in effects}
    assert 1 == found["BEGIN; SET LOCAL plan_cache_mode = force_generic_plan"]
    assert ["receipt"] * 12 == await bench.log(kind="receipt")
    assert 12 == await delivered(bench)


async def test_what_is_said_of_one_borrower_is_applied_in_order(bench, plain):
    """Each word is read by what the one before it did."""
    other, message = await sent(bench, plain, 2)
    words = [(Progress.ACCEPTED, None), DELIVERED, DELIVERED, (Progress.UNDELIVERED, "bounced")]
    effects = await asyncio.gather(
        bench.receipt(other, *DELIVERED), *(bench.receipt(message, *word) for word in words)
    )
    found = [(one.effect, one.state) for one in effects[1:]]
    assert [
        ("repeated", "accepted"),
        ("advanced", "delivered"),
        ("repeated", "delivered"),
        ("conflict", "delivered"),
    ] == found


async def test_what_cannot_be_applied_harms_nobody_else(bench, plain):
    """One whose words cannot be read, one about no attempt at all, and eight between them."""
    messages = await sent(bench, plain, 9)

    def broken(row: Locked) -> Receipt:
        raise ValueError(row.channel)

    attempt = AttemptId.parse(messages[0].attempt_id)
    assert attempt is not None
    stranger = AttemptId(DeliveryId(NoticeId(attempt.delivery.notice.borrower, 1), "sms"), 1)
    told = Receipt(
        provider="scripted",
        ref="",
        progress=Progress.DELIVERED,
        outcome=None,
        code=None,
        reason="",
        digest="d",
    )
    runtime = bench.api.runtime
    some = [bench.receipt(one, *DELIVERED) for one in messages[1:]]
    some.insert(4, take_receipt(runtime, attempt, broken, source="provider:scripted"))
    some.insert(2, take_receipt(runtime, stranger, told, source="provider:scripted"))
    effects = await asyncio.gather(*some, return_exceptions=True)
    assert "unknown-attempt" == effects.pop(2).effect
    assert isinstance(effects.pop(4), ValueError)
    assert {("advanced", "delivered")} == {(one.effect, one.state) for one in effects}
    assert 8 == await delivered(bench)


@pytest.mark.parametrize(("error", "other"), [(Moved, "advanced"), (Unavailable, Unavailable)])
async def test_who_has_moved_spoils_nobody_elses_receipt(bench, plain, error, other):
    """A store that is away is asked once for all of them, and not by each of them again."""
    messages, tries = await sent(bench, plain, 2), list[str]()

    def refused(row: Locked) -> Receipt:
        tries.append(row.channel)
        raise error("test", retry_after=1)

    attempt = AttemptId.parse(messages[0].attempt_id)
    assert attempt is not None
    found = await asyncio.gather(
        take_receipt(bench.api.runtime, attempt, refused, source="provider:scripted"),
        bench.receipt(messages[1], *DELIVERED),
        return_exceptions=True,
    )
    assert (error, other) == (type(found[0]), getattr(found[1], "effect", type(found[1])))
    assert (2 if error is Moved else 1) == len(tries)


async def test_what_is_learned_in_a_group_stands_behind_its_receipt(bench, plain):
    """A provider that tells of an opt-out, among others that tell of nothing."""
    messages = await sent(bench, plain, 4)
    effects = await asyncio.gather(
        *(bench.receipt(one, *DELIVERED, opted_out=place == 2) for place, one in enumerate(messages))
    )
    assert {"advanced"} == {one.effect for one in effects}
    assert [False, False, True, False] == [bool(one.recorded) for one in effects]
    kinds = await bench.log(borrower="B-2")
    assert ["receipt", "event.recorded"] == kinds[-2:]
    assert 1 == (await bench.log()).count("suppression.added")


async def test_a_borrower_who_is_held_holds_up_nobody_else_for_long(bench, plain):
    """Somebody else's transaction has a borrower: those who come after wait no longer than their
    patience."""
    held, other = await sent(bench, plain, 2)
    attempt = AttemptId.parse(held.attempt_id)
    assert attempt is not None
    async with bench.api.runtime.database.transaction() as connection:
        await borrowers.lock(connection, [attempt.delivery.notice.borrower])
        waits = asyncio.create_task(bench.receipt(held, *DELIVERED))
        await asyncio.sleep(receipts.PATIENCE / 2)
        effect = await asyncio.wait_for(bench.receipt(other, *DELIVERED), 30)
        assert not waits.done()
    assert {"advanced"} == {effect.effect, (await waits).effect}


async def test_who_hangs_up_has_told_all_the_same(bench, plain):
    """The provider's connection ends while its receipt waits for its turn."""
    message, other = await sent(bench, plain, 2)
    first = asyncio.create_task(bench.receipt(other, *DELIVERED))
    gone = asyncio.create_task(bench.receipt(message, *DELIVERED))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await first
    again = await bench.receipt(message, *DELIVERED)
    assert ("repeated", "delivered") == (again.effect, again.state)
