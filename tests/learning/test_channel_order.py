"""In which order the channels of an adaptive notice are tried: the chosen one first, by the choice alone. The
notice is not written again for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.ids import NoticeId
from tests.api.as_twilio import send_due
from tests.learning.lender import accept_all, activate, adaptive, learned, snapshot

NUMBER = 24


async def plan_for_mail(api: Any, notice: Any) -> tuple[list[str], set[int]]:
    """Post notices that name the text first, and plan them: their ids, and the numbers of those whose mail
    comes first."""
    await activate(api, experiment={"holdout": 0.05, "salt": "x"})
    await learned(api, snapshot("email/14:00-17:00", floor=10))
    ids = await accept_all(api, [adaptive(notice, number) for number in range(NUMBER)])
    await send_due(api)
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch("SELECT notice_no FROM deliveries WHERE channel = 'email'")
    return ids, {row["notice_no"] for row in rows}


async def work_on(api: Any) -> None:
    """Three days, in which both channels have their turn."""
    for _ in range(12):
        api.clock.move(timedelta(hours=6))
        await send_due(api)


async def channels_of(api: Any) -> dict[int, list[str]]:
    """By notice the channels on which it was tried, in their order."""
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch("SELECT notice_no, channel FROM attempts ORDER BY at")
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["notice_no"], []).append(row["channel"])
    return found


async def test_the_chosen_channel_comes_first_and_the_other_one_follows(api: Any, notice: Any) -> None:
    """Each once, and nothing after them; so are they shown."""
    ids, mails = await plan_for_mail(api, notice)
    assert len(mails) > NUMBER / 2
    await work_on(api)
    tried = await channels_of(api)
    assert {("email", "sms")} == {tuple(tried[number]) for number in mails}
    shown = [
        (await api.client.get(f"/v1/notices/{one}")).json()
        for one in ids
        if (id_ := NoticeId.parse(one)) is not None and id_.number in mails
    ]
    assert {("email", "sms")} == {tuple(each["channel"] for each in one["deliveries"]) for one in shown}


async def test_a_planned_notice_is_not_written_again(api: Any, notice: Any) -> None:
    """Its row is large, and is in many indexes."""
    _, mails = await plan_for_mail(api, notice)
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT n.notice_no, n.plan, n.xmin = d.xmin AS again FROM notices n "
            "JOIN deliveries d USING (borrower_id, notice_no)"
        )
    assert mails
    assert {(None, False)} == {(row["plan"], row["again"]) for row in rows if row["notice_no"] in mails}


@pytest.mark.parametrize("gone", [True, False])
async def test_a_plan_that_stands_with_the_notice_holds(api: Any, notice: Any, gone: bool) -> None:
    """As it was written before; also where the choice is not there any more."""
    _, mails = await plan_for_mail(api, notice)
    async with api.runtime.database.connection() as connection:
        await connection.execute(
            "UPDATE notices SET plan = '{email,sms}' WHERE notice_no = ANY($1::bigint[])", list(mails)
        )
        if gone:
            await connection.execute("DELETE FROM choices")
    await work_on(api)
    tried = await channels_of(api)
    assert mails
    assert {("email", "sms")} == {tuple(tried[number]) for number in mails}
