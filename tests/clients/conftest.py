"""A running service for the clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import address_of, process, ready

ADMIN = "bootstrap-key-for-tests-0123456789"
SECRET = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


@dataclass(frozen=True, slots=True)
class Service:
    """Where it listens, and a key for everything."""

    url: str
    key: str


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    """API, worker and sandbox in a process of their own."""
    env = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": SECRET,
        "FORBEAR_BOOTSTRAP_KEY": ADMIN,
        "FORBEAR_PORT": "0",
        "FORBEAR_LOG_LEVEL": "error",
    }
    with process(tmp_path, "serve", env=env) as running:
        url = address_of(running)
        ready(url)
        yield Service(url, ADMIN)
