"""The console in a real browser: its forms are taken, its policy is kept, its cookie stays away from
scripts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.console.chromium import PATH, browser
from tests.face import ADMIN

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PATH is None, reason="needs a browser: the Debian package chromium"),
]


async def test_a_person_logs_in_reads_releases_and_leaves(
    api: Any, notice: dict[str, Any], address: str
) -> None:
    """Every step by the page's own links, fields and buttons."""
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    assert 202 == (await api.client.post("/v1/notices", json={**notice, "reference": hostile})).status_code
    async with api.runtime.database.transaction() as connection:
        await connection.execute(
            "UPDATE deliveries SET state = 'held', reason = 'the template cannot be rendered'"
        )
    async with browser() as page:
        await page.go(f"{address}/console/notices")
        assert f"{address}/console/login?next=%2Fconsole%2Fnotices" == await page.ask("location.href")
        await page.write("#key", ADMIN)
        await page.click("main button")
        assert f"{address}/console/notices" == await page.ask("location.href")
        assert hostile in await page.text()
        assert "" == await page.ask("document.cookie")
        painted = "getComputedStyle(document.querySelector('.brand .m1')).fill"
        assert "rgb(0, 0, 0)" != await page.ask(painted)  # the style sheet is the page's own
        await page.click("tbody a")
        assert hostile in await page.text()
        await page.click("nav a[href='/console/held']")
        await page.ask(
            "document.querySelector('[name=delivery]').click(); "
            "document.querySelector('[name=how][value=close]').click()"
        )
        await page.click("fieldset button")
        assert "The next channel follows: email." in await page.text()
        await page.write("[name=reason]", "it was paid meanwhile")
        await page.click("button.danger")
        assert "Released 1 of 1." in await page.text()
        await page.click("form[action='/console/logout'] button")
        assert f"{address}/console/login" == await page.ask("location.href")
        await page.go(f"{address}/console/held")
        assert "Log in" in await page.text()
        assert [] == [one for one in page.complaints if "Password forms" not in one and "favicon" not in one]


async def test_what_is_put_into_a_page_does_not_run(address: str) -> None:
    """Even where somebody found a way to put it there: the content-security policy is kept by the browser."""
    async with browser() as page:
        await page.go(f"{address}/console/login")
        await page.ask(
            "document.body.insertAdjacentHTML('beforeend', '<img src=/x onerror=\"document.title = "
            "1\"><style>body{color:red}</style>')"
        )
        await page.ask(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: "
            "'document.title = 2'}))"
        )
        await asyncio.sleep(0.3)
        assert "Log in · Forbear" == await page.ask("document.title")
        assert 3 <= sum("Content Security Policy" in one for one in page.complaints)
