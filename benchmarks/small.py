"""What three small savings bring: frozen values filled by their slots' own descriptors, randomness drawn by
the page, and rows packed here for COPY. Each side by side with what it stands for; `fast_init`, the pool and
`pg_copy` stay only while they hold these bounds."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.figure import Figure, alternate, below
from benchmarks.ground import database, postgres
from policies.facts import Event
from service.store import log_entries, pg_copy
from service.vault import encrypt, random_bytes

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROUNDS, TIMES = 7, 20_000
KEY, PLAIN = b"k" * 32, b"x" * 300
NONCE_BYTES = 12
ROWS, BATCHES = 2_000, 9


def measure() -> Sequence[Figure]:
    """Three figures, in microseconds of processor time."""
    plain = _plain(Event)
    given: dict[str, Any] = {"type": "contact", "at": AT, "channel": "sms"}
    quick, slow = alternate(_cost(partial(Event, **given)), _cost(partial(plain, **given)), ROUNDS)
    pooled, drawn = alternate(
        _cost(partial(random_bytes, NONCE_BYTES)), _cost(partial(os.urandom, NONCE_BYTES)), ROUNDS
    )
    whole = _cost(partial(encrypt, KEY, PLAIN))()
    return (
        below(
            f"a frozen value of {len(dataclasses.fields(Event))} fields",
            f"{quick:.2f} µs",
            f"as `dataclasses` writes it: {slow:.2f} µs",
            quick / slow,
            0.5,
        ),
        below(
            "encrypting 300 bytes, its nonce drawn by the page",
            f"{whole:.2f} µs",
            f"a call to the kernel for it: {whole - pooled + drawn:.2f} µs",
            whole / (whole - pooled + drawn),
            0.97,
        ),
        _rows(),
    )


def _rows() -> Figure:
    """Rows of the log, whole batches of them, packed here and by the driver's codecs."""
    with postgres() as url:
        ours, theirs = asyncio.run(_packed_and_coded(database(url, "rows")))
    return below(
        "a row of the log into COPY, packed here",
        f"{ours:.2f} µs",
        f"by the driver's codecs: {theirs:.2f} µs",
        ours / theirs,
        0.7,
    )


async def _packed_and_coded(url: str) -> tuple[float, float]:
    """The least of several batches each, alternating, in microseconds a row."""
    connection = await asyncpg.connect(url)
    packed, coded = [], []
    try:
        for part in range(BATCHES):
            fields = _fields(part)
            packed.append(await _timed(connection, partial(_pack, connection, fields)))
            coded.append(await _timed(connection, partial(_encode, connection, fields)))
    finally:
        await connection.close()
    return min(packed) / ROWS * 1e6, min(coded) / ROWS * 1e6


async def _timed(connection: Any, work: Callable[[], Any]) -> float:
    """Seconds of this process's processor time; the rows are thrown away."""
    begun = connection.transaction()
    await begun.start()
    begins = time.process_time()
    await work()
    spent = time.process_time() - begins
    await begun.rollback()
    return spent


def _fields(part: int) -> list[dict[str, Any]]:
    """The columns of entries as an accepted notice and its decision leave them, by name."""
    return [
        {
            "borrower_id": UUID(int=part * ROWS + number),
            "notice_no": number,
            "at": AT,
            "leaf": PLAIN,
            "detail": PLAIN,
            "kind": "decision",
            "actor": "system",
            "channel": "sms",
            "verdict": "allow",
            "policies": ("house-strict@1", "us-reg-f@1"),
        }
        for number in range(ROWS)
    ]


async def _pack(connection: Any, fields: Sequence[dict[str, Any]]) -> None:
    rows = [log_entries.packed(**one) for one in fields]
    await pg_copy.copy(connection, "log_entries", log_entries.COLUMNS, rows)


async def _encode(connection: Any, fields: Sequence[dict[str, Any]]) -> None:
    leaf = {"leaf": PLAIN.decode()}  # the driver wants text as text
    rows = [tuple((one | leaf)[name] for name in log_entries.COLUMNS) for one in fields]
    await connection.copy_records_to_table("log_entries", records=rows, columns=log_entries.COLUMNS)


def _plain(of: type[Any]) -> type[Any]:
    """The same fields in a dataclass as Python makes it."""
    fields = [
        (
            one.name,
            Any,
            dataclasses.field(default=one.default)
            if one.default is not dataclasses.MISSING
            else dataclasses.field(default_factory=one.default_factory)
            if one.default_factory is not dataclasses.MISSING
            else dataclasses.field(),
        )
        for one in dataclasses.fields(of)
    ]
    return dataclasses.make_dataclass("Plain", fields, frozen=True, slots=True, kw_only=True)


def _cost(work: Callable[[], object]) -> Callable[[], float]:
    """Microseconds of processor time for one call, by many."""

    def timed() -> float:
        begins = time.process_time()
        for _ in range(TIMES):
            work()
        return (time.process_time() - begins) / TIMES * 1e6

    return timed
