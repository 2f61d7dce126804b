"""What `python -m benchmarks against` lets each build do by its own files works with this build's."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from benchmarks.builds import NOTING
from benchmarks.ground import ROOT
from service.store import events
from tests.dispatch.differing import WAYS, differing_events

BORROWER = UUID(int=7)


@pytest.mark.slow
async def test_a_process_of_its_own_notes_the_events_of_borrowers(api: Any, database_url: str) -> None:
    """With the build's files on its path, and nothing of the benchmarks'."""
    async with api.runtime.database.transaction() as connection:
        await events.insert_events(
            connection, differing_events("dispute", BORROWER, timedelta(minutes=5), WAYS[0])[:500]
        )
        before = await connection.fetch("SELECT * FROM events ORDER BY event_id")
    env = os.environ | {"FORBEAR_DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(NOTING), str(BORROWER)]
    await asyncio.to_thread(subprocess.run, command, env=env, cwd=ROOT, check=True)
    async with api.runtime.database.transaction() as connection:
        after = await connection.fetch("SELECT * FROM events ORDER BY event_id")
    assert len(before) == len(after)
    assert before != after
