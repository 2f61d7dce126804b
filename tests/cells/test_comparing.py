"""What arrived in the new cell is compared with the old one's while that works; while it stands still, only
what was touched since is read again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from service.dispatch.reconcile import copying, growing, moving
from service.dispatch.reconcile.copying import Copying
from service.errors import Unavailable
from service.model.actor import SYSTEM_ACTOR
from service.store import cell_rows
from service.store.cell_rows import Digest, Statements
from service.store.query import Query
from tests.cells.conftest import TwoCells
from tests.cells.test_moving import ask, rows_of

OTHERWISE = "UPDATE cell_arrivals SET digest = sha256('otherwise')"
ARE_OPEN = "SELECT bool_and(is_open) FROM cell_buckets WHERE bucket = $1"


class Recorded:
    """A statement, and whom it was asked about."""

    def __init__(self, query: Query[Digest], asked: list[set[UUID]]) -> None:
        """`asked`: takes the borrowers of each time."""
        self._query, self._asked = query, asked

    async def all(self, connection: Any, borrowers: Sequence[UUID]) -> list[Digest]:
        """Ask it."""
        self._asked.append(set(borrowers))
        return await self._query.all(connection, borrowers)


def two_of_a_bucket(two: TwoCells) -> tuple[str, str]:
    """Upstream ids of two borrowers of home's who share a bucket."""
    seen: dict[int, str] = {}
    for name in (f"B-{number}" for number in itertools.count()):
        key = two.home.vault.borrower_key(name)
        bucket = key.int >> cell_rows.BUCKET_SHIFT
        if two.home.of(key) is two.home and seen.setdefault(bucket, name) != name:
            return seen[bucket], name
    raise AssertionError("numbers have ended")


async def test_while_it_stands_still_only_who_was_touched_since_is_read_again(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two borrowers gets a notice after they were compared."""
    one, other = two_of_a_bucket(two)
    here = {name: {**plain, "borrower": {**plain["borrower"], "id": name}} for name in (one, other)}
    for notice in here.values():
        await two.bench.accept(notice)
    asked: list[set[UUID]] = []
    digests, compare = Statements.digests, Copying.compare_ahead

    async def compare_and_write(self: Copying) -> None:
        await compare(self)
        await two.bench.accept({**here[one], "debt": {**plain["debt"], "id": "L-2", "account_id": "A-2"}})

    monkeypatch.setattr(Statements, "digests", lambda self: Recorded(digests(self), asked))
    monkeypatch.setattr(Copying, "compare_ahead", compare_and_write)
    await ask(two, one, two.other)
    assert 1 == await growing.run(two.home, pause=0)

    keys = {name: two.home.vault.borrower_key(name) for name in (one, other)}
    assert [set(keys.values()), {keys[one]}] == asked
    assert [2, 1] == [(await rows_of(two.other, key))["notices"] for key in keys.values()]


async def test_who_arrived_otherwise_is_found_before_the_bucket_stops(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing stands still for it; given up and asked for again, the move copies all anew."""
    here = two.notice_in(two.home, plain)
    name = here["borrower"]["id"]
    await two.bench.accept(here)
    bucket = await ask(two, name, two.other)
    compare, passed = Copying.compare_ahead, list[str]()

    async def change_and_compare(self: Copying) -> None:
        async with two.other.database.connection() as connection:
            await connection.execute(OTHERWISE)
        await compare(self)

    with monkeypatch.context() as changing:
        changing.setattr(Copying, "compare_ahead", change_and_compare)
        changing.setattr(moving, "reach", passed.append)
        with pytest.raises(Unavailable, match="1 borrowers arrived, and not as they are in cell 0"):
            await growing.run(two.home, pause=0)
    assert "move.catching_up" == passed[-1]
    async with two.home.database.connection() as connection:
        assert await connection.fetchval(ARE_OPEN, bucket)
        assert 0 == await connection.fetchval("SELECT count(*) FROM cell_draining")

    assert (1, 0) == await growing.cancel(two.home)
    await ask(two, name, two.other)
    assert 1 == await growing.run(two.home, pause=0)
    assert 1 == len(await two.bench.work())


async def test_what_arrived_otherwise_at_the_last_is_not_given(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bucket is the source's again, and works."""
    here = two.notice_in(two.home, plain)
    await two.bench.accept(here)
    bucket = await ask(two, here["borrower"]["id"], two.other)
    digest = Copying.source_digest

    async def change_and_digest(self: Copying) -> bytes:
        async with two.other.database.connection() as connection:
            await connection.execute(OTHERWISE)
        return await digest(self)

    monkeypatch.setattr(Copying, "source_digest", change_and_digest)
    with pytest.raises(Unavailable, match="1 borrowers arrived, and not as they are in cell 0; nothing was"):
        await growing.run(two.home, pause=0)
    async with two.home.database.connection() as connection:
        assert await connection.fetchval(ARE_OPEN, bucket)
    assert two.home.of(two.home.vault.borrower_key(here["borrower"]["id"])) is two.home
    assert 1 == len(await two.bench.work())


async def test_pages_are_compared_in_the_order_of_keys(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many buckets, one borrower to a page."""
    monkeypatch.setattr(copying, "COMPARED_AT_A_TIME", 1)
    names = [f"B-{number}" for number in range(12)]
    for name in names:
        await two.bench.accept({**plain, "borrower": {**plain["borrower"], "id": name}})
    plan = await growing.plan_split(two.home, 0, 1)
    await growing.ask(two.home, [plan], SYSTEM_ACTOR, together=len(plan.buckets))
    assert 1 == await growing.run(two.home, pause=0)
    for name in names:
        key = two.home.vault.borrower_key(name)
        assert 1 == (await rows_of(two.home.of(key), key))["borrowers"]
