"""Figures of the overview lead to lists of just what they count."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from service.store import backlog
from tests.console.visiting import accepted, change, visitor

FIGURE = re.compile(r'<a class="figure[^"]*" href="([^"]+)"><b>([\d,]+)</b><span>([^<,]+)')


async def figures(one: Any) -> dict[str, tuple[str, int]]:
    """The overview's figures by their words: where they lead, and their number."""
    text = (await one.get("/console")).text
    return {words: (path, int(number)) for path, number, words in FIGURE.findall(text)}


async def test_what_is_overdue_is_listed_and_what_is_due_later_is_not(
    api: Any, notice: dict[str, Any]
) -> None:
    """Each of its deliveries is counted, and the list says of how many notices they are."""
    overdue = await accepted(api, notice, fan_out="all", wait=None)
    later = await accepted(api, notice, not_before="2026-11-26T18:00:00Z", reference="core-later")
    api.clock.move(timedelta(hours=2))
    one = await visitor(api, "ops")
    path, number = (await figures(one))["overdue"]
    assert ("/console/notices?state=overdue", 2) == (path, number)
    text = (await one.get(path)).text
    assert "2 deliveries of 1 notices" in text
    assert overdue in text
    assert later not in text


@pytest.mark.parametrize(
    ("state", "words"), [("held", "held for a person"), ("unknown", "unknown whether they went")]
)
async def test_what_waits_for_a_person_is_listed(
    api: Any, notice: dict[str, Any], state: str, words: str
) -> None:
    """As many as the figure says."""
    await accepted(api, notice, fan_out="all", wait=None)
    await change(api, "UPDATE deliveries SET state = $1, reason = 'it cannot be rendered'", state)
    one = await visitor(api, "ops")
    path, number = (await figures(one))[words]
    assert 2 == number
    assert "Select all 2" in (await one.get(path)).text


async def test_receipts_that_are_owed_lead_to_their_deliveries(api: Any, notice: dict[str, Any]) -> None:
    """The list is made of the very attempts that the figure counts; none here."""
    await accepted(api, notice)
    one = await visitor(api, "auditor")
    path, number = (await figures(one))["with a provider"]
    assert 0 == number
    assert "No notice fits" in (await one.get(path)).text
    async with api.runtime.database.connection() as connection:
        assert [] == await backlog.owed(connection, 10)


async def test_an_hour_of_the_picture_leads_an_auditor_to_its_entries(
    api: Any, notice: dict[str, Any]
) -> None:
    """And whoever does not read the log to the notices of its day."""
    hour = api.clock.now().replace(minute=0, second=0, microsecond=0)
    await change(api, "INSERT INTO tallies VALUES ($1, 'sms', 'defer', 'us-reg-f/hours', 3)", hour)
    auditor, ops = await visitor(api, "auditor"), await visitor(api, "ops")
    stamps = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (hour, hour + timedelta(hours=1))]
    assert f"/console/log?from={stamps[0]}&amp;to={stamps[1]}" in (await auditor.get("/console")).text
    assert "/console/log?" not in (await ops.get("/console")).text
    assert 200 == (await auditor.get(f"/console/log?from={stamps[0]}&to={stamps[1]}")).status_code
