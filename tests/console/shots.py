"""`make shots`: pictures of every page of the console on planted data, light, dark and at 390 pixels, into a
folder for each of its languages.

python -m tests.console.shots [FOLDER] [--world KEPT] [--only NAME] [--languages es] [--modes small]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Awaitable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog

from service.console.words import LANGUAGES
from tests.console.chromium import PATH, Page, browser
from tests.console.planting import BEGINS, Planted, plant, serving
from tests.console.planting_learning import plant_learning

MODES = {"light": (1280, "light"), "dark": (1280, "dark"), "small": (390, "light")}
PRINTED = ("borrower", "notice", "log", "entry")
"""What auditors take away on paper."""
USUAL = ("Password forms", "favicon", "responded with a status of 4")
"""What a browser complains of and is meant: refusals are pages too."""
TALLEST = 9000
"""Pixels of a page that a picture shows."""


async def pages_of(world: Planted) -> dict[str, tuple[str, str]]:
    """Every page by a name for its picture: the key that looks, and the path."""
    policy = "/console/policies/evening-rest"
    entries = await world.call("GET", "/v1/log?kind=decision&verdict=defer&limit=1")
    decision = entries["items"][0]["index"]
    notice = await _telling(world)
    held = await world.call("GET", "/v1/holds?limit=5")
    chosen = urlencode([("delivery", one["delivery"]) for one in held["items"]] + [("how", "decide_again")])
    webhook = (await world.call("GET", "/v1/webhooks"))["items"][0]["id"]
    key = (await world.call("GET", "/v1/keys"))["items"][0]["id"]
    suppression = (await world.call("GET", "/v1/suppressions"))["items"][0]["id"]
    return {
        "overview": ("ops", "/console"),
        "overview-auditor": ("auditor", "/console"),
        "activity": ("ops", "/console/activity?what=defer&what=suppress&what=hold"),
        "activity-auditor": ("auditor", "/console/activity"),
        "borrowers": ("ops", "/console/borrowers"),
        "borrower": ("auditor", "/console/borrowers?id=B-1001"),
        "borrower-wall": ("ops", "/console/borrowers?id=B-1009"),
        "borrower-conflict": ("ops", "/console/borrowers?id=B-1012"),
        "borrower-held": ("ops", "/console/borrowers?id=B-1006"),
        "notices": ("ops", "/console/notices"),
        "notice": ("auditor", f"/console/notices/{notice}"),
        "notice-ops": ("ops", f"/console/notices/{notice}"),
        "notice-cancel": ("admin", f"/console/notices/{notice}/cancel"),
        "held": ("ops", "/console/held"),
        "held-release": ("ops", f"/console/held/release?{chosen}"),
        "inbound": ("ops", "/console/inbound"),
        "suppressions": ("ops", "/console/suppressions"),
        "suppression-lift": ("ops", f"/console/suppressions/{suppression}/lift"),
        "legal-holds": ("ops", "/console/legal-holds"),
        "policies": ("ops", "/console/policies"),
        "policy": ("second", f"{policy}?version=2"),
        "policy-law": ("auditor", "/console/policies/us-reg-f"),
        "policy-compare": ("auditor", f"{policy}/compare"),
        "policy-approve": ("second", f"{policy}/2/approve"),
        "policy-activate": ("ops", "/console/policies/one-a-week/1/activate"),
        "policy-retire": ("ops", f"{policy}/1/retire"),
        "policy-simulate": ("ops", f"{policy}/2/simulate"),
        "policy-edit": ("ops", f"{policy}/edit?version=2"),
        "policy-build": ("ops", "/console/policies/build"),
        "outcomes": ("auditor", "/console/outcomes"),
        "learning": ("ops", "/console/learning"),
        "experiment": ("second", "/console/learning/first-bank-timing"),
        "experiment-version": ("second", "/console/learning/first-bank-timing?version=2"),
        "learning-approve": ("second", "/console/learning/first-bank-timing/2/approve"),
        "learning-new": ("ops", "/console/learning/new"),
        "disparity": ("auditor", "/console/learning/first-bank-timing/disparity"),
        "law": ("auditor", "/console/law"),
        "templates": ("ops", "/console/templates"),
        "template": ("second", "/console/templates/overdue-reminder?version=1"),
        "template-edit": ("ops", "/console/templates/overdue-reminder/edit"),
        "creditors": ("ops", "/console/creditors"),
        "keys": ("admin", "/console/keys"),
        "key-revoke": ("admin", f"/console/keys/{key}/revoke"),
        "webhooks": ("ops", "/console/webhooks"),
        "webhook": ("ops", f"/console/webhooks/{webhook}"),
        "log": ("auditor", "/console/log"),
        "log-decisions": ("auditor", "/console/log?kind=decision&verdict=suppress"),
        "entry": ("auditor", f"/console/log/{decision}"),
        "chain": ("auditor", "/console/log/chain"),
        "exports": ("auditor", "/console/log/exports"),
        "preferences": ("ops", "/console/preferences"),
        "nothing-found": ("ops", "/console/find?q=nobody"),
        "problem": ("ops", "/console/keys"),
    }


async def _telling(world: Planted) -> str:
    """A notice about which there is much to tell."""
    found, most = world.notices[-1], -1
    for id_ in world.notices:
        items = (await world.call("GET", f"/v1/log?notice={id_}&limit=50"))["items"]
        if len(items) > most:
            found, most = id_, len(items)
    return found


async def log_in(page: Page, world: Planted, who: str) -> None:
    """Begin a session with the key of `who`."""
    await page.call("Network.clearBrowserCookies")
    await page.go(f"{world.address}/console/login")
    await page.write("#key", world.keys[who])
    await page.click("main button")


async def look(page: Page, mode: str) -> None:
    """Look with the eyes of a mode."""
    width, scheme = MODES[mode]
    await page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
    )
    await page.call(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )


async def shoot(page: Page, path: Path) -> None:
    """A picture of the whole page."""
    height = min(TALLEST, int(await page.ask("document.documentElement.scrollHeight") or 900))
    width = int(await page.ask("innerWidth"))
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    shot = await page.call(
        "Page.captureScreenshot", format="png", captureBeyondViewport=True, optimizeForSpeed=True, clip=clip
    )
    await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


async def prints(page: Page, path: Path) -> None:
    """A page as an auditor prints it."""
    printed = await page.call("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69)
    await asyncio.to_thread(path.write_bytes, base64.b64decode(printed["data"]))


async def mistaken(page: Page, world: Planted) -> None:
    """Lead to a text that does not fit, which comes back with its faults."""
    await page.go(f"{world.address}/console/policies/new")
    await page.ask(
        "document.querySelector('#document').value = document.querySelector('#document').value"
        ".replace('09:00-19:00', '25:00-19:00').replace('force: house', 'force: brute')"
    )
    await page.click("main form button")


async def misfilled(page: Page, world: Planted) -> None:
    """Lead to a form with a field that does not fit, which comes back as it was filled in."""
    await page.go(f"{world.address}/console/keys")
    await page.fill("#name", "Iris")
    await page.fill("#creditors", "first bank, ?")
    await page.click("main form button")


async def weighed(page: Page, world: Planted) -> None:
    """Lead to what a learning policy's test says."""
    if world.tested is None:
        await page.go(f"{world.address}/console/learning/first-bank-timing?version=3")
        await page.click("form[action$='/3/test'] button")
        world.tested = str(await page.ask("location.pathname"))
    await page.go(f"{world.address}{world.tested}")


async def simulated(page: Page, world: Planted) -> None:
    """Lead to the result of a simulation."""
    await page.go(f"{world.address}/console/policies/evening-rest/2/simulate")
    await page.ask("document.querySelector('[name=from_date]').value = '2026-11-11'")
    await page.click("main form button")


ACTS = {
    "policy-errors": ("ops", mistaken),
    "key-errors": ("admin", misfilled),
    "policy-simulation": ("ops", simulated),
    "learning-test": ("ops", weighed),
}


async def shots(
    folder: Path, only: Sequence[str], languages: Sequence[str], modes: Sequence[str], kept: Path | None
) -> None:
    """Plant, and take every picture; `kept` is a folder whose world is planted once and looked at again."""
    if kept is not None:
        await asyncio.to_thread(kept.mkdir, mode=0o755, parents=True, exist_ok=True)
        await _look_around(kept, folder, only, languages, modes)
        return
    data = Path(tempfile.mkdtemp(prefix="forbear-shots-"))
    await asyncio.to_thread(data.chmod, 0o755)
    try:
        await _look_around(data, folder, only, languages, modes)
    finally:
        await asyncio.to_thread(shutil.rmtree, data, ignore_errors=True)


async def _look_around(
    data: Path, folder: Path, only: Sequence[str], languages: Sequence[str], modes: Sequence[str]
) -> None:
    note = data / "planted.json"
    was = json.loads(note.read_text()) if note.exists() else None
    at, keys = (BEGINS, None) if was is None else (datetime.fromisoformat(was["at"]), was["keys"])
    async with serving(data, at, keys=keys) as world:
        if was is None:
            await _told("planted", plant(world), plant_learning(world))
            _keep(world, note)
        else:
            world.notices.extend(was["notices"])
            world.tested = was["tested"]
        for language in languages:
            await _told(f"taken in {language}", _take(world, folder / language, only, language, modes))
        _keep(world, note)


def _keep(world: Planted, note: Path) -> None:
    """Write down what leads into a store that was planted."""
    kept = {"at": world.clock.now().isoformat(), "keys": world.keys, "notices": world.notices}
    note.write_text(json.dumps({**kept, "tested": world.tested}), encoding="utf-8")


async def _told(what: str, *steps: Awaitable[None]) -> None:
    """Do something, and say how long it took."""
    begun = time.monotonic()
    for step in steps:
        await step
    print(f"{what} in {time.monotonic() - begun:.0f} s", flush=True)  # noqa: T201


async def _take(
    world: Planted, folder: Path, only: Sequence[str], language: str, modes: Sequence[str]
) -> None:
    wanted = await pages_of(world)
    for kind in (*modes, "paper"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    async with browser() as page:
        await page.call("Network.enable")
        await page.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        for who in ("ops", "second", "auditor", "admin"):
            await log_in(page, world, who)
            for name, (key, path) in wanted.items():
                if key == who and (not only or name in only):
                    await page.go(f"{world.address}{path}")
                    await _in_every_mode(page, folder, name, modes)
                    if name in PRINTED:
                        await prints(page, folder / "paper" / f"{name}.pdf")
            for name, (key, act) in ACTS.items():
                if key == who and (not only or name in only):
                    await act(page, world)
                    await _in_every_mode(page, folder, name, modes)
        await page.call("Network.clearBrowserCookies")
        if not only or "login" in only:
            await page.go(f"{world.address}/console/login")
            await _in_every_mode(page, folder, "login", modes)
        if unexpected := [one for one in page.complaints if not any(usual in one for usual in USUAL)]:
            print("\n".join(dict.fromkeys(one[:300] for one in unexpected)))  # noqa: T201


async def _in_every_mode(page: Page, folder: Path, name: str, modes: Sequence[str]) -> None:
    """A picture of the page that is open for each mode: a browser draws the same page anew."""
    for mode in modes:
        await look(page, mode)
        await shoot(page, folder / mode / f"{name}.png")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder",
        nargs="?",
        default="var/shots",
        type=Path,
        help="pictures go to FOLDER/LANGUAGE/MODE/NAME.png",
    )
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="only the pages of these names")
    parser.add_argument("--modes", nargs="*", default=list(MODES), choices=list(MODES), help="default: all")
    parser.add_argument(
        "--languages", nargs="*", default=list(LANGUAGES), choices=list(LANGUAGES), help="default: all"
    )
    parser.add_argument(
        "--world", type=Path, metavar="KEPT", help="a folder: planted once, and looked at again afterwards"
    )
    given: Any = parser.parse_args()
    if PATH is None:
        parser.error("needs a browser: the Debian package chromium")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(
        shots(given.folder, given.only, given.languages, given.modes, given.world and given.world.resolve())
    )


if __name__ == "__main__":
    main()
