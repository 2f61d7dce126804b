"""What measurements stand on: a durable PostgreSQL of their own, service processes, notices that differ."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from service.settings import Settings, settings_type
from service.store.embedded import EmbeddedServer
from service.store.migrate import migrate
from tests.ports import free_port
from tests.somewhere import place_at

ROOT = Path(__file__).parents[1]
KEY = "key-of-the-benchmarks-0123456789"
SECRET = base64.b64encode(b"b" * 32).decode()


@contextmanager
def postgres() -> Iterator[str]:
    """The embedded server as it ships, fsync on, in a folder that goes away."""
    folder = Path(tempfile.mkdtemp(prefix="forbear-bench-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _create(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


def database(url: str, name: str, *, migrated: bool = True) -> str:
    """A new database on the server; its URL."""
    asyncio.run(_create(url, name))
    created = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    if migrated:
        asyncio.run(migrate(created))
    return created


def environment(database_url: str, **further: str) -> dict[str, str]:
    """The environment of a service process, with none of the caller's settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FORBEAR_")}
    ours = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "BOOTSTRAP_KEY": KEY,
        "POLICIES": "house-strict",
        "LOG_LEVEL": "warning",
    }
    return {
        **inherited,
        "PYTHONPATH": str(ROOT),
        **{f"FORBEAR_{name}": value for name, value in {**ours, **further}.items()},
    }


def settings(database_url: str) -> Settings:
    """The same settings, for a service in this process."""
    return settings_type()(
        database_url=database_url,  # type: ignore[arg-type]
        secret_key=SECRET,  # type: ignore[arg-type]
        bootstrap_key=KEY,  # type: ignore[arg-type]
        policies="house-strict",
        log_level="warning",
    )


@contextmanager
def process(*arguments: str, env: dict[str, str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A python process of this checkout; asked to end, then ended."""
    running = subprocess.Popen([sys.executable, *arguments], env=env, cwd=ROOT, text=True, **options)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(30)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextmanager
def serving(database_url: str, module: str = "service", *arguments: str, **further: str) -> Iterator[str]:
    """An API process that is ready; its URL."""
    port = free_port()
    env = environment(database_url, PORT=str(port), **further)
    with process("-m", module, *arguments, env=env, stdout=subprocess.DEVNULL) as running:
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"{url}/readyz", timeout=1).close()
                break
            except OSError:
                if running.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{module} did not start") from None
                time.sleep(0.05)
        yield url


def notice(number: int, *, borrowers: int = 10_000, **further: Any) -> dict[str, Any]:
    """A notice in the size of real ones; it differs by its number."""
    who = number % borrowers
    phone = (
        f"+1{200 + who // 100 % 800}55501{who % 100:02d}"  # a number for each, of those reserved for fiction
    )
    return {
        "borrower": {
            "id": f"B-{who}",
            "name": "Ana Ruiz",
            "language": "en-US",
            # where it is about noon, so that whoever measures by night has something delivered too
            **place_at(),
            "addresses": {"sms": phone, "voice": phone, "email": f"borrower{who}@example.com"},
        },
        "debt": {
            "id": f"L-{who}",
            "account_id": f"A-{who}",
            "creditor": "first-inclusive-bank",
            "currency": "USD",
            "principal": "12000.00",
            "due_on": "2026-11-01",
            "days_past_due": 22,
            "amount_due": "431.25",
            "late_fees": "15.00",
            "jurisdiction": "US-MA",
        },
        "sender_role": "original_creditor",
        "category": "collection",
        "template": "overdue-reminder",
        "channels": ["sms", "email"],
        "fan_out": "all",
        "reference": f"core-{number}",
        **further,
    }


def encoded(document: Any) -> bytes:
    """A body."""
    return json.dumps(document).encode()
