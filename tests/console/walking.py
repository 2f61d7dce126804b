"""How a person goes through pages in a real browser: who they are, what they see, and what a page does when
it is loaded again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.console.chromium import Page

PATIENCE = 120
"""Seconds within which a page is drawn and a file has come, on the slowest machine."""
FIRST_FAULT = """
(() => {
    const here = document.activeElement, box = here.getBoundingClientRect();
    return {
        says: here.getAttribute('role') === 'alert' ? here.innerText : null,
        seen: box.top >= 0 && box.top < innerHeight,
        leads: [...here.querySelectorAll('a')].map(one => one.getAttribute('href')),
    };
})()
"""


async def text_of(api: Any, role: str, **further: Any) -> str:
    """The text of a fresh key."""
    headers = await api.key(role, **further)
    return str(headers["Authorization"]).removeprefix("Bearer ")


async def enter(page: Page, address: str, key: str) -> None:
    """Begin a session with a key, in a browser that knows nobody."""
    await page.call("Network.enable")
    await page.call("Network.clearBrowserCookies")
    await page.go(f"{address}/console/login")
    await page.write("#key", key)
    await page.click("main button")


async def value(page: Page, name: str) -> str:
    """What stands in a field."""
    return str(await page.ask(f"document.querySelector({json.dumps(f'[name={name}]')}).value"))


async def fault_at(page: Page, name: str) -> str:
    """What is said at a field, which is marked as the place."""
    found = await page.ask(
        f"(() => {{ const one = document.getElementById({json.dumps(name)}); return one.getAttribute("
        "'aria-invalid') === 'true' ? one.getAttribute('aria-describedby').trim().split(/ +/).map(id => "
        "document.getElementById(id)).filter(one => one.className === 'error').map(one => one.innerText)"
        ".join(' ') : '' })()"
    )
    return str(found)


async def refused(page: Page, *names: str) -> None:
    """The form came back: what is wrong has the focus and is seen without scrolling, leads to each field, and
    each field says its own."""
    shown = await page.ask(FIRST_FAULT)
    async with asyncio.timeout(PATIENCE):  # the focus is set when the page is drawn, soon after it is loaded
        while not shown["says"] and await page.ask("Boolean(document.querySelector('[autofocus]'))"):
            await asyncio.sleep(0.05)
            shown = await page.ask(FIRST_FAULT)
    assert shown["says"], await page.text()
    assert shown["seen"], shown
    assert [f"#{name}" for name in names] == shown["leads"], shown
    for name in names:
        assert await fault_at(page, name), name
        await page.ask(f"document.querySelector('a[href=\"#{name}\"]').click()")
        assert await page.ask(
            f"document.getElementById({json.dumps(name)}).getBoundingClientRect().top < innerHeight"
        )


async def again(page: Page) -> str:
    """Load the page once more; what it says then."""
    await page.go(str(await page.ask("location.href")).partition("#")[0])
    return await page.text()


async def downloaded(page: Page, folder: Path, selector: str, pattern: str) -> Path:
    """A file that a link or a button brings, once it is whole."""
    await page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    await page.ask(f"document.querySelector({json.dumps(selector)}).click()")
    async with asyncio.timeout(PATIENCE):
        while not (found := [one for one in folder.glob(pattern) if one.stat().st_size]):  # noqa: ASYNC240
            await asyncio.sleep(0.05)
    return found[0]
