"""Each log signs under a name of its own; a new name is told under the old one, and nothing that was kept is
lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from service.dispatch.audit.log import log_names, rename_log
from service.errors import Conflict
from service.log.origin import SHARED, OriginInvalid, checked_origin, fresh_origin, names_of
from service.log.read import checkpoint_of, known_verifier_keys
from service.log.sequence import sequence_once
from service.log.verify import CheckpointInvalid, read_by_any, read_checkpoint, verify_lines
from service.log.verify_store import verify_store
from service.model.actor import Actor
from service.store import log_origins

OPERATOR = Actor(name="operator:test")
NEW = "log.example.com/dispatch"


def name_of(note: str) -> str:
    return note.partition("\n")[0]


async def test_two_fresh_logs_never_have_one_name(ledger: Any) -> None:
    """A log that nobody named has one by chance, from the first question on."""
    key = (await ledger.keys())[0]
    await ledger.write(3)
    note = await ledger.sequence()
    assert name_of(note) == key.partition("+")[0]
    assert name_of(note).startswith(f"{SHARED}/")
    await ledger.sql("DELETE FROM log_origins")
    assert name_of(note) != (await ledger.keys())[0].partition("+")[0]
    assert 1000 == len({fresh_origin() for _ in range(1000)})


async def test_processes_that_start_at_once_agree_on_the_name(ledger: Any) -> None:
    async def start(number: int) -> str:
        async with ledger.api.runtime.database.connection() as connection:
            return (await names_of(connection, f"log{number}.example.com"))[0].origin

    assert 1 == len({*await asyncio.gather(*(start(number) for number in range(5)))})


async def test_the_last_checkpoint_under_the_old_name_covers_the_entry_that_tells_the_new_one(
    ledger: Any,
) -> None:
    """Then the new one signs; whoever kept the old key verifies that statement with it, and all with both."""
    runtime = ledger.api.runtime
    await ledger.write(20)
    first = await ledger.sequence()
    old = await ledger.keys()
    assert (name_of(first), NEW) == await rename_log(runtime, OPERATOR, NEW)
    assert old == await ledger.keys()
    last = await ledger.sequence()
    assert (name_of(first), "21") == (name_of(last), last.split("\n")[1])
    told = json.loads((await ledger.lines())[20])
    said = json.loads(told["leaf"])
    assert ("log_origin.changed", name_of(first), NEW) == (
        said["kind"],
        said["public"]["from"],
        said["public"]["to"],
    )
    both = await ledger.keys()
    assert (NEW, [*said["public"]["keys"], *old]) == (both[0].partition("+")[0], both)
    await ledger.write(10, first=20)
    new = await ledger.sequence()
    assert NEW == name_of(new)
    keys = await ledger.keys()
    assert said["public"]["keys"] == keys
    with pytest.raises(CheckpointInvalid, match=f"is one of {NEW}, the key is one of {name_of(first)}"):
        read_by_any(new, old)
    kept = [read_by_any(note, [*old, *keys]) for note in (first, last, new)]
    assert verify_lines(await ledger.lines(), kept).holds
    assert (await verify_store(runtime.database, kept)).holds
    assert last == await checkpoint_of(runtime.database, 21)


async def test_a_new_name_waits_for_its_own_entry_and_for_no_other(ledger: Any) -> None:
    """Rounds that sequence what came before leave the old name in place; one name waits at a time."""
    await ledger.write(30)
    before = (await ledger.keys())[0].partition("+")[0]
    await rename_log(ledger.api.runtime, OPERATOR, NEW)
    async with ledger.api.runtime.database.connection() as connection:
        assert 0 < await sequence_once(connection, ledger.api.runtime.vault, most=7) < 30
        names = await log_origins.named(connection)
    assert [(NEW, None), (before, 0)] == [(one.origin, one.since) for one in names]
    with pytest.raises(Conflict):
        await rename_log(ledger.api.runtime, OPERATOR, "other.example.com")
    await ledger.sequence()
    assert [(NEW, 31), (before, 0)] == [
        (one["origin"], one["since"]) for one in await log_names(ledger.api.runtime)
    ]


async def test_a_name_is_given_once(ledger: Any) -> None:
    await ledger.write(5)
    await ledger.sequence()
    old = (await ledger.keys())[0].partition("+")[0]
    await rename_log(ledger.api.runtime, OPERATOR, NEW)
    await ledger.sequence()
    for taken in (NEW, old):
        with pytest.raises(Conflict, match="had the name"):
            await rename_log(ledger.api.runtime, OPERATOR, taken)
    assert 6 == len(await ledger.lines())


async def test_a_log_of_an_earlier_release_keeps_the_name_that_all_had(ledger: Any) -> None:
    """As the migration leaves it: what it signed and what it signs verify with the key that was kept."""
    await ledger.sql("INSERT INTO log_origins (number, origin, since) VALUES (1, $1, 0)", SHARED)
    await ledger.write(5)
    note = await ledger.sequence()
    key = (await ledger.keys())[0]
    assert key.startswith(f"{SHARED}+")
    assert 5 == read_checkpoint(note, key).size


async def test_every_key_and_name_that_ever_signed_is_known_to_the_log(ledger: Any) -> None:
    """So that a kept checkpoint is recognised under whatever name and key it was signed."""
    from service.dispatch.audit.log import add_log_key, retire_log_keys

    runtime = ledger.api.runtime
    await ledger.write(4)
    notes = [await ledger.sequence()]
    await add_log_key(runtime, OPERATOR)
    await retire_log_keys(runtime, OPERATOR)
    notes.append(await ledger.sequence())
    await rename_log(runtime, OPERATOR, None)
    notes.append(await ledger.sequence())
    await ledger.write(4, first=4)
    notes.append(await ledger.sequence())
    known = await known_verifier_keys(runtime.database, runtime.vault)
    assert [4, 6, 7, 11] == [read_by_any(note, known).size for note in notes]


@pytest.mark.parametrize(
    "text",
    ["", "log", "https://log.example.com", "log.example.com/a b", "log.example.com+1", "Log.example.com",
     "log.example.com/", "log.example.com\n7", SHARED, "a." + "b" * 200],
)  # fmt: skip
def test_what_can_be_no_name_is_refused(text: str) -> None:
    """A plus or a line's end would say something else in a verifier key or a note."""
    with pytest.raises(OriginInvalid):
        checked_origin(text)
