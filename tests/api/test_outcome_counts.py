"""Contacts whose time is over are counted once, for good: the report is the same before and after, and what
is counted names nobody."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.clock import MovableClock
from service.dispatch.audit.attribution import WAITS, count_due
from service.store import outcomes
from tests.api.as_twilio import accept, send_due
from tests.api.test_outcomes import DAY, HOUR, rows, said
from tests.learning.lender import accept_all, activate, adaptive

BY = "tier,template,channel,band,week,creditor"


async def lived(api: Any, notice: Any) -> None:
    """Two contacts that are over, with what came after them, and one of today."""
    await accept(api, notice, "sms")
    assert 1 == len(await send_due(api))
    await said(api, "contact", api.clock.now() - 3 * DAY, channel="voice", outcome="hung_up")
    await said(api, "payment", api.clock.now() - DAY, debt_ids=["L-1"])
    await said(api, "contact", api.clock.now() - 5 * DAY)
    await said(api, "dispute", api.clock.now() - 4 * DAY, debt_ids=["L-1"])
    api.clock.move(WAITS - 2 * DAY)
    await said(api, "contact", api.clock.now())


async def test_contacts_are_told_apart_by_how_their_notice_was_chosen(api: Any, notice: Any) -> None:
    """By the group of the choice, before the counting and after it; `none` where nothing chose."""
    await activate(api, stage="chance", experiment={"holdout": 0.5, "salt": "x"})
    await accept_all(api, [adaptive(notice, number) for number in range(20)])
    await accept_all(api, [adaptive(notice, number, fan_out="cascade") for number in range(20, 24)])
    await send_due(api)
    made = await api.rows(
        "SELECT COALESCE(arm_group, 'none') AS name FROM attempts "
        "LEFT JOIN choices USING (borrower_id, notice_no)"
    )
    expected = Counter(row["name"] for row in made)
    assert {"none", "chance", "holdout"} == expected.keys()
    for _ in range(2):
        assert expected == {row["group"]: row["contacts"] for row in await rows(api, by="group")}
        api.clock.move(WAITS + DAY)
        await count_due(api.runtime)


async def test_a_report_says_the_same_before_and_after_the_counting(api: Any, notice: Any) -> None:
    """Some contacts are counted, some are not yet; each stands in one row."""
    await lived(api, notice)
    before = await rows(api, by=BY)
    assert 4 == sum(row["contacts"] for row in before)
    assert 2 == await count_due(api.cell_of())
    assert before == await rows(api, by=BY)
    assert (2, 0) == (await api.count("outcome_counts"), await count_due(api.cell_of()))
    api.clock.move(WAITS + HOUR)
    assert 2 == await count_due(api.cell_of())
    assert 4 == sum(row["mature"] for row in await rows(api, by=BY))


async def test_counting_ends_though_the_clock_goes_on(api: Any, notice: Any) -> None:
    """What falls due while it counts is left to the next turn: whoever went after it would never stop."""
    await lived(api, notice)
    runtime = replace(api.cell_of(), clock=Going(api.clock.now()))
    assert 2 == await asyncio.wait_for(count_due(runtime), 60)
    assert 0 == await asyncio.wait_for(count_due(runtime), 60)


class Going(MovableClock):
    """A clock that goes on whenever it is read, as a real one does."""

    def now(self) -> datetime:
        self.move(timedelta(milliseconds=1))
        return super().now()


async def test_what_was_counted_is_joined_no_more(api: Any, notice: Any) -> None:
    """An erasure leaves the counts, which name nobody, and takes what is not counted yet with both its
    halves."""
    await lived(api, notice)
    await count_due(api.cell_of())
    await api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})
    found = await rows(api)
    assert [(2, 2, 1, 1)] == [
        (row["contacts"], row["mature"], row["payments"]["count"], row["disputes"]["count"]) for row in found
    ]
    api.clock.move(3 * WAITS)
    assert 0 == await count_due(api.cell_of())


async def test_what_is_reported_late_is_counted_once(api: Any, notice: Any) -> None:
    """A contact of long ago that somebody tells of today waits for its answers from today on."""
    await lived(api, notice)
    await count_due(api.cell_of())
    await said(api, "contact", api.clock.now() - 20 * DAY, channel="email", outcome="delivered")
    assert [1] == [row["contacts"] for row in await rows(api, by="channel") if row["channel"] == "email"]
    for _ in range(4):
        api.clock.move(WAITS)
        await count_due(api.cell_of())
    found = await rows(api, by="channel", **{"from": (api.clock.now() - 80 * DAY).isoformat()})
    assert [1] == [row["contacts"] for row in found if row["channel"] == "email"]


async def test_a_counting_that_breaks_leaves_nothing_and_is_repeated(
    api: Any, notice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counts and how far they go are written together."""
    await lived(api, notice)
    add = outcomes.add

    async def breaks(*arguments: Any) -> None:
        await add(*arguments)
        raise RuntimeError

    monkeypatch.setattr(outcomes, "add", breaks)
    with pytest.raises(RuntimeError):
        await count_due(api.cell_of())
    assert 0 == await api.count("outcome_counts")
    monkeypatch.undo()
    assert 2 == await count_due(api.cell_of())


async def test_two_who_count_at_once_count_once(api: Any, notice: Any) -> None:
    """They take turns."""
    await lived(api, notice)
    assert 2 == sum(await asyncio.gather(*(count_due(api.cell_of()) for _ in range(3))))


async def test_a_table_without_contacts_is_counted_to_now(api: Any) -> None:
    """And nothing is found."""
    assert (0, []) == (await count_due(api.cell_of()), await rows(api))
    assert WAITS > timedelta(days=7)
