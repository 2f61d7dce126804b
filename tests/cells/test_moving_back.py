"""Moves that are given up, refused or done twice, and what a borrower may ask for after them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from service.dispatch.reconcile import copying, growing, moving
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import send_on
from service.errors import Conflict
from service.model.actor import SYSTEM_ACTOR
from service.store import cells as cells_store
from service.store.cell_rows import RULES, Rule
from service.store.database import open_database, processes_of
from service.store.migrate import MIGRATING
from tests.cells.conftest import TwoCells
from tests.cells.test_heads import sequence
from tests.cells.test_moving import accepted_at_last, ask, rows_of
from tests.conftest import run_on, with_database
from tests.emptying import Emptying


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.slow
@pytest.mark.parametrize("point", ["move.copying", "move.page", "move.catching_up"])
async def test_a_move_that_is_given_up_leaves_everything_as_it_was(
    two: TwoCells, plain: dict[str, Any], point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits in the target, nothing is noted any more, and the source sends."""
    here = two.notice_in(two.home, plain)
    name = here["borrower"]["id"]
    await two.bench.accept(here)
    await ask(two, name, two.other)

    def reach(passed: str) -> None:
        if passed == point:
            raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(moving, "reach", reach)
        killing.setattr(copying, "reach", reach)
        with pytest.raises(Killed):
            await growing.run(two.home, pause=0)

    assert (1, 0) == await growing.cancel(two.home)
    assert (0, 0) == await growing.cancel(two.home)

    assert two.home.of(two.home.vault.borrower_key(name)) is two.home
    for cell in two.home.cells.all:
        async with cell.database.connection() as connection:
            for table in ("cell_arrivals", "cell_arriving_keys", "cell_touched", "cell_leaving"):
                assert 0 == await connection.fetchval(f"SELECT count(*) FROM {table}"), table
            assert 0 == await connection.fetchval(
                "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'cells_touch_%' AND tgenabled <> 'D'"
            )
    assert 1 == len(await two.bench.work())
    await ask(two, name, two.other)  # may be asked for again
    assert 1 == await growing.run(two.home, pause=0)
    assert two.home.of(two.home.vault.borrower_key(name)) is two.other


async def test_a_move_that_was_given_is_not_given_up(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From then on it only goes forward, and says so."""
    here = two.notice_in(two.home, plain)
    await two.bench.accept(here)
    await ask(two, here["borrower"]["id"], two.other)

    def reach(passed: str) -> None:
        if passed == "move.given":
            raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(moving, "reach", reach)
        with pytest.raises(Killed):
            await growing.run(two.home, pause=0)
    assert (0, 1) == await growing.cancel(two.home)
    assert 1 == await growing.run(two.home, pause=0)
    await two.home.cells.reread()
    assert two.home.of(two.home.vault.borrower_key(here["borrower"]["id"])) is two.other
    assert 1 == len(await two.bench.work())


async def test_nothing_moves_while_a_process_knows_fewer_cells(
    two: TwoCells, further_urls: list[str]
) -> None:
    """It would look for borrowers where they are not: each of its connections counts until it has ended."""
    wanted = processes_of(2)

    async def others() -> int:
        async with two.other.database.connection() as connection:
            return await cells_store.count_other_processes(connection, wanted)

    assert 0 == await others()
    old = await open_database(further_urls[0], connections=1, cells=1)
    try:
        assert 1 == await others()
        with pytest.raises(
            Conflict, match="connections are of processes that do not know 2 cells: start all"
        ):
            await growing.check_processes(two.home)
    finally:
        await old.close()
    for _ in range(400):  # the server may still see the connection for a moment
        if await others() == 0:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the old process has ended, and is still counted")


async def test_a_process_that_starts_is_none_of_those_that_know_fewer_cells(
    two: TwoCells, further_urls: list[str]
) -> None:
    """It looks at the schema before it knows of any cell."""
    migrating = await asyncpg.connect(further_urls[0], server_settings={"application_name": MIGRATING})
    try:
        async with two.other.database.connection() as connection:
            assert 0 == await cells_store.count_other_processes(connection, processes_of(2))
            assert 1 <= await cells_store.count_other_processes(connection, processes_of(3))
    finally:
        await migrating.close()


@pytest.mark.parametrize("away", [False, True], ids=["at once", "when it is back"])
async def test_an_erasure_reaches_the_logs_of_the_cells_that_had_the_borrower(
    two: TwoCells, plain: dict[str, Any], away: bool
) -> None:
    """There and back again: what was decided in the other cell cannot be opened any more either."""
    here = two.notice_in(two.home, plain)
    name = here["borrower"]["id"]
    key = two.home.vault.borrower_key(name)
    await two.bench.accept(here)
    await two.bench.work()
    await ask(two, name, two.other)
    assert 1 == await growing.run(two.home, pause=0)
    client = two.bench.api.client
    path = f"/v1/borrowers/{name}/erase"
    before = (await client.get("/v1/log", params={"borrower": name})).json()["items"]
    assert any(one["detail"] not in (None, {"erased": True}) for one in before)
    if away:
        with two.away(two.home):
            answer = await two.bench.api.client.post(path)
        assert answer.status_code in {200, 503}, answer.text
    answer = await accepted_erasure(client, path)
    assert 200 == answer.status_code, answer.text
    await send_on(two.other)
    after = (await client.get("/v1/log", params={"borrower": name})).json()["items"]
    assert after
    assert [] == [one["kind"] for one in after if one["detail"] not in (None, {}, {"erased": True})]
    for cell in two.home.cells.all:
        await sequence(cell)
    left = await rows_of(two.home, key)
    assert {0} == {left[table] for table, rule in RULES.items() if rule is Rule.MOVES}


async def accepted_erasure(client: Any, path: str) -> Any:
    """The answer once the map is known everywhere."""
    for _ in range(200):
        answer = await client.post(path)
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.05)
    return answer


async def test_a_borrower_who_moves_there_and_back_is_whole(two: TwoCells, plain: dict[str, Any]) -> None:
    """Two moves, two epochs; the notices are sent once, and both logs tell of both moves."""
    here = two.notice_in(two.home, plain)
    name = here["borrower"]["id"]
    key = two.home.vault.borrower_key(name)
    ids = [await two.bench.accept(here)]
    await two.bench.work()
    for target in (two.other, two.home):
        await ask(two, name, target)
        assert 1 == await growing.run(two.home, pause=0)
        assert two.home.of(key) is target
        ids.append(await accepted_at_last(two, here))
        await two.bench.work()
    assert len(ids) == sum(len(one.book) for one in two.bench.providers.values())
    for cell in two.home.cells.all:
        async with cell.database.connection() as connection:
            kinds = "SELECT count(*) FROM log_entries WHERE kind = 'cells.moved'"
            assert 2 == await connection.fetchval(kinds)
    assert len(ids) == (await rows_of(two.home, key))["notices"]


@dataclass(slots=True)
class ThreeCells:
    """Two cells that work and a third beside them."""

    two: TwoCells

    @property
    def third(self) -> Runtime:
        """The one at the end."""
        return self.two.home.cells.all[2]


@pytest.fixture(scope="session")
def third_database(server_url: str, template_database: str) -> str:
    """The database of a third cell."""
    asyncio.run(run_on(server_url, f"CREATE DATABASE forbear_third TEMPLATE {template_database}"))
    return with_database(server_url, "forbear_third")


@pytest.mark.slow
class TestThree:
    """Over three cells."""

    @pytest.fixture
    def further_urls(self, second_database: str, third_database: str, emptying: Emptying) -> list[str]:
        """Two databases beside home, with nothing in them."""
        for url in (second_database, third_database):
            emptying.empty(url)
        return [second_database, third_database]

    @pytest.fixture
    async def three(self, two: TwoCells) -> AsyncIterator[ThreeCells]:
        """The same deployment."""
        yield ThreeCells(two)

    async def test_a_bucket_goes_round_three_cells(self, three: ThreeCells, plain: dict[str, Any]) -> None:
        """Each gives it to the next; the story is read over all three logs, and the third one's map is
        everybody's."""
        two = three.two
        here = two.notice_in(two.home, plain)
        name = here["borrower"]["id"]
        key = two.home.vault.borrower_key(name)
        ids = [await two.bench.accept(here)]
        await two.bench.work()
        for target in (two.other, three.third, two.home):
            bucket = await ask(two, name, target)
            assert 1 == await growing.run(two.home, pause=0)
            assert two.home.of(key) is target
            for cell in two.home.cells.all:
                async with cell.database.connection() as connection:
                    known = {row.bucket: row.cell for row in await cells_store.bucket_map(connection)}
                assert target.cell == known[bucket]
            if len(ids) < 3:  # so many the cap permits
                ids.append(await accepted_at_last(two, here))
            await two.bench.work()
        assert len(ids) == sum(len(one.book) for one in two.bench.providers.values())
        assert {0, 1, 2} == {one.cell for one in two.home.cells.with_log_of(key)}
        client = two.bench.api.client
        for id_ in ids:
            story = (await client.get("/v1/log", params={"notice": id_})).json()["items"]
            assert "decision" in {one["kind"] for one in story}

    async def test_a_stop_from_a_number_of_all_three_holds_in_each(
        self, three: ThreeCells, plain: dict[str, Any]
    ) -> None:
        """One person, three borrowers, three cells: nothing more to the number."""
        two = three.two
        for cell in two.home.cells.all:
            await two.bench.accept(two.notice_in(cell, plain))
        await two.stop("+12025550101")
        for cell in two.home.cells.all:
            await send_on(cell)
        sent = await two.bench.work()
        assert len(sent) <= 1, "a confirmation at the most"
        states = await two.bench.api.rows("SELECT DISTINCT state FROM deliveries WHERE channel = 'sms'")
        assert "suppressed" in {row["state"] for row in states}

    async def test_a_split_of_the_second_fills_the_third(
        self, three: ThreeCells, plain: dict[str, Any]
    ) -> None:
        """Half of another cell than home; everybody is found afterwards."""
        two = three.two
        names = [f"B-{number}" for number in range(30)]
        for name in names:
            await two.bench.accept({**plain, "borrower": {**plain["borrower"], "id": name}})
        plan = await growing.plan_split(two.home, 1, 2)
        await growing.ask(two.home, [plan], SYSTEM_ACTOR, together=512)
        await growing.run(two.home, pause=0)
        owners = [two.home.of(two.home.vault.borrower_key(name)).cell for name in names]
        for cell in two.home.cells.all:
            async with cell.database.connection() as connection:
                count = await connection.fetchval("SELECT count(*) FROM borrowers")
            assert owners.count(cell.cell) == count
        assert {0, 1, 2} == set(owners)
