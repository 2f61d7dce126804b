"""By keyboard alone, on a narrow screen and on paper: everything is reached in order with a focus that is
seen, nothing traps, no page is wider than its window, and what is printed is the content."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.console.chromium import PATH, Page, browser
from tests.console.test_every_page import PATHS
from tests.console.visiting import accepted, change
from tests.face import ADMIN

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PATH is None, reason="needs a browser: the Debian package chromium"),
]
MOST_TABS = 400
MARK = """
(() => {
    const every = 'a[href], button, input, select, textarea, summary, [tabindex]';
    const found = [...document.querySelectorAll(every)]
        .filter(one => one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden' && one.checkVisibility())
        .filter(one => one.type !== 'radio' || one === one.form.querySelector(`[name="${one.name}"]`));
    found.forEach((one, place) => one.setAttribute('data-place', place));
    return found.map(one => one.outerHTML.slice(0, 90));
})()
"""
"""Numbers what the keyboard should reach, in the order of the page; of a group of choices the first."""
WHERE = """
(() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    return one === document.body ? null : {
        place: one.dataset.place === undefined ? null : Number(one.dataset.place),
        seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0
            && box.right > 0 && box.left < innerWidth,
        html: one.outerHTML.slice(0, 90),
    };
})()
"""
BEYOND = """
[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 120))
"""
WIDE = "document.documentElement.scrollWidth - innerWidth"


async def _key(page: Page, key: str, code: int, *, shift: bool = False) -> None:
    """Press a key, as a hand does."""
    for kind in ("rawKeyDown", "keyUp"):
        await page.call(
            "Input.dispatchKeyEvent",
            type=kind,
            key=key,
            code=key,
            windowsVirtualKeyCode=code,
            modifiers=8 if shift else 0,
        )
    if key == "Enter":
        await page.call("Input.dispatchKeyEvent", type="char", text="\r", key=key)


async def _walk(page: Page) -> list[dict[str, Any]]:
    """Tab through the whole page; where the focus was, a field of several parts once."""
    found: list[dict[str, Any]] = []
    for _ in range(MOST_TABS):
        await _key(page, "Tab", 9)
        here = await page.ask(WHERE)
        if here is None:
            return found
        if not found or here["html"] != found[-1]["html"] or here["place"] != found[-1]["place"]:
            found.append(here)
    pytest.fail(f"the keyboard never comes to the end: {found[-3:]}")


async def _log_in(page: Page, address: str) -> None:
    await page.go(f"{address}/console/login")
    await page.write("#key", ADMIN)
    await page.click("main button")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console/held",
        "/console/borrowers?id=B-1",
        "/console/log",
        "/console/policies/us-reg-f",
        "/console/policies/build",
        "/console/keys",
    ],
)
async def test_the_keyboard_reaches_everything_in_order(
    api: Any, notice: dict[str, Any], address: str, path: str
) -> None:
    """Each once, with a focus that is seen, from the first to the last and out; back it goes as well."""
    await accepted(api, notice)
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered'")
    async with browser() as page:
        await _log_in(page, address)
        await page.go(f"{address}{path}")
        expected = await page.ask(MARK)
        walked = await _walk(page)
        assert list(range(len(expected))) == [one["place"] for one in walked if one["place"] is not None]
        assert [] == [one["html"] for one in walked if one["place"] is not None and not one["seen"]]
        strays = [one["html"] for one in walked if one["place"] is None]
        assert [] == [one for one in strays if not one.startswith(("<pre", "<header", '<input type="radio"'))]
        await _key(page, "Tab", 9, shift=True)
        last = await page.ask(WHERE)
        assert walked[-1]["html"] == last["html"]


async def test_the_first_stop_leads_past_the_navigation(address: str) -> None:
    """It is out of sight until it is reached, and what comes after it is the content."""
    async with browser() as page:
        await _log_in(page, address)
        await page.go(f"{address}/console/notices")
        assert await page.ask("document.querySelector('.skip').getBoundingClientRect().right") < 0
        await _key(page, "Tab", 9)
        here = await page.ask(WHERE)
        assert (True, True) == ("skip" in here["html"], here["seen"])
        await _key(page, "Enter", 13)
        await _key(page, "Tab", 9)
        assert await page.ask("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390])
async def test_no_page_is_wider_than_a_small_window(
    api: Any, notice: dict[str, Any], address: str, width: int
) -> None:
    """Also with names as long as they may be; what is wide scrolls within itself."""
    long = "reference-of-a-core-system-that-is-as-long-as-it-can-be-" + "x" * 60
    id_ = await accepted(api, {**notice, "reference": long})
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered'")
    async with browser() as page:
        await _log_in(page, address)
        await page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=True
        )
        found = []
        for path in (*PATHS, f"/console/notices/{id_}"):
            await page.go(f"{address}{path}")
            found += [path] if await page.ask(WIDE) > 0 else []
        assert [] == found


async def test_paper_shows_the_content_and_nothing_else(
    api: Any, notice: dict[str, Any], address: str
) -> None:
    """No navigation and no button; who printed it, UTC beside local times, and what was folded."""
    id_ = await accepted(api, notice)
    async with browser() as page:
        await _log_in(page, address)
        await page.go(f"{address}/console/notices/{id_}")
        printed = await page.call("Page.printToPDF", printBackground=True)
        assert base64.b64decode(printed["data"]).startswith(b"%PDF-")
        await page.call("Emulation.setEmulatedMedia", media="print")
        hidden = "[...document.querySelectorAll('.side, .actions, button, .button, .skip')]"
        shown = f"{hidden}.filter(one => one.checkVisibility())"
        assert 0 == await page.ask(f"{shown}.length")
        assert await page.ask("document.querySelector('.printed').checkVisibility()")
        told = "getComputedStyle(document.querySelector('main time'), '::after').content"
        assert "UTC" in await page.ask(
            f"{told}.replace('attr(title)', document.querySelector('main time').title)"
        )
        assert [] == await page.ask(BEYOND)
