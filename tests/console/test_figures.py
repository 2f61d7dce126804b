"""Figures of the overview lead to lists of just what they count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from service.console import notices as notices_page
from service.console.preferences import ZONE
from service.console.routes import COOKIE
from service.store import backlog
from tests.console.people import PEOPLE
from tests.console.planting import BEGINS, Planted, reply, send, serving
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


async def test_what_is_overdue_is_listed_page_by_page(
    api: Any, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each delivery stands on one page."""
    monkeypatch.setattr(notices_page, "WAITING_SHOWN", 2)
    for number in range(3):
        await accepted(api, notice, fan_out="all", wait=None, reference=f"core-{number}")
    api.clock.move(timedelta(hours=2))
    one = await visitor(api, "ops")
    path, number = (await figures(one))["overdue"]
    assert 6 == number == await listed(one, path)
    assert "The next ones" in (await one.get(path)).text


async def test_an_hour_of_the_picture_leads_everybody_to_what_happened_in_it(
    api: Any, notice: dict[str, Any]
) -> None:
    """Also who does not read the log; the proof of an entry is for those who do."""
    hour = api.clock.now().replace(minute=0, second=0, microsecond=0)
    await change(api, "INSERT INTO tallies VALUES ($1, 'sms', 'defer', 'us-reg-f/hours', 3)", hour)
    stamps = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (hour, hour + timedelta(hours=1))]
    path = f"/console/activity?from={stamps[0]}&to={stamps[1]}".replace(":", "%3A")
    for role in ("auditor", "ops"):
        one = await visitor(api, role)
        assert path in unescape((await one.get("/console")).text)
        assert 200 == (await one.get(path)).status_code


LINKED = re.compile(
    r'<a (?:class="figure[^"]*"|class="number")? ?href="(?P<path>[^"]+)"'
    r'(?: aria-label="[^"]*: (?P<bar>[\d,]+)")?>'
    r"(?:<b>(?P<figure>[\d,]+)</b>|<span>[^<]*</span><b>(?P<todo>[\d,]+)</b>|[^<]*?(?P<last>[\d,]+)</a>)?"
)
"""A number that leads somewhere: a figure, a bar, a line of what waits, a legend, a cell of a table."""
NEXT = re.compile(r'class="pager"><a class="button" href="(\?[^"]+)"')
ROWS = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)


def linked(text: str) -> Iterator[tuple[str, int]]:
    """Every number of a page's content that leads somewhere: to where, and how many it says are there."""
    for match in LINKED.finditer(text[text.index("<main") :]):
        number = match["bar"] or match["figure"] or match["todo"] or match["last"]
        if number and "/learning/" not in match["path"] and "/policies/" not in match["path"]:
            yield unescape(match["path"]), int(number.replace(",", ""))


async def listed(one: Any, path: str) -> int:
    """How many stand in a list, all its pages together."""
    found, where = 0, path
    while True:
        text = (await one.get(where)).text
        deliveries = re.search(r"([\d,]+) deliveries of", text)
        rows = ROWS.search(text)
        found += int(deliveries[1]) if deliveries else rows[1].count("<tr") if rows else 0
        further = NEXT.search(text)
        if further is None:
            return found
        where = path.partition("?")[0] + unescape(further[1])


async def _a_day(world: Planted) -> None:
    """Everybody is written to, by night and by day; some providers take nothing, one never answers, words
    come that nobody understands or has."""
    random = Random(5)
    for hours in (0, 10, 20):
        for person in PEOPLE:
            await send(world, person, random, hours)
        await world.settled()
        if hours == 10:
            await reply(world, "+14155550134", "STOP")
            await reply(world, "+12025550187", "ok")
            await reply(world, "+18085550117", "not sure that this is mine")
        await world.live(timedelta(hours=10))
    await world.service.measuring.measure()


@pytest.mark.slow
async def test_every_number_of_the_overview_leads_to_a_list_of_as_many(
    database_url: str, tmp_path: Path
) -> None:
    """After a day and more of a real worker; for ops as for auditors, of all channels and of one, in a zone
    whose days begin at half past an hour."""
    async with serving(tmp_path, BEGINS, database_url=database_url) as world:
        await _a_day(world)
        for who, zone in (("ops", "America/New_York"), ("auditor", "Asia/Kolkata")):
            async with httpx.AsyncClient(base_url=world.address, timeout=30) as one:
                answer = await one.post("/console/login", data={"key": world.keys[who], "next": "/console"})
                one.headers["Cookie"] = f"{COOKIE}={answer.cookies[COOKIE]}; {ZONE}={zone}"
                text = (await one.get("/console")).text
                assert zone in text
                legend = re.findall(
                    r">(handed over|deferred|suppressed|held|failed or unknown) (\d+)</a>", text
                )
                assert 5 == len([number for _, number in legend if int(number)]), legend
                assert [] == await _wrong(world, one)


async def _wrong(world: Planted, one: httpx.AsyncClient) -> list[tuple[str, int, int]]:
    """Figures whose lists hold another number; asked again where the worker did something meanwhile, such as
    a look-up whose hour has come."""
    for _ in range(10):
        await world.service.measuring.measure()
        said = await _said(one)
        assert 30 < len(said)
        wrong = [
            (path, number, there) for path, number in said if number != (there := await listed(one, path))
        ]
        await world.service.measuring.measure()
        if said == await _said(one):
            return wrong
    raise AssertionError("the figures never stood still")


async def _said(one: httpx.AsyncClient) -> list[tuple[str, int]]:
    """Every figure of the overview, of all channels and of one."""
    pages = [(await one.get(path)).text for path in ("/console", "/console?channel=sms")]
    return list(dict.fromkeys(figure for text in pages for figure in linked(text)))
