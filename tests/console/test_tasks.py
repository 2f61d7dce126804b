"""Whole tasks in a real browser, on the pages of access, proof and records: made, seen, used, and taken back;
what is typed wrong stays where it was typed, and no page does anything when it is loaded again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from service.log.sequence import sequence_once
from tests.api.as_twilio import post
from tests.console.chromium import PATH, browser
from tests.console.visiting import accepted
from tests.console.walking import again, downloaded, enter, fault_at, refused, text_of, value
from tests.face import ADMIN
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.receiver import receiving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(PATH is None, reason="needs a browser: the Debian package chromium"),
]
VERIFIER = Path(__file__).resolve().parents[2] / "docs" / "verify_log.py"
SECRET = "document.querySelector('main .secret')?.innerText"


async def test_an_endpoint_is_made_tried_switched_and_deleted(api: Any, address: str) -> None:
    """Its secret is shown once; a request leaves only when a button is pressed."""
    object.__setattr__(api.runtime, "networks", LOOPBACK)
    async with receiving() as receiver, browser() as page:
        await enter(page, address, await text_of(api, "ops"))
        await page.press("Webhooks")
        assert "Nobody is told of anything" in await page.text()
        await page.fill("#url", "https://10.20.0.1/forbear")
        await page.fill("#description", "core banking")
        await page.ask("document.querySelector('[name=types][value=\"log.*\"]').click()")
        await page.press("Make")
        await refused(page, "url")
        assert "private or special network" in await fault_at(page, "url")
        kept = [await value(page, name) for name in ("url", "description")]
        assert ["https://10.20.0.1/forbear", "core banking"] == kept
        ticked = "[...document.querySelectorAll('[name=types]:checked')].map(one => one.value)"
        assert ["delivery.*", "log.*", "notice.*"] == await page.ask(ticked)
        await page.fill("#url", receiver.url)
        await page.ask("document.querySelectorAll('[name=types]:checked').forEach(one => one.click())")
        await page.press("Make")
        await refused(page, "types")
        await page.ask("document.querySelector('[name=types][value=\"notice.*\"]').click()")
        await page.press("Make")
        secret = await page.ask(SECRET)
        assert secret.startswith("whsec_")
        assert secret not in await again(page)
        assert 1 == await api.count("webhook_endpoints")
        assert "Nothing was sent yet" in await page.text()
        await page.press("Send a test event")
        assert "The test event arrived: the endpoint answered 200." in await page.text()
        assert "webhook.test" in await again(page)
        receiver.answer = lambda _: web.Response(status=500, text="out of order")
        await page.press("Send a test event")
        assert "The test event did not arrive" in await page.text()
        assert "out of order" in await page.ask("document.querySelector('main table').textContent")
        await again(page)
        assert ["webhook.test"] * 2 == receiver.types
        await _switched(page, secret)
        await _sent_again(page)
        await page.press("Delete")
        assert receiver.url in await page.text()
        await page.press("Back")
        assert "The last requests" in await page.text()
        await page.press("Delete")
        await page.press("Delete it")
        assert "The endpoint is deleted." in await page.text()
        assert "Nobody is told of anything" in await again(page)
        await _is_not_for(page, address, await text_of(api, "auditor"), "Webhooks", "/console/webhooks")


async def _switched(page: Any, secret: str) -> None:
    """Off and on, with another secret in between."""
    await page.press("Disable")
    assert "disabled by a person" in await again(page)
    await page.press("New secret")
    fresh = await page.ask(SECRET)
    assert fresh.startswith("whsec_")
    assert fresh != secret
    assert fresh not in await again(page)
    assert "The old secret is good until" in await page.text()
    await page.press("Enable")
    assert "disabled by a person" not in await again(page)


async def _sent_again(page: Any) -> None:
    """Not from a day after the last, and both stay as they were picked."""
    await page.fill("[name=from]", "2026-11-24")
    await page.fill("[name=to]", "2026-11-20")
    await page.press("Send again")
    await refused(page, "to")
    assert ["2026-11-24", "2026-11-20"] == [await value(page, name) for name in ("from", "to")]
    await page.fill("[name=to]", "2026-11-24")
    await page.press("Send again")
    assert "0 events are on their way again, under their own ids." in await page.text()


async def _is_not_for(page: Any, address: str, key: str, name: str, path: str) -> None:
    """Who may not is not offered it, is told whose it is, and finds the way back."""
    await enter(page, address, key)
    offered = await page.ask("[...document.querySelectorAll('nav a')].map(one => one.innerText.trim())")
    assert name not in offered
    await page.ask(f"document.querySelector('main').innerHTML += '<a id=\"there\" href=\"{path}\">there</a>'")
    await page.click("#there")
    assert "This page is for the role" in await page.text()
    await page.press("Back")
    assert f"{address}/console" == await page.ask("location.href")


async def test_a_key_is_made_used_rotated_and_revoked(api: Any, address: str) -> None:
    """Its text is shown once; with the key end its sessions."""
    async with browser() as page, browser() as other:
        await enter(page, address, ADMIN)
        await page.press("Keys")
        assert "There is no key but the one of the settings" in await page.text()
        for name, typed in (
            ("name", "Iris"),
            ("creditors", "first bank, ?"),
            ("rate_per_minute", "600"),
            ("expires_date", "2026-01-01"),
        ):
            await page.fill(f"#{name}", typed)
        await page.ask("document.querySelector('#role').value = 'auditor'")
        await page.press("Make")
        await refused(page, "creditors")
        await page.fill("#creditors", "")
        await page.press("Make")
        await refused(page, "expires_date")
        kept = [await value(page, name) for name in ("name", "role", "rate_per_minute", "expires_date")]
        assert ["Iris", "auditor", "600", "2026-01-01"] == kept
        assert 0 == await api.count("api_keys")
        await page.fill("#expires_date", "2027-03-01")
        await page.press("Make")
        text = await page.ask(SECRET)
        assert text not in await again(page)
        assert 1 == await api.count("api_keys")
        await enter(other, address, text)
        assert "Iris auditor" in await other.text()
        await page.press("Rotate\nIris")
        assert "The old one stays good for a day." in await page.text()
        await page.press("Make the new key")
        fresh = await page.ask(SECRET)
        assert fresh != text
        assert fresh not in await again(page)
        assert 2 == await api.count("api_keys")
        assert "Iris auditor" in await again(other)
        await enter(other, address, fresh)
        assert "Iris auditor" in await other.text()
        await _revoke_the_newer(page)
        assert "It cannot be made good again." in await page.text()
        await page.press("Back")
        await _revoke_the_newer(page)
        await page.press("Revoke it")
        assert "The key is revoked; its sessions are over." in await page.text()
        assert "is revoked; its" not in await again(page)
        assert "revoked" in await page.text()
        assert "Log in" in await again(other)
        await _is_not_for(page, address, await text_of(api, "ops"), "Keys", "/console/keys")


async def _revoke_the_newer(page: Any) -> None:
    """Of two keys with one name the one that replaces the other."""
    await page.ask(
        "[...document.querySelectorAll('main tbody tr')].find(one => one.innerText.includes('replaces'))"
        ".querySelector('a[href$=\"/revoke\"]').id = 'revoke'"
    )
    await page.click("#revoke")


@asynccontextmanager
async def _sequencing(api: Any) -> AsyncIterator[None]:
    """The part of a worker that sequences the log."""

    async def run() -> None:
        while True:
            async with api.runtime.database.connection() as connection:
                await sequence_once(connection, api.runtime.vault)
            await asyncio.sleep(0.05)

    running = asyncio.create_task(run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_an_auditor_takes_the_log_away_and_verifies_it(
    api: Any, notice: dict[str, Any], address: str, tmp_path: Path
) -> None:
    """With the command that the page shows, also when the log has grown since."""
    await accepted(api, notice)
    async with _sequencing(api), browser() as page:
        await enter(page, address, await text_of(api, "auditor"))
        await page.press("Exports")
        assert "Nobody has exported the log yet" in await page.text()
        taken = await downloaded(page, tmp_path, "main a[href*='format=jsonl']", "dispatch-log-*.jsonl")
        await accepted(api, {**notice, "reference": "meanwhile"})
        size = taken.stem.rpartition("-")[2]
        assert len(taken.read_text().splitlines()) == int(size)
        assert "jsonl" in await again(page)
        assert "Nobody has exported the log yet" not in await page.text()
        await page.fill("[name=size]", "999999")
        await page.press("Download its checkpoint")
        assert "There is no checkpoint of this size." in await page.text()
        await page.press("Back")
        await page.fill("[name=size]", size)
        note = await downloaded(page, tmp_path, "main form button", f"checkpoint-{size}.txt")
        command = str(await page.ask("document.querySelector('main pre').innerText"))
        key = command.partition("--key '")[2].removesuffix("'")
        ran = [sys.executable, str(VERIFIER), str(taken), str(note), "--key", key]
        done = await asyncio.to_thread(subprocess.run, ran, capture_output=True, text=True, check=False)
        assert (0, "") == (done.returncode, done.stderr)
        forged = taken.read_text().replace("notice.accepted", "notice.cancelled")
        taken.write_text(forged)
        done = await asyncio.to_thread(subprocess.run, ran, capture_output=True, text=True, check=False)
        assert 1 == done.returncode
        await _is_not_for(page, address, await text_of(api, "ops"), "Exports", "/console/log/exports")


async def test_law_that_changes_leads_from_the_first_page_to_its_rule(api: Any, address: str) -> None:
    """Sixty days before its day; what is sure is folded, and unfolds without a script."""
    async with browser() as page:
        await enter(page, address, await text_of(api, "auditor"))
        assert "No change is known" in await page.text()
        await page.press("Every reading, with its age")
        assert "2027-01-31" in await page.text()
        assert "us-reg-f" not in await page.text()
        await page.ask("document.querySelector('main details summary').click()")
        assert "us-reg-f" in await page.text()
        api.clock.move(timedelta(days=10))
        await enter(page, address, await text_of(api, "ops"))
        assert "2027-01-31" in await page.text()
        await page.press("us-tcpa")
        assert "What it demands" in await page.text()
        assert "Telephone Consumer Protection Act" in await page.text()


async def test_a_creditor_is_added_changed_and_named_in_messages(api: Any, address: str) -> None:
    """Each field that does not fit says so; who only reads finds no form."""
    async with browser() as page:
        await enter(page, address, await text_of(api, "ops"))
        await page.press("Creditors")
        assert "No creditor has a profile" in await page.text()
        await page.fill("#creditor", "harbour credit")
        await page.fill("#name", "Harbour Credit")
        await page.press("Store")
        await refused(page, "creditor")
        await page.fill("#creditor", "harbour-credit")
        await page.press("Store")
        await refused(page, "phone")
        for name, typed, fits in (
            ("phone", "202-555-0100", "+12025550100"),
            ("email", "care at example.com", "care@example.com"),
            ("url", "http://example.com", "https://example.com/help"),
        ):
            await page.fill(f"#{name}", typed)
            await page.press("Store")
            await refused(page, name)
            kept = [await value(page, one) for one in ("creditor", "name", name)]
            assert ["harbour-credit", "Harbour Credit", typed] == kept
            await page.fill(f"#{name}", fits)
        await page.press("Store")
        assert "Stored. The next message says so." in await page.text()
        assert "The next message says so." not in await again(page)
        await page.press("Harbour Credit")
        await page.fill("#name", "Harbour Credit Union")
        await page.press("Store")
        assert "Harbour Credit Union" in await again(page)
        assert 1 == await api.count("creditors")
        await enter(page, address, await text_of(api, "auditor"))
        await page.press("Creditors")
        await page.press("Harbour Credit Union")
        assert "+12025550100" in await page.text()
        assert 0 == await page.ask("document.querySelectorAll('main form').length")


async def test_a_strangers_message_is_read_and_its_address_suppressed(api: Any, address: str) -> None:
    """From the message to what stands against its number, and from there to a suppression that is lifted
    again."""
    stranger = "+12025550187"
    async with browser() as page:
        await enter(page, address, await text_of(api, "ops"))
        await page.press("Inbound")
        assert "Every message has found its borrower" in await page.text()
        form = {"MessageSid": "SM" + "d" * 32, "From": stranger, "To": "+12025550100", "Body": "who is this?"}
        assert 200 == (await post(api, "/v1/inbound/twilio/sms", form)).status_code
        await again(page)
        assert "who is this?" in await page.text()
        await page.press("what stands against it")
        assert "Nothing stands against this address" in await page.text()
        assert stranger == await page.ask("document.querySelector('form[method=post] [name=address]').value")
        await page.ask("document.querySelector('form[method=post] [name=channel]').value = 'email'")
        await page.fill("[name=note]", "asked twice who we are")
        await page.press("Suppress")
        await refused(page, "address")
        assert "asked twice who we are" == await value(page, "note")
        await page.ask("document.querySelector('form[method=post] [name=channel]').value = 'any'")
        await page.press("Suppress")
        assert "Suppressed: nothing is sent to this address any more." in await page.text()
        assert "asked twice who we are" in await again(page)
        assert 1 == await api.count("suppressions")
        await page.fill("#f-address", "202-555-0187")
        await page.press("Find")
        assert "Nothing can stand against what is no address." in await page.text()
        await page.fill("#f-address", stranger)
        await page.press("Find")
        await page.ask("document.querySelector('main td a[href$=\"/lift\"]').id = 'lift'")
        await page.click("#lift")
        assert "asked twice who we are" in await page.text()
        assert await page.ask("document.querySelector('[name=reason]').required")
        await page.write("[name=reason]", "it is a borrower's new number")
        await page.press("Lift it")
        assert "Lifted." in await page.text()
        assert "Nothing is suppressed" in await again(page)
        await page.ask("document.querySelector('[name=lifted]').click()")
        await page.press("Find")
        assert "it is a borrower's new number" in await page.text()


async def test_a_legal_hold_is_placed_from_a_borrower_and_released(
    api: Any, notice: dict[str, Any], address: str
) -> None:
    """Nobody whom the store does not know; the reason stands where the hold is ended; who reads sees it and
    may not end it."""
    await accepted(api, notice)
    async with browser() as page:
        await enter(page, address, await text_of(api, "ops"))
        await page.press("Legal holds")
        assert "No hold stands" in await page.text()
        await page.fill("#borrower", "B-999")
        await page.fill("#because", "file 2026/117")
        await page.press("Place the hold")
        await refused(page, "borrower")
        assert ["B-999", "file 2026/117"] == [await value(page, name) for name in ("borrower", "because")]
        await page.go(f"{address}/console/borrowers?id=B-1")
        await page.press("Place a legal hold")
        assert "B-1" == await value(page, "borrower")
        await page.fill("#because", "file 2026/117")
        await page.press("Place the hold")
        assert "The legal hold stands." in await page.text()
        assert "The legal hold stands." not in await again(page)
        await page.fill("#borrower", "B-1")
        await page.fill("#because", "another file")
        await page.press("Place the hold")
        assert "A legal hold stood already; it stays as it was." in await page.text()
        await enter(page, address, await text_of(api, "auditor"))
        await page.press("Legal holds")
        assert "file 2026/117" in await page.text()
        assert 0 == await page.ask("document.querySelectorAll('main form').length")
        await enter(page, address, await text_of(api, "ops"))
        await page.press("Legal holds")
        await page.press("Release\nB-1")
        assert "file 2026/117" in await page.text()
        assert "It cannot be had back." in await page.text()
        await page.press("Release the hold")
        assert "The legal hold is released." in await page.text()
        assert "No hold stands" in await again(page)
        assert 1 == await api.count("log_entries WHERE kind = 'hold.released'")
