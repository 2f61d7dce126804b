"""What a provider took is settled where its row stands: no index of the attempts is written for it (HOT)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from service.dispatch.decide.next_step import RECEIPT_OVERDUE
from service.store import attempts, queue, sweeps
from service.store.attempts import AttemptKey
from service.store.copies import copy_all
from service.store.database import Connection, open_database
from service.store.queue import Marking, Reservation

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
ATTEMPTS = 400
"""As many as a worker may settle at once."""
MOVED = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'attempts'"


def reservation(number: int) -> Reservation:
    """An attempt of a borrower of its own."""
    return Reservation(
        borrower_id=UUID(int=number),
        notice_no=number,
        channel="sms",
        number=1,
        decided_revision=1,
        valid_until=None,
        adapter="sandbox",
        address_digest=bytes(16),
        debt_id=f"L-{number}",
        account_id=f"A-{number}",
        creditor="first-inclusive-bank",
        category="collection",
        content_class=None,
        medium="sms",
        address_kind=None,
        in_response_to=None,
        requested=False,
    )


async def reserve(connection: Connection, first: int, *, marked: bool) -> list[AttemptKey]:
    """Attempts that are marked with their decision, or only reserved."""
    rows = [reservation(number) for number in range(first, first + ATTEMPTS)]
    keys = [AttemptKey(*row[:4]) for row in rows]
    marking = Marking(bytes(32), AT + timedelta(seconds=20), AT + RECEIPT_OVERDUE)
    marks = dict.fromkeys(keys, marking) if marked else {}
    await copy_all(connection, [queue.reserved(rows, token=1, at=AT, marks=marks)])
    return keys


async def moved(connection: Connection) -> tuple[int, int]:
    """How many updates of attempts there were, and how many of them stayed on their page."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    found = await connection.fetchrow(MOVED)
    assert found is not None
    return found[0], found[1]


async def test_most_settlements_of_a_batch_stay_on_their_page(database_url: str) -> None:
    """The counts are the database's, which earlier tests moved too."""
    database = await open_database(database_url, connections=1)
    async with database.connection() as connection:
        before = await moved(connection)
    for batch in range(3):
        async with database.transaction() as connection:
            keys = await reserve(connection, 1 + batch * ATTEMPTS, marked=True)
        async with database.transaction() as connection:
            refs = [(key, AT, f"ref-{key.notice_no}") for key in keys]
            taken = await attempts.accept(connection, refs, at=AT, look_in=RECEIPT_OVERDUE)
        assert len(taken) == ATTEMPTS
    async with database.connection() as connection:
        after = await moved(connection)
        look = await connection.fetch("SELECT DISTINCT look_up_at, state, is_open FROM attempts")
    await database.close()
    every, on_page = (now - then for now, then in zip(after, before, strict=True))
    assert every == 3 * ATTEMPTS
    assert on_page >= 0.7 * every
    assert [tuple(row) for row in look] == [(AT + RECEIPT_OVERDUE, "accepted", True)]


async def test_one_delivery_has_one_open_attempt(database_url: str) -> None:
    database = await open_database(database_url, connections=2)
    async with database.transaction() as connection:
        await reserve(connection, 1, marked=False)
    second = reservation(1)._replace(number=2)
    with pytest.raises(asyncpg.UniqueViolationError, match="attempts_one_open"):
        async with database.transaction() as connection:
            await copy_all(connection, [queue.reserved([second], token=2, at=AT, marks={})])
    async with database.transaction() as connection:
        await attempts.give_back(connection, [AttemptKey(UUID(int=1), 1, "sms", 1)], at=AT, reason="test")
    async with database.transaction() as connection:
        await copy_all(connection, [queue.reserved([second], token=2, at=AT, marks={})])
    await database.close()


async def test_what_is_still_being_sent_is_not_looked_up(database_url: str) -> None:
    database = await open_database(database_url, connections=2)
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO borrowers (borrower_id, profile_digest, language, created_at, updated_at) "
            "SELECT lpad(to_hex(n), 32, '0')::uuid, '', 'en', now(), now() FROM generate_series(1, 400) n"
        )
        keys = await reserve(connection, 1, marked=True)
    late = AT + timedelta(hours=1)
    async with database.transaction() as connection:
        assert await sweeps.take_look_ups(connection, late, 10) == []
        await attempts.accept(connection, [(keys[0], AT, "ref")], at=AT, look_in=RECEIPT_OVERDUE)
        assert [one.notice_no for one in await sweeps.take_look_ups(connection, late, 10)] == [1]
    await database.close()
