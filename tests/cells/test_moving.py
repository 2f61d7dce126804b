"""Buckets of borrowers move between cells: everything of theirs, nobody else's, each notice sent once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from service.dispatch.reconcile import copying, growing, moving
from service.dispatch.runtime import Runtime
from service.failpoints import POINTS_OF_CELLS
from service.model.actor import SYSTEM_ACTOR
from service.store import cell_rows
from service.store.cell_rows import RULES, Rule
from tests.cells.conftest import TwoCells


async def ask(two: TwoCells, borrower: str, to: Runtime) -> int:
    """Ask for the move of a borrower's bucket; which one that is."""
    bucket = two.home.vault.borrower_key(borrower).int >> cell_rows.BUCKET_SHIFT
    plans = await growing.plan_move(two.home, [bucket], to.cell)
    await growing.ask(two.home, plans, SYSTEM_ACTOR, together=8)
    return bucket


async def accepted_at_last(two: TwoCells, notice: dict[str, Any]) -> str:
    """The id of a notice that is posted again while the process does not know yet where the borrower went."""
    for _ in range(200):
        answer = await two.bench.api.client.post("/v1/notices", json={**notice, "channels": ["sms"]})
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.05)
    assert 202 == answer.status_code, answer.text
    return str(answer.json()["id"])


async def rows_of(cell: Runtime, borrower: UUID) -> dict[str, int]:
    """How many rows of a borrower each table of a cell has."""
    async with cell.database.connection() as connection:
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table} WHERE borrower_id = $1", borrower)
            for table in RULES
        }


async def test_every_table_with_borrowers_has_a_rule(database_url: str) -> None:
    """A migration that adds one says what becomes of its rows, or this fails; so it is with the journal's
    triggers."""
    connection = await asyncpg.connect(database_url)
    found = await connection.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relkind = 'r' AND a.attname = 'borrower_id' AND c.relnamespace = 'public'::regnamespace"
    )
    journaled = await connection.fetch(
        "SELECT tgrelid::regclass::text AS relname, count(*) AS triggers FROM pg_trigger "
        "WHERE tgname LIKE 'cells_touch_%' GROUP BY 1"
    )
    await connection.close()
    assert set(RULES) == {row["relname"] for row in found}
    assert dict.fromkeys(cell_rows.JOURNALED, 3) == {row["relname"]: row["triggers"] for row in journaled}


async def test_a_bucket_moves_with_everything_and_its_notices_are_sent_once(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """What was sent stays sent, what waits is sent by the other cell, and an old notice is read with its
    story."""
    client = two.bench.api.client
    here = two.notice_in(two.home, plain)
    name = here["borrower"]["id"]
    key = two.home.vault.borrower_key(name)
    first = await two.bench.accept(here)
    await two.bench.work()
    second = await two.bench.accept({**here, "debt": {**here["debt"], "id": "L-2", "account_id": "A-2"}})
    before = await rows_of(two.home, key)
    await ask(two, name, two.other)

    assert 1 == await growing.run(two.home, pause=0)

    after, left = await rows_of(two.other, key), await rows_of(two.home, key)
    for table, rule in RULES.items():
        if rule is Rule.MOVES and table != "shared_numbers":  # a flag that costs a look stays
            assert (before[table], 0) == (after[table], left[table]), table
    assert two.home.of(key) is two.other
    for id_ in (first, second):
        assert 200 == (await client.get(f"/v1/notices/{id_}")).status_code
    story = (await client.get("/v1/log", params={"notice": first})).json()["items"]
    assert "decision" in {one["kind"] for one in story}
    assert all(one["detail"] != {"erased": True} for one in story)
    await two.bench.work()
    assert 2 == sum(len(one.book) for one in two.bench.providers.values())


class Killed(BaseException):
    """The process ends here."""


STEPS = [one for one in POINTS_OF_CELLS if one.startswith("move.")]


@pytest.mark.slow
@pytest.mark.parametrize("point", STEPS)
async def test_a_move_that_dies_anywhere_goes_on_and_loses_nothing(
    two: TwoCells, plain: dict[str, Any], point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed once at each point; meanwhile somebody writes wherever writing is let."""
    here = two.notice_in(two.home, plain)
    name = here["borrower"]["id"]
    ids = [await two.bench.accept(here)]
    await two.bench.work()
    await ask(two, name, two.other)
    passed: list[str] = []

    def reach(name_: str) -> None:
        passed.append(name_)
        if name_ == point and passed.count(point) == 1:
            raise Killed

    monkeypatch.setattr(moving, "reach", reach)
    monkeypatch.setattr(copying, "reach", reach)
    with pytest.raises(Killed):
        await growing.run(two.home, pause=0)
    answer = await two.bench.api.client.post("/v1/notices", json={**here, "channels": ["sms"]})
    assert answer.status_code in {202, 503}, answer.text
    ids += [answer.json()["id"]] if answer.status_code == 202 else []
    await two.bench.work()

    await moving.carry_on(two.home, pause=0)
    await growing.run(two.home, pause=0)

    ids.append(await accepted_at_last(two, here))
    await two.bench.work()
    assert len(ids) == sum(len(one.book) for one in two.bench.providers.values())
    key = two.home.vault.borrower_key(name)
    assert two.home.of(key) is two.other
    left = await rows_of(two.home, key)
    assert {0} == {left[table] for table, rule in RULES.items() if rule is Rule.MOVES}
    assert len(ids) == (await rows_of(two.other, key))["notices"]
    for cell in two.home.cells.all:
        async with cell.database.connection() as connection:
            told = await connection.fetchval("SELECT count(*) FROM log_entries WHERE kind = 'cells.moved'")
            assert 1 == told, cell.cell
            for table in (
                "cell_arrivals",
                "cell_arriving_keys",
                "cell_touched",
                "cell_leaving",
                "cell_draining",
            ):
                assert 0 == await connection.fetchval(f"SELECT count(*) FROM {table}"), table
            assert 0 == await connection.fetchval(
                "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'cells_touch_%' AND tgenabled <> 'D'"
            )
