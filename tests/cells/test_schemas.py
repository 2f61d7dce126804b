"""The same over two cells that are schemas of one database: nothing of one is the other's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service.store import cells as store_cells
from service.store import log_tree, quota, shared_numbers, wake
from service.store.migrate import current, head, migrate
from tests.cells import test_heads, test_intake, test_moving, test_wishes
from tests.cells.conftest import TwoCells
from tests.conftest import run_on, with_database
from tests.emptying import Emptying

HOME, OTHER = "cell0", "cell1"


@pytest.fixture(scope="session")
def schemas(server_url: str) -> list[str]:
    """The URLs of two migrated schemas of one database."""
    asyncio.run(run_on(server_url, "CREATE DATABASE forbear_schemas"))
    base = with_database(server_url, "forbear_schemas")
    joint = "&" if "?" in base else "?"
    urls = [f"{base}{joint}search_path={name}" for name in (HOME, OTHER)]
    for url in urls:
        assert asyncio.run(migrate(url))
    return urls


@pytest.fixture
def database_url(schemas: list[str], emptying: Emptying) -> str:
    """Home's schema, with nothing in it."""
    emptying.empty(schemas[0])
    return schemas[0]


@pytest.fixture
def further_urls(schemas: list[str], database_url: str, emptying: Emptying) -> list[str]:
    """The other's, the same."""
    emptying.empty(schemas[1])
    return [schemas[1]]


test_each_notice_lies_in_its_cell = (
    test_intake.test_each_notice_lies_in_its_borrowers_cell_and_lists_show_both
)
test_a_stray_row_is_refused = test_intake.test_a_row_of_another_cells_borrower_is_refused_by_the_database
test_a_word_holds_in_both_cells = test_wishes.test_a_word_from_a_shared_number_holds_in_both_cells
test_one_confirmation_follows = test_wishes.test_one_confirmation_follows_whatever_the_cells
test_a_shared_number_has_its_bound_divided = test_wishes.test_a_shared_number_has_its_bound_divided
test_a_suppression_is_lifted_everywhere = test_wishes.test_a_suppression_is_listed_once_and_lifted_everywhere
test_the_proof_holds_after_an_erasure = test_heads.test_the_proof_holds_after_an_erasure
test_what_is_taken_away_is_found = test_heads.test_what_is_taken_away_is_found
test_a_bucket_moves = test_moving.test_a_bucket_moves_with_everything_and_its_notices_are_sent_once


async def test_each_schema_has_the_schema_and_public_has_nothing(schemas: list[str]) -> None:
    """Migrated apart, current apart."""
    for url in schemas:
        assert head() == (await current(url)).revision
        assert not await migrate(url)
    base = schemas[0].split("search_path")[0].rstrip("?&")
    assert (await current(base)).revision is None


async def test_neither_waits_for_a_lock_of_the_other(two: TwoCells) -> None:
    """Both are led, divided and counted at once; within one the second waits."""
    numbers = {b"\x01" * 32}
    async with (
        two.home.database.transaction() as home,
        two.other.database.transaction() as other,
        two.home.database.transaction() as again,
    ):
        assert await log_tree.fence(home)
        assert await log_tree.fence(other)
        assert not await log_tree.fence(again)
        for one in (home, other):
            await quota.lock(one)
            await shared_numbers.lock(one, numbers)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await quota.lock(again)


async def test_neither_hears_what_the_other_says(two: TwoCells) -> None:
    """Who listens in one schema is not woken by the other's."""
    heard: list[str] = []
    listeners = []
    for cell, name in ((two.home, HOME), (two.other, OTHER)):
        listener = await cell.database.listen()
        listeners.append(listener)
        await wake.hear(
            listener,
            lambda name=name: heard.append(f"{name} due"),  # type: ignore[misc]
            lambda name=name: heard.append(f"{name} in force"),  # type: ignore[misc]
        )
    try:
        async with two.other.database.transaction() as connection:
            await wake.wake_workers(connection)
        async with two.home.database.transaction() as connection:
            await wake.wake_in_force(connection)
        for _ in range(500):
            if len(heard) >= 2:
                break
            await asyncio.sleep(0.02)
        for listener in listeners:
            await listener.fetchval("SELECT 1")  # what was sent to it has come by now
        assert [f"{HOME} in force", f"{OTHER} due"] == sorted(heard)
    finally:
        for listener in listeners:
            await listener.close()


async def test_each_schema_is_a_cell_of_its_own(two: TwoCells, plain: dict[str, Any]) -> None:
    """Named, guarded, and with borrowers of its own."""
    for number, cell in enumerate((two.home, two.other)):
        await two.bench.accept(two.notice_in(cell, plain))
        async with cell.database.connection() as connection:
            found = await store_cells.identity(connection)
            assert found is not None
            assert (number, 2) == (found.cell, found.cells)
            assert 1 == await connection.fetchval("SELECT count(*) FROM borrowers")
