"""A learning policy learns from the rounds of every cell."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from service.dispatch.learning import everywhere
from service.store.choices import CellRow
from tests.cells.conftest import TwoCells

COUNT = """
INSERT INTO learning_cells (creditor, policy, week, arm_group, segment, arm, rounds, contacts_sms,
    contacts_email, contacts_voice, payment, promise_to_pay, plan_request, opt_out, complaint, hung_up)
VALUES ('lender', 'gentle', $1, $2, 's', 'a', $3, 1, 0, 0, 2, 0, 0, 0, 1, 0)
"""
WEEKS = date(2026, 11, 9), date(2026, 11, 16)


async def test_counts_of_the_same_week_and_group_are_added(two: TwoCells) -> None:
    """Others stand by themselves, in their order."""
    for cell, rows in (
        (two.home, [(WEEKS[1], "learned", 5)]),
        (two.other, [(WEEKS[1], "learned", 7), (WEEKS[0], "holdout", 3)]),
    ):
        async with cell.database.connection() as connection:
            for row in rows:
                await connection.execute(COUNT, *row)
    found = await everywhere.counts(two.home, "lender", "gentle")
    assert [
        CellRow(WEEKS[0], "holdout", "s", "a", 3, 1, 0, 0, 2, 0, 0, 0, 1, 0),
        CellRow(WEEKS[1], "learned", "s", "a", 12, 2, 0, 0, 4, 0, 0, 0, 2, 0),
    ] == found


async def test_a_payment_in_any_cell_says_that_the_feed_is_alive(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """And none in any that it stands still."""
    clock = two.bench.api.clock
    since: datetime = clock.now()
    await two.bench.accept(two.notice_in(two.other, plain))
    creditor = plain["debt"]["creditor"]
    assert not await everywhere.feed_is_alive(two.home, creditor, since)
    paid = {
        "borrower_id": two.name_in(two.other),
        "type": "payment",
        "at": clock.now().isoformat(),
        "debt_ids": [plain["debt"]["id"]],
        "creditor": creditor,
    }
    assert (await two.bench.api.client.post("/v1/events", json=paid)).is_success
    assert await everywhere.feed_is_alive(two.home, creditor, since)
