"""Walks through a real browser, as the pages offer each step: a text with mistakes, a version from its
comparison to its end, everything that is held at once, and a log that is verified in its pages."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.routers.policies import EXAMPLE
from service.log.sequence import sequence_once
from tests.console.chromium import PATH, Page, browser
from tests.console.shots import look
from tests.console.visiting import accepted, change

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PATH is None, reason="needs a browser: the Debian package chromium"),
]
NAME = "evening-rest"


async def _keys(api: Any) -> dict[str, str]:
    """Texts of keys: two of ops, and an auditor's."""
    found = {}
    for name, role in (("author", "ops"), ("second", "ops"), ("auditor", "auditor")):
        found[name] = (await api.key(role))["Authorization"].removeprefix("Bearer ")
    return found


async def _log_in(page: Page, address: str, key: str) -> None:
    await page.call("Network.clearBrowserCookies")
    await page.go(f"{address}/console/login")
    await page.write("#key", key)
    await page.click("main button")


async def _replace(page: Page, *pairs: tuple[str, str]) -> None:
    """Write something else into the text of the page."""
    for old, new in pairs:
        await page.ask(f"document.querySelector('#document').value = document.querySelector('#document')"
                       f".value.replaceAll({old!r}, {new!r})")  # fmt: skip


async def _offers(page: Page) -> list[str]:
    """What the page's content offers to do."""
    found: list[str] = await page.ask(
        "[...document.querySelectorAll('main a.button, main button')].map(one => one.innerText.trim())"
    )
    return found


async def test_each_mistake_is_shown_under_its_line(api: Any, address: str) -> None:
    """The text comes back as it was written, and the first mistake is seen without scrolling; mended, it is
    stored."""
    keys = await _keys(api)
    async with browser() as page:
        await page.call("Network.enable")
        await look(page, "light")
        await _log_in(page, address, keys["author"])
        await page.press("Policies")
        await page.press("Write one")
        await _replace(page, ("09:00-19:00", "25:00-19:00"), ("force: house", "force: brute"))
        await page.press("Store as a draft")
        shown = await page.ask(
            "[...document.querySelectorAll('.text li.mistake')].map(one => [one.previousElementSibling"
            ".innerText, one.innerText, one.getBoundingClientRect().bottom])"
        )
        under = " ".join(line for line, _, _ in shown)
        assert ("force: brute" in under, "25:00-19:00" in under) == (True, True), shown
        assert shown[0][2] < await page.ask("innerHeight")
        assert "25:00-19:00" in await page.ask("document.querySelector('#document').value")
        await _replace(page, ("25:00-19:00", "09:00-19:00"), ("force: brute", "force: house"))
        await page.press("Store as a draft")
        assert "Stored as version 1, a draft." in await page.text()


async def test_a_version_is_compared_activated_on_a_day_and_retired_by_two(api: Any, address: str) -> None:
    """Its author is offered neither the approval nor the second word of the retirement."""
    keys = await _keys(api)
    for version, text in ((1, EXAMPLE), (2, EXAMPLE.replace("09:00-19:00", "10:00-18:00"))):
        path = f"/v1/policies/{NAME}"
        headers = {"Authorization": f"Bearer {keys['author']}", "Content-Type": "application/yaml"}
        assert (await api.client.put(path, content=text, headers=headers)).is_success
        steps = [("test", "author"), ("approve", "second"), ("activate", "author")]
        for step, who in steps[: 3 if version == 1 else 1]:
            answer = await api.client.post(
                f"{path}/versions/{version}/{step}", headers={"Authorization": f"Bearer {keys[who]}"}
            )
            assert answer.is_success, answer.text
    here = f"{address}/console/policies/{NAME}?version=2"
    async with browser() as page:
        await page.call("Network.enable")
        await _log_in(page, address, keys["author"])
        await page.go(here)
        assert "Look and approve" not in await _offers(page)
        await page.go(f"{address}/console/policies/{NAME}/2/approve")
        assert "Approve" not in await _offers(page)
        await _compare(page, here)
        await _log_in(page, address, keys["second"])
        await page.go(here)
        await page.press("Look and approve")
        assert "What changes against version 1" in await page.text()
        await page.press("Approve")
        await _activate(page)
        await _log_in(page, address, keys["author"])
        await _retire(page, address, keys)


async def _compare(page: Page, here: str) -> None:
    """Rule by rule in words, and line by line."""
    await page.go(here)
    await page.press("Compare")
    text = await page.text()
    assert "hours changes" in text
    assert "09:00" in text
    lines = await page.ask(
        "['minus', 'plus'].map(kind => [...document.querySelectorAll(`.text li.${kind}`)]"
        ".map(one => one.innerText.trim()))"
    )
    assert (True, True) == ("09:00-19:00" in " ".join(lines[0]), "10:00-18:00" in " ".join(lines[1])), lines


async def _activate(page: Page) -> None:
    """From a day to come, in a zone that is stated."""
    await page.press("Activate")
    assert "date" == await page.ask("document.querySelector('[name=from_date]').type")
    await page.ask("document.querySelector('[name=when][value=later]').click()")
    for name, value in (("date", "2026-12-07"), ("time", "08:00"), ("zone", "America/New_York")):
        await page.fill(f"[name=from_{name}]", value)
    await page.press("Activate")
    text = await page.text()
    assert "Version 2 will bind from the instant you chose." in text
    assert "2026-12-07 13:00 UTC" in text
    assert "will bind" in text


async def _retire(page: Page, address: str, keys: dict[str, str]) -> None:
    """Asked with a reason, confirmed by another key."""
    await page.go(f"{address}/console/policies/{NAME}?version=1")
    await page.press("Retire")
    assert await page.ask("document.querySelector('[name=reason]').required")
    await page.write("[name=reason]", "the branch closes")
    await page.press("Ask to retire it")
    assert "Asked. Another key has to confirm it within a week." in await page.text()
    assert "Confirm the retirement" not in await _offers(page)
    await _log_in(page, address, keys["second"])
    await page.press(f"Confirm that {NAME}, version 1, is retired\n→")
    assert "the branch closes" in await page.text()
    await page.press("Confirm the retirement")
    await page.write("[name=reason]", "so it does")
    await page.press("Confirm the retirement")
    assert "Version 1 is retired." in await page.text()


async def test_all_that_is_held_is_looked_at_and_released_at_once(
    api: Any, notice: dict[str, Any], address: str
) -> None:
    """Narrowed, selected together, and of each it is said what becomes of it before anything does."""
    keys = await _keys(api)
    for number in range(3):
        await accepted(api, notice, fan_out="all", wait=None, reference=f"core-{number}")
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'the borrower wrote: maybe'")
    async with browser() as page:
        await page.call("Network.enable")
        await _log_in(page, address, keys["author"])
        await page.press("Held")
        assert "Select all 6" in await _offers(page)
        await page.ask("document.querySelector('[name=channel]').value = 'sms'")
        await page.press("Show")
        await page.press("Select all 3")
        assert 3 == await page.ask("document.querySelectorAll('[name=delivery]:checked').length")
        await page.ask("document.querySelector('[name=how][value=decide_again]').click()")
        await page.press("See what happens to each")
        rows = await page.ask("[...document.querySelectorAll('main tbody tr')].map(one => one.innerText)")
        assert 3 == len(rows)
        assert all("Every policy permits it now." in one for one in rows), rows
        await page.write("[name=reason]", "they answered by phone")
        await page.press("Release 3")
        assert "Released 3 of 3." in await page.text()
        await page.go(f"{address}/console/held")
        assert "Select all 3" in await _offers(page)


async def test_the_log_is_verified_in_its_pages(api: Any, notice: dict[str, Any], address: str) -> None:
    """An entry by the way to the root; the whole by a checkpoint that was kept before it grew. One that was
    forged is told."""
    keys = await _keys(api)
    await accepted(api, notice)
    await _sequence(api)
    async with browser() as page:
        await page.call("Network.enable")
        await _log_in(page, address, keys["auditor"])
        await page.press("Log")
        await page.ask("document.querySelector('main summary').click()")
        assert "The leaf that is hashed:" in await page.text()
        await page.ask("document.querySelector('main tbody a[href^=\"/console/log/\"]').id = 'entry'")
        await page.click("#entry")
        assert "It holds: hashed upwards, step by step" in await page.text()
        assert 0 < await page.ask("document.querySelectorAll('main svg .node').length")
        await page.press("Chain")
        kept = str(await page.ask("document.querySelector('main pre').textContent"))
        await accepted(api, {**notice, "reference": "later"})
        await _sequence(api)
        for note, said in (
            (kept, "It has: the first"),
            (kept.replace("\n", "\n1", 1), "This is no checkpoint that a key of this log signed."),
        ):
            await page.fill("#kept", note)
            await page.press("Check it")
            assert said in await page.text()


async def _sequence(api: Any) -> None:
    async with api.runtime.database.connection() as connection:
        await sequence_once(connection, api.runtime.vault)
