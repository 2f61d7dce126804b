"""The tutorial and the how-tos do what they say: their commands run, in order, against a running service."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.processes import address_of, process, ready

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PAGES = (
    "first-hour",
    "why-not-sent",
    "provider-down",
    "own-policy",
    "prove-an-entry",
    "erase-a-person",
    "own-postgresql",
)
"""In this order: later ones look at what the first one left."""
ADMIN = "bootstrap-key-for-tests-0123456789"
SECRET = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
INSTALLS = "python3 -m venv try && try/bin/pip install --quiet ./clients/python"
SECONDS = 400


def commands(page: str) -> str:
    """What a page tells to type: every block of it that is marked as shell."""
    text = (ROOT / "docs" / f"{page}.md").read_text()
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that looks like the checkout after `make run`: the command, the key, a Python with the
    client."""
    for name, python_path in ((".venv/bin/forbear", ROOT), ("try/bin/python", ROOT / "clients" / "python")):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        module = " -m service" if name.endswith("forbear") else ""
        path.write_text(f'#!/bin/sh\nPYTHONPATH={python_path} exec {sys.executable}{module} "$@"\n')
        path.chmod(0o755)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "admin.key").write_text(ADMIN)
    return tmp_path


@pytest.fixture
def environment(place: Path, database_url: str) -> Iterator[dict[str, str]]:
    """A running service, and the variables of a shell that works with it."""
    settings = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": SECRET,
        "FORBEAR_BOOTSTRAP_KEY": ADMIN,
        "FORBEAR_PORT": "0",
        "FORBEAR_LOG_LEVEL": "error",
        "FORBEAR_WEBHOOKS__ALLOW_NETWORKS": "127.0.0.0/8",
    }
    with process(place, "serve", env=settings) as running:
        url = address_of(running)
        ready(url)
        made = httpx.post(
            f"{url}/v1/keys",
            json={"name": "second", "role": "ops"},
            headers={"Authorization": f"Bearer {ADMIN}"},
        )
        keep = {name: value for name, value in settings.items() if name != "FORBEAR_PORT"}
        path = f"{place / '.venv' / 'bin'}:{os.environ['PATH']}"
        keys = {"FORBEAR_URL": url, "FORBEAR_KEY": ADMIN, "SECOND_KEY": made.json()["key"]}
        yield {**keep, **keys, "PATH": path, "HOME": str(place)}


def test_every_command_of_every_page_works(place: Path, environment: dict[str, str]) -> None:
    """A newcomer who types what stands there gets what is promised; the receiver verified a webhook of a
    delivered text."""
    port = str(free_port())
    try:
        for page in PAGES:
            script = commands(page)
            assert script, page
            script = script.replace(INSTALLS, "true").replace(
                "http://127.0.0.1:8080", environment["FORBEAR_URL"]
            )
            script = script.replace("9400", port)
            with (place / "said.txt").open(
                "w"
            ) as said:  # no pipe: the receiver in the background would keep it open
                done = subprocess.run(
                    ["/bin/bash", "-euo", "pipefail", "-c", f"{script}\njobs -p > jobs.txt"],
                    cwd=place,
                    env=environment,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    check=False,
                    timeout=SECONDS,
                )
            text = (place / "said.txt").read_text()
            assert 0 == done.returncode, (page, text[-3000:])
            if page == "first-hour":
                assert "verified: delivery.delivered sms" in text
                assert "refused" not in (place / "received.txt").read_text()
                (place / "jobs.txt").rename(place / "receiver.pid")
    finally:
        if (place / "receiver.pid").exists():
            for pid in (place / "receiver.pid").read_text().split():
                os.kill(int(pid), 15)
