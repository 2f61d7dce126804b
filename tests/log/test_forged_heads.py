"""Whoever changes a stored checkpoint, puts one in, or lets the log sign under another name or key behind
its back is found, though the entries are as they were."""

from __future__ import annotations

from typing import Any

import pytest

from service.dispatch.audit.log import rename_log
from service.log.verify import Report
from tests.log.archiving import OPERATOR, Store

HEADS = {
    "another root": "UPDATE log_checkpoints SET root = sha256('x') WHERE size = 307",
    "another size": "UPDATE log_checkpoints SET size = 308 WHERE size = 307",
    "another note": (
        "UPDATE log_checkpoints SET note = (SELECT note FROM log_checkpoints WHERE size = 300)"
        " WHERE size = 307"
    ),
    "no signature": "UPDATE log_checkpoints SET note = split_part(note, '\u2014', 1) WHERE size = 307",
    "one put in": (
        "INSERT INTO log_checkpoints (size, root, note)"
        " SELECT 310, root, note FROM log_checkpoints WHERE size = 307"
    ),
    "the key taken away": "DELETE FROM keyring WHERE name = 'log'",
    "another name": "UPDATE log_origins SET origin = 'log.example.com/other'",
}


async def verified(store: Store) -> Report:
    """What the store says of itself, without anything that was kept."""
    return await store.verify(notes=store.notes[-1:])


@pytest.mark.parametrize("what", HEADS)
async def test_a_forged_head_is_found(store: Store, what: str) -> None:
    """Also below the last one, which nobody need have kept."""
    assert (await verified(store)).holds
    await store.ledger.sql(HEADS[what])
    await store.grow(10, 1000)
    report = await verified(store)
    assert not report.holds
    assert "the stored checkpoint of" in report.findings[0].what


async def test_a_log_that_was_renamed_as_it_should_be_holds(store: Store) -> None:
    """Also where the entry that told of it was archived since."""
    await rename_log(store.runtime, OPERATOR, "log.example.com/one")
    store.notes.append(await store.ledger.sequence())
    await store.grow(10, 1000)
    assert (await verified(store)).holds
    path = await store.archive(1020)
    await store.drop(path)
    await store.grow(10, 1010)
    report = await verified(store)
    assert (True, True) == (report.holds, report.first > 1000), report.findings


async def test_thousands_of_heads_are_looked_at_in_pages(
    ledger: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    """None is left out where a page ends."""
    monkeypatch.setattr("service.log.verify_checkpoints.PAGE", 3)
    store = Store(ledger, tmp_path)
    for number in range(11):
        await store.grow(2, 2 * number)
    assert (await verified(store)).holds
    for size in range(2, 22, 2):
        await ledger.sql("UPDATE log_checkpoints SET root = sha256(root) WHERE size = $1", size)
        report = await verified(store)
        assert [size - 1] == [one.index for one in report.findings]
        await ledger.sql("DELETE FROM log_checkpoints WHERE size = $1", size)
