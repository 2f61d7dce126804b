"""What somebody asks for in one cell holds in every cell, also where the other was away as it came."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from service.dispatch.runtime import owed
from service.errors import Unavailable
from service.store import cells
from service.worker.catching_up import CatchingUp
from tests.cells.conftest import TwoCells

NUMBER = "+12025550101"
STOPPED = {"sms": "suppressed"}


async def shared(two: TwoCells, plain: Mapping[str, Any]) -> list[str]:
    """Notices to a borrower of each cell, who have one number."""
    return [await two.bench.accept(two.notice_in(cell, plain)) for cell in (two.home, two.other)]


@pytest.mark.parametrize("words", ["STOP", "wrong number"])
async def test_a_word_from_a_shared_number_holds_in_both_cells(
    two: TwoCells, plain: dict[str, Any], words: str
) -> None:
    """Nothing is sent to either borrower, and the message is counted for both."""
    notices = await shared(two, plain)
    effect = await two.stop(NUMBER, words)
    assert 2 == effect.borrowers
    sent = [one for one in await two.bench.work() if one.to == NUMBER]
    assert [STOPPED, STOPPED] == [await two.bench.states(one) for one in notices]
    assert len(sent) <= 1, "the confirmation at the most"
    timelines = [
        await two.bench.api.client.get(f"/v1/borrowers/{two.name_in(one)}/timeline")
        for one in (two.home, two.other)
    ]
    assert all("inbound" in {item["type"] for item in one.json()["items"]} for one in timelines)


async def test_one_confirmation_follows_whatever_the_cells(two: TwoCells, plain: dict[str, Any]) -> None:
    """Not one from each."""
    await shared(two, plain)
    assert 2 == len(await two.bench.work())
    await two.stop(NUMBER)
    assert 1 == len(await two.bench.work())


async def test_a_stop_while_the_other_cell_was_away_holds_when_it_is_back(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """It is owed; a worker of that cell sends nothing before it was told."""
    _, elsewhere = await shared(two, plain)
    with two.away(two.other):
        assert 1 == (await two.stop(NUMBER)).borrowers
    async with two.home.database.connection() as connection:
        assert {"inbound", "suppression"} == {one.kind for one in await cells.owed(connection, 1, 100)}
    catching_up = CatchingUp(two.other)
    with pytest.raises(Unavailable, match="does not know yet"):
        catching_up.check()
    running = asyncio.create_task(catching_up.run())
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    catching_up.check()
                    break
                except Unavailable:
                    await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await two.bench.work()
    assert STOPPED == await two.bench.states(elsewhere)
    async with two.home.database.connection() as connection:
        assert [] == await cells.owed(connection, 1, 100)


async def test_a_process_that_dies_before_it_tells_the_others_forgets_nothing(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The debt is written with what it follows from; any worker settles it."""
    notices = await shared(two, plain)

    async def dead(*_: object) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as killed:
        killed.setattr(owed, "settle", dead)
        await two.stop(NUMBER)
    assert 2 <= await owed.settle(two.home, two.other) + await owed.settle(two.other, two.home)
    await two.bench.work()
    assert [STOPPED, STOPPED] == [await two.bench.states(one) for one in notices]


async def test_what_is_owed_may_be_done_twice(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes may settle the same: nothing is recorded twice."""
    await shared(two, plain)
    with monkeypatch.context() as forgetful:
        forgetful.setattr(cells, "done", _nothing)
        with two.away(two.other):
            await two.stop(NUMBER)
    async with two.home.database.connection() as connection:
        found = await cells.owed(connection, 1, 100)
    for one in [*found, *found]:
        act = owed.copy_suppression if one.kind == owed.SUPPRESSION else two.home.cells.acts[one.kind]
        await act(two.home, two.other, one)
    timeline = await two.bench.api.client.get(f"/v1/borrowers/{two.name_in(two.other)}/timeline")
    assert 1 == [one["type"] for one in timeline.json()["items"]].count("opt_out")


async def _nothing(*_: object) -> None:
    return


async def test_a_suppression_is_listed_once_and_lifted_everywhere(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """`GET /v1/suppressions` shows one; lifting it opens the address in both cells."""
    client = two.bench.api.client
    body = {"address": NUMBER, "channel": "any", "reason": "wrong_number", "note": None}
    made = await client.post("/v1/suppressions", json=body)
    assert 201 == made.status_code, made.text
    notices = await shared(two, plain)
    await two.bench.work()
    assert [STOPPED, STOPPED] == [await two.bench.states(one) for one in notices]
    assert 1 == len((await client.get("/v1/suppressions")).json()["items"])
    lifted = await client.post(f"/v1/suppressions/{made.json()['id']}/lift", json={"reason": "it was a slip"})
    assert 200 == lifted.status_code, lifted.text
    again = await shared(two, plain)
    await two.bench.work()
    assert [{"sms": "accepted"}] * 2 == [await two.bench.states(one) for one in again]


async def test_what_a_borrower_of_the_other_cell_says_stands_in_homes_list(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """A suppression that another cell records is copied home before anybody is answered."""
    await two.bench.accept(two.notice_in(two.other, plain))
    await two.stop(NUMBER)
    found = (await two.bench.api.client.get("/v1/suppressions", params={"address": NUMBER})).json()["items"]
    assert ["opt_out"] == [one["reason"] for one in found]


async def test_a_shared_number_has_its_bound_divided(two: TwoCells, plain: dict[str, Any]) -> None:
    """Each cell keeps to its part of the bound on one number; who has a number alone keeps the whole."""
    await shared(two, plain)
    digest = two.home.vault.address_digest(NUMBER)
    for cell in (two.home, two.other):
        async with cell.database.connection() as connection:
            assert {digest: [0, 1]} == await cells.shared(connection, [digest])
            assert 1 == await connection.fetchval(
                "SELECT count(*) FROM shared_numbers WHERE digest = $1", digest
            )


async def test_a_directory_that_is_away_counts_as_everywhere(two: TwoCells, plain: dict[str, Any]) -> None:
    """The strict side: the number is taken to be every cell's, and entered when the directory is back."""
    vault = two.home.vault
    number = next(
        one
        for one in (f"+120255501{last:02}" for last in range(100))
        if two.home.cells.of_digest(vault.address_digest(one)) is two.other
    )
    digest = vault.address_digest(number)
    body = two.notice_in(two.home, plain)
    body["borrower"]["addresses"] = {"sms": number}
    with two.away(two.other):
        await two.bench.accept(body)
    async with two.home.database.connection() as connection:
        assert {digest: [0, 1]} == await cells.shared(connection, [digest])
        assert "register" in {one.kind for one in await cells.owed(connection, 1, 10)}
    await owed.settle(two.home, two.other)
    async with two.other.database.connection() as connection:
        assert 0 == await connection.fetchval("SELECT cell FROM number_cells WHERE digest = $1", digest)
