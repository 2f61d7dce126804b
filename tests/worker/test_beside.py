"""Several claims beside each other: what one has in hand no other tries for, and nothing waits because
somebody seems to have it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from channels.message import Channel
from service.clock import MovableClock
from service.store import queue
from service.store.database import Connection, Database, open_database
from service.worker.breaker import Breaker
from service.worker.lane import AT_ONCE, Lane, Lanes
from service.worker.pacer import Pacer
from service.worker.quota import LaneQuota
from tests.worker.test_lanes import Door, accept, to, until, worker

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
WAITING = 400
LIMIT = 50
TRIES = "SELECT pg_stat_get_xact_numscans('deliveries_pkey'::regclass)"
"""A claim finds each delivery that it tries to lock by its key: how often its own transaction did."""
ROWS = """
INSERT INTO borrowers (borrower_id, profile_digest, language, created_at, updated_at, sealed, data_key)
SELECT lpad(to_hex(n), 32, '0')::uuid, '', 'en', now(), now(), '', '' FROM generate_series(1, $1::int) n;
"""
NOTICES = """
INSERT INTO notices (borrower_id, notice_no, accepted_at, accepted_by, creditor, category, template,
    template_version, sender_role, fan_out, wait, channels, debt_id, days_past_due, expires_at, sealed)
SELECT borrower_id, 1, now(), 'x', 'c', 'collection', 't', 0, 'original_creditor', 'all', '1 h', '{sms}', 'd',
    1, now(), ''
FROM borrowers
"""
DELIVERIES = """
INSERT INTO deliveries (borrower_id, notice_no, channel, state, first_due_at, due_at, priority, creditor,
    expires_at, updated_at)
SELECT borrower_id, 1, 'sms', 'due', $1,
    $1::timestamptz - interval '1 s' * get_byte(uuid_send(borrower_id), 15), 4, 'c', $1, $1
FROM borrowers
"""


async def claim(connection: Connection, *, whole: bool = False, limit: int = LIMIT) -> list[queue.Claimed]:
    """One claim, of the texts."""
    return await queue.claim(connection, at=AT, limit=limit, routes=[("sms", "")], whole=whole)


@pytest.fixture
async def due(database_url: str) -> AsyncIterator[Database]:
    """A store in which deliveries are due, whatever statistics the server has of it."""
    database = await open_database(database_url, connections=5)
    async with database.transaction() as connection:
        await connection.execute(ROWS, WAITING)
        await connection.execute(NOTICES)
        await connection.execute(DELIVERIES, AT)
    yield database
    await database.close()


async def test_what_a_claim_has_in_hand_no_other_tries_for(due: Database) -> None:
    """Four claims at a time each try for as many deliveries as they get."""
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(due.transaction()) for _ in range(4)]
        found = [await claim(one) for one in connections]
        tries = [await one.fetchval(TRIES) for one in connections]
    assert [LIMIT] * 4 == [len(rows) for rows in found]
    assert 4 * LIMIT == len({row.borrower_id for rows in found for row in rows})
    assert [LIMIT] * 4 == tries


async def test_a_claim_beside_others_takes_what_comes_next(due: Database) -> None:
    """What others have is left out, and nothing else: the order is that of a claim that tries for all."""
    found = []
    for whole in (False, True):
        async with due.transaction() as first, due.transaction() as second:
            await claim(first)
            found.append([row.due_at for row in await claim(second, whole=whole)])
    assert found[0] == found[1]


async def test_what_was_given_up_is_claimed_again(due: Database) -> None:
    """A worker that died leaves its number on what it had in hand: as soon as nobody goes on who began before
    it, such as a process of the server's own."""
    with pytest.raises(ZeroDivisionError):
        async with due.transaction() as connection:
            await claim(connection, limit=WAITING)
            raise ZeroDivisionError
    async with asyncio.timeout(60), due.connection() as connection:
        while not (found := await claim(connection, limit=WAITING)):
            await asyncio.sleep(0.05)
    assert WAITING == len(found)


async def test_what_only_seems_to_be_in_hand_is_found_by_a_claim_that_tries(due: Database) -> None:
    """It was in the hands of somebody who is done, and who began after one that goes on."""
    async with due.transaction() as older:
        await older.fetchval("SELECT pg_current_xact_id()")
        async with due.transaction() as connection:
            await claim(connection, limit=WAITING)
        async with due.transaction() as connection:
            next_due = await queue.next_due(connection, [("sms", "")])
            assert (True, None) == (next_due.due_at is not None, next_due.free_at)
            assert [] == await claim(connection)
            assert LIMIT == len(await claim(connection, whole=True))


async def test_a_worker_delivers_what_only_seems_to_be_in_hand(api: Any, notice: dict[str, Any]) -> None:
    """It tries for everything now and then."""
    door = Door(Channel.SMS)
    door.opened.set()
    await accept(api, *(to(notice, number) for number in range(30)))
    async with api.runtime.database.transaction() as older:
        await older.fetchval("SELECT pg_current_xact_id()")
        async with api.runtime.database.transaction() as connection:
            assert 30 == len(await connection.fetch("SELECT FROM deliveries FOR UPDATE"))
        async with worker(api, {"sms": [door]}):
            assert await until(lambda: len(door.book) == 30, seconds=60.0)


async def test_statements_are_planned_once_and_the_setting_ends_with_the_transaction(
    database_url: str,
) -> None:
    """By itself the server plans a statement anew for each of its first five uses."""
    database = await open_database(database_url, connections=1)
    for _ in range(3):
        async with database.planned_once() as connection:
            await claim(connection)
    async with database.connection() as connection:
        found = await connection.fetchrow(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1",
            queue.CLAIM.sql,
        )
        assert found is not None
        assert "auto" == await connection.fetchval("SHOW plan_cache_mode")
    await database.close()
    assert (3, 0) == tuple(found)


def lane(granted: int, *, limit: int = 500, batch: int = 400, rate: float | None = None) -> Lane:
    """The lane of a worker that may hand over so much at a time."""
    clock = MovableClock(AT)
    quota = LaneQuota(clock, "sms:first", limit)
    quota.grant(granted, 60.0)
    pacer = Pacer(cast("Any", None), "sms:first", rate)
    return Lane(Door(Channel.SMS), breaker=Breaker(clock), pacer=pacer, quota=quota, batch=batch)


@pytest.mark.parametrize(
    ("granted", "room", "free"),
    [
        pytest.param(500, 400, 500, id="a batch at once"),
        pytest.param(125, 125, 125, id="a quarter of it, beside three others"),
        pytest.param(AT_ONCE, AT_ONCE, AT_ONCE, id="just worth while"),
        pytest.param(AT_ONCE - 1, 400, AT_ONCE - 1, id="few: the others wait here for a mark of their own"),
    ],
)
def test_no_more_is_claimed_than_is_handed_over_at_once(granted: int, room: int, free: int) -> None:
    """Where that is worth a claim."""
    one = lane(granted)
    assert (room, free) == (one.room, one.free)


def test_half_of_what_may_be_under_way_is_worth_a_claim() -> None:
    """Less is left until more has ended."""
    one = lane(125)
    one.quota.sending = 62
    assert (63, True) == (one.room, one.is_wide)
    one.quota.sending = 63
    assert (0, True) == (one.room, one.is_full)


def test_a_rate_is_kept_as_ever() -> None:
    """What is claimed waits for its slot, however much may be under way."""
    assert 40 == lane(125, rate=20.0).room


def test_a_lane_for_which_a_claim_goes_on_is_not_claimed_for_again() -> None:
    """What is urgent comes first in that one."""
    one = lane(125)
    one.claiming = one.quota.sending = 125
    assert [] == Lanes([one]).full()
    one.claiming = 0
    assert [one] == Lanes([one]).full()
