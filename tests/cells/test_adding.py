"""What a cell that is added is told, and what a deployment that had one cell has to make up for."""

from __future__ import annotations

from typing import Any

from service.dispatch.number_limits import directory
from service.dispatch.reconcile import growing
from service.model.actor import SYSTEM_ACTOR
from tests.cells.conftest import TwoCells
from tests.cells.test_moving import accepted_at_last, ask


async def alone(two: TwoCells) -> None:
    """Home has stored what it has while there was no other cell, so that no number was entered."""
    for cell in two.home.cells.all:
        async with cell.database.connection() as connection:
            await connection.execute("DELETE FROM number_cells")
            await connection.execute("DELETE FROM shared_cells")
        cell.entered.clear()


async def directory_of(two: TwoCells) -> set[tuple[bytes, int]]:
    """Which cells have which numbers."""
    return {(row["digest"], row["cell"]) for row in await two.bench.api.rows("SELECT * FROM number_cells")}


async def test_numbers_of_a_cell_that_was_alone_are_entered_page_by_page(
    two: TwoCells, plain: dict[str, Any], monkeypatch: Any
) -> None:
    """Each number once, no mailbox; and again without harm."""
    monkeypatch.setattr(directory, "AT_A_TIME", 2)
    numbers = [f"+1202555010{last}" for last in range(5)]
    here = two.notice_in(two.home, plain)
    for number in numbers:
        addresses = {"sms": number, "voice": number, "email": "ana@example.com"}
        await two.bench.accept({**here, "borrower": {**here["borrower"], "addresses": addresses}})
    await alone(two)
    known = len(await two.bench.api.rows("SELECT DISTINCT digest FROM addresses WHERE channel <> 'email'"))
    for _ in range(2):
        found = await growing.add_cell(two.home, 1, SYSTEM_ACTOR, dry_run=False)
        assert (known, False) == (found["numbers"], found["dry_run"])
    entered = await directory_of(two)
    assert {0} == {cell for _, cell in entered}
    assert known == len(entered)
    assert two.home.vault.address_digest(numbers[-1]) in {digest for digest, _ in entered}


async def test_who_stays_and_who_moves_share_their_number_at_once(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Two borrowers of one number, one of whom moves: both cells know that its bounds are divided, though
    nothing was posted to who stays."""
    stays = two.notice_in(two.home, plain)
    moves = {**plain, "borrower": {**plain["borrower"], "id": other_at_home(two, stays)}}
    for notice in (stays, moves):
        await two.bench.accept(notice)
    await alone(two)
    await growing.add_cell(two.home, 1, SYSTEM_ACTOR, dry_run=False)
    await ask(two, moves["borrower"]["id"], two.other)
    assert 1 == await growing.run(two.home, pause=0)
    digest = two.home.vault.address_digest(plain["borrower"]["addresses"]["sms"])
    for cell in two.home.cells.all:
        async with cell.database.connection() as connection:
            assert {digest: 2} == await directory.parts(cell, connection, [digest]), cell.cell
    await accepted_at_last(two, moves)


def other_at_home(two: TwoCells, notice: dict[str, Any]) -> str:
    """An upstream id of another borrower of home's, in another bucket."""
    vault = two.home.vault
    taken = vault.borrower_key(notice["borrower"]["id"]).int >> 116
    return next(
        name
        for name in (f"C-{number}" for number in range(100_000))
        if two.home.of(key := vault.borrower_key(name)) is two.home and key.int >> 116 != taken
    )
