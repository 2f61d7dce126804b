"""A sequenced log of a few hundred entries, in one database for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.log.archiving import ROUNDS, Store
from tests.log.kept import ENTRIES, HALF, Kept
from tests.log.ledger import Ledger


@pytest.fixture
def ledger(api: Any) -> Ledger:
    """An empty log."""
    return Ledger(api)


@pytest.fixture
async def kept(ledger: Any) -> Kept:
    """A log that was sequenced twice."""
    await ledger.write(HALF)
    first = await ledger.sequence()
    await ledger.write(ENTRIES - HALF, first=HALF)
    notes = [first, await ledger.sequence()]
    return Kept(lines=await ledger.lines(), notes=notes, key=(await ledger.keys())[0])


@pytest.fixture
async def store(ledger: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A log of a thousand entries in five rounds; its sequencer runs when it is told to."""
    monkeypatch.setattr("service.dispatch.audit.log.SEQUENCED_WITHIN", 0.0)
    one, first = Store(ledger, tmp_path), 0
    for count in ROUNDS:
        await one.grow(count, first)
        first += count
    return one
