"""`forbear` as a process of its own, for the tests that need one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.somewhere import place_at

PATIENCE = 40.0


@contextmanager
def process(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, output: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """A command in a folder of its own, ended at the end. `output`: a descriptor that takes all it writes."""
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(Path(__file__).parents[1]),
        **(env or {}),
    }
    settings |= {name: value for name, value in os.environ.items() if name.startswith("COV")}
    running = subprocess.Popen(
        [sys.executable, "-m", "service", *arguments],
        cwd=folder,
        env=settings,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
            running.wait(PATIENCE)
        if running.stdout is not None:
            running.stdout.close()


def address_of(running: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    assert running.stdout is not None
    for line in running.stdout:
        if "listens on" in line:
            return line.split("listens on ")[1].split()[0]
    raise AssertionError("it ended without listening")


def ready(url: str) -> None:
    """Wait until it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it is not ready")


def by_daylight(notice: dict[str, Any]) -> dict[str, Any]:
    """The notice by SMS, for a borrower whose local time is noon, now."""
    body = {**notice, "channels": ["sms"], "fan_out": "all"}
    body["borrower"] = {**notice["borrower"], **place_at()}
    body["debt"] = {**notice["debt"], "jurisdiction": None}
    for name in ("not_before", "wait", "expires_at"):
        del body[name]
    return body
