"""Two journeys in a real browser, by what the pages themselves say: a first policy from the builder to its
rollback, and the reason why somebody got no message, proven."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.console.chromium import PATH, Page, browser
from tests.console.people import PEOPLE
from tests.console.planting import Planted, send, serving
from tests.console.shots import log_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(PATH is None, reason="needs a browser: the Debian package chromium"),
]
TUESDAY = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
"""Half past nine in the morning, in Boston."""
VERIFIER = Path(__file__).resolve().parents[2] / "docs" / "verify_log.py"
DOWNLOAD_SECONDS = 20


async def _some_days(world: Planted) -> None:
    """Notices to a few people, by day and by night."""
    random = Random(3)
    for hours in range(0, 30, 6):
        for person in PEOPLE[:9:3]:
            await send(world, person, random, hours)
        await world.settled()
        await world.live(timedelta(hours=6))


async def test_a_first_policy_is_built_simulated_approved_activated_and_rolled_back(
    database_url: str, tmp_path: Path
) -> None:
    """By ops and a second person, who find every step on the pages."""
    async with serving(tmp_path, TUESDAY, database_url=database_url) as world, browser() as page:
        await _some_days(world)
        await page.call("Network.enable")
        await log_in(page, world, "ops")
        await page.press("Policies")
        await page.press("Build a house rule")
        await _build(page)
        await page.press("Run its cases")
        assert "cases pass." in await page.text()
        await page.press("To the version")
        assert "another key has to approve it" in await page.text()
        await page.press("Simulate")
        await page.fill("[name=from_date]", "2026-11-24")
        await page.press("Simulate")
        text = await page.text()
        assert "would have waited" in text
        assert 0 < await page.ask("document.querySelectorAll('main svg.fluid rect').length")
        assert 0 < await page.ask(
            "document.querySelectorAll('main tbody a[href^=\"/console/notices/\"]').length"
        )
        await _approve_and_activate(page, world, "1")
        await _second_version(page)
        await _approve_and_activate(page, world, "2")
        await page.go(f"{world.address}/console/policies/short-days?version=1")
        await page.press("Roll back to this text")
        await page.write("[name=reason]", "the shorter day was right")
        await page.press("Ask to roll back")
        assert "Another key has to confirm it" in await page.text()
        await log_in(page, world, "second")
        await page.press("Confirm that short-days goes back to version 1\n→")
        await page.press("Confirm the rollback")
        await page.write("[name=reason]", "agreed")
        await page.press("Confirm the rollback")
        assert "The text of version 1 binds again." in await page.text()
        found = await world.call("GET", "/v1/policies/short-days")
        assert 3 == found["active_version"]


async def _build(page: Page) -> None:
    await page.write("[name=name]", "short-days")
    await page.write("[name=title]", "Only in the middle of the day")
    for day in ("mon", "tue", "wed", "thu", "fri"):
        await page.fill(f"[name=open_{day}]", "11:00")
        await page.fill(f"[name=close_{day}]", "13:00")
    await page.write("[name=cap_limit_1]", "2")
    await page.write("[name=cap_days_1]", "7")
    await page.press("Show the text")
    assert "mon: 11:00-13:00" in await page.text()
    await page.press("Store as a draft")
    assert "Stored as version 1, a draft." in await page.text()


async def _second_version(page: Page) -> None:
    await page.press("Edit into a new version")
    await page.ask(
        "document.querySelector('#document').value = document.querySelector('#document').value"
        ".replaceAll('11:00-13:00', '10:00-17:00').replaceAll('T11:00', 'T10:00').replaceAll('T13:00', "
        "'T17:00')"
    )
    await page.press("Store as a draft")
    assert "Stored as version 2, a draft." in await page.text()
    await page.press("Run its cases")
    assert "cases pass." in await page.text(), await page.text()


async def _approve_and_activate(page: Page, world: Planted, version: str) -> None:
    """By the second person, who finds it on the first page; then by the author, who was only waiting for
    that."""
    await log_in(page, world, "second")
    await page.press(f"Approve short-days, version {version}\n→")
    await page.press("Look and approve")
    assert "What changes against" in await page.text() or version == "1"
    await page.press("Approve")
    assert f"Version {version} is approved." in await page.text()
    await log_in(page, world, "ops")
    await page.press(f"Activate short-days, version {version}\n→")
    await page.press("Activate")
    await page.press("Activate")
    assert f"Version {version} is active." in await page.text()


async def test_an_auditor_finds_why_nothing_came_and_proves_it(database_url: str, tmp_path: Path) -> None:
    """From the borrower's page to the notice's story, its proof, and a program that is not ours to trust."""
    night = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
    async with serving(tmp_path, night, database_url=database_url) as world, browser() as page:
        id_ = await send(world, PEOPLE[0], Random(1), 0)
        await world.settled()
        await asyncio.sleep(1.5)
        await page.call("Network.enable")
        await log_in(page, world, "auditor")
        await page.write("[name=q]", PEOPLE[0].id)
        await page.click("form.find [name=q] + button, form.find button")
        text = await page.text()
        assert "outside the permitted hours" in text
        assert "in the time of America/New_York" in text
        await page.press("the notice")
        assert id_ in await page.ask("location.href")
        assert "Deferred until" in await page.text()
        await page.press("Take it again")
        assert "The same again: defer was logged." in await page.text()
        proof = await _downloaded(page, tmp_path)
        await page.press("Chain")
        key = str(await page.ask("[...document.querySelectorAll('main pre')].at(-1).innerText")).strip()
    done = _verified(proof, key)
    assert (0, "") == (done.returncode, done.stderr)
    assert "decision" in done.stdout
    assert "The proof holds:" in done.stdout
    proof.write_text(proof.read_text().replace('\\"defer\\"', '\\"allow\\"'))
    assert 1 == _verified(proof, key).returncode


async def _downloaded(page: Page, folder: Path) -> Path:
    """The proof, as a browser saves it."""
    await page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    await page.ask("document.querySelector('a[href^=\"/console/log/proof\"]').click()")
    async with asyncio.timeout(DOWNLOAD_SECONDS):
        while not (found := [one for one in folder.glob("proof-*.json") if one.stat().st_size]):  # noqa: ASYNC240
            await asyncio.sleep(0.1)
    return found[0]


def _verified(proof: Path, key: str) -> Any:
    command = [sys.executable, str(VERIFIER), "--proof", str(proof), "--key", key]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
