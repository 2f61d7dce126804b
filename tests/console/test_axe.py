"""axe-core finds nothing on any page, in light, dark and at 390 pixels, on planted data; and the keyboard
reaches what there is."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.console.chromium import PATH, Page, browser
from tests.console.planting import BEGINS, Planted, plant, serving
from tests.console.planting_learning import plant_learning
from tests.console.shots import ACTS, MODES, log_in, look, pages_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.node,
    pytest.mark.slow,
    pytest.mark.skipif(PATH is None, reason="needs a browser: the Debian package chromium"),
]
AXE = "axe-core@4.14.1"
FETCH_SECONDS = 120
STEPS = 12
ROUNDS = 600
RUN = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
    one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' '
      + node.failureSummary.slice(0, 200)).join(' || ')))
"""
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, fetched once into a folder of the virtual environment."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: axe-core comes from its registry")
    folder = Path(sys.prefix) / "axe"
    with (Path(sys.prefix) / "axe.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "axe.min.js").exists():
            _fetch(folder)
    return (folder / "axe.min.js").read_text()


def _fetch(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "npm_config_userconfig": os.devnull,
        "npm_config_cache": str(folder / "cache"),
    }
    command = ["npm", "pack", AXE, "--pack-destination", str(folder), "--silent"]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=FETCH_SECONDS, check=False)
    assert 0 == done.returncode, done.stderr.decode()
    [archive] = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        source = packed.extractfile("package/axe.min.js")
        assert source is not None
        (folder / "axe.min.js").write_bytes(source.read())


async def _violations(page: Page, axe: str, name: str) -> list[str]:
    """What axe finds on the page that is open, in each mode: a browser draws the same page anew."""
    found: list[str] = []
    await page.ask(axe + "; true")
    for mode in MODES:
        await look(page, mode)
        where = f"{mode} {name}"
        found += [f"{where}: {one}" for one in await page.ask(RUN, later=True) or []]
        if await page.ask(OVERFLOWS):
            found.append(f"{where}: wider than the window")
    return found


async def _look_at_all(world: Planted, axe: str) -> list[str]:
    found: list[str] = []
    wanted = await pages_of(world)
    async with browser() as page:
        await page.call("Network.enable")
        for who in ("ops", "second", "auditor", "admin"):
            await log_in(page, world, who)
            for name, (key, path) in wanted.items():
                if key == who:
                    await page.go(f"{world.address}{path}")
                    found += await _violations(page, axe, name)
            for name, (key, act) in ACTS.items():
                if key == who:
                    await act(page, world)
                    found += await _violations(page, axe, name)
        await page.call("Network.clearBrowserCookies")
        await page.go(f"{world.address}/console/login")
        found += await _violations(page, axe, "login")
    return found


async def test_axe_finds_nothing_on_any_page(database_url: str, tmp_path: Path, axe: str) -> None:
    """Names, contrast, focus, structure: in three modes, for every role. No page is wider than its window."""
    async with serving(tmp_path, BEGINS, database_url=database_url) as world:
        await plant(world, steps=STEPS)
        await plant_learning(world, number=ROUNDS)
        found: Any = await _look_at_all(world, axe)
    assert [] == found
