"""The log: appending with the sequencer beside it against appending without, verifying an export, serving a
proof."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from benchmarks.figure import Figure, below
from benchmarks.ground import database, postgres, settings
from service.log.append import Entry, append
from service.log.export import export
from service.log.read import current_verifier_keys, inclusion, latest_checkpoint
from service.log.sequence import Sequencer
from service.log.verify import read_checkpoint, verify_lines
from service.wiring import Service, open_service

ENTRIES = 1_000_000
BATCH = 500
WRITERS = 4
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def _entries(first: int) -> list[Entry]:
    return [
        Entry.of_borrower(
            "attempt.settled",
            AT,
            "system",
            UUID(int=1 + number % 10_000),
            notice_no=number,
            channel="sms",
            attempt=1,
            public={
                "adapter": "instant",
                "dialed_at": AT.isoformat(),
                "outcome": "accepted",
                "ref": f"SM{number:032x}",
            },
        )
        for number in range(first, first + BATCH)
    ]


async def _append(service: Service, count: int) -> float:
    """Seconds for `count` entries by several writers, a transaction a batch."""
    starts = iter(range(0, count, BATCH))

    async def write() -> None:
        for first in starts:
            async with service.runtime.database.transaction() as connection:
                await append(connection, _entries(first))

    begins = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    return time.perf_counter() - begins


@asynccontextmanager
async def _sequencer(service: Service) -> AsyncIterator[None]:
    task = asyncio.create_task(Sequencer(service.runtime.database, service.runtime.vault).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sequenced(service: Service) -> int:
    async with service.runtime.database.connection() as connection:
        size: int = await connection.fetchval("SELECT COALESCE(max(size), 0) FROM log_checkpoints")
    return size


async def _sequencing(service: Service, count: int) -> float:
    """Seconds for `count` more entries with the sequencer beside the writers, until the last of them is
    sequenced."""
    wanted = await _sequenced(service) + count
    async with _sequencer(service):
        begins = time.perf_counter()
        await _append(service, count)
        while await _sequenced(service) < wanted:
            await asyncio.sleep(0.01)
        return time.perf_counter() - begins


async def _rates(plain_url: str, sequenced_url: str, count: int) -> tuple[float, float]:
    """Entries a second, never sequenced and sequenced: two halves each, in turns and in both orders, so that
    what else the machine does falls on both alike."""
    half = count // 2
    async with open_service(settings(plain_url)) as plain, open_service(settings(sequenced_url)) as sequenced:
        took = [
            await _append(plain, half),
            await _sequencing(sequenced, half),
            await _sequencing(sequenced, half),
            await _append(plain, half),
        ]
    return count / (took[0] + took[3]), count / (took[1] + took[2])


async def _export(url: str, path: Path) -> str:
    """Write the sequenced log to a file; its checkpoint."""
    async with open_service(settings(url)) as service:
        with path.open("wb") as file:
            async for chunk in export(service.runtime.database, "jsonl"):
                file.write(chunk)
        note = await latest_checkpoint(service.runtime.database)
        keys = await current_verifier_keys(service.runtime.database, service.runtime.vault)
    if note is None:
        raise RuntimeError("nothing was sequenced")
    return f"{keys[-1]}\n\n{note}"


def _verify(path: Path, signed: str) -> tuple[float, float]:
    """Entries a second: all of the verification, and nothing but hashing the same lines."""
    key, _, note = signed.partition("\n\n")
    begins = time.perf_counter()
    with path.open("rb") as file:
        report = verify_lines(file, [read_checkpoint(note, key)])
    verified = time.perf_counter() - begins
    if not report.holds:
        raise RuntimeError(f"the log does not hold: {report.findings}")
    begins = time.perf_counter()
    with path.open("rb") as file:
        for line in file:
            sha256(line).digest()
    return report.entries / verified, report.entries / (time.perf_counter() - begins)


async def _proof_seconds(url: str, size: int) -> tuple[float, float]:
    """Seconds for a proof, and for reading one row by its key."""
    proofs, reads = [], []
    async with open_service(settings(url)) as service:
        for number in range(300):
            begins = time.perf_counter()
            await inclusion(service.runtime.database, (number * 7919 * 613) % size, size)
            proofs.append(time.perf_counter() - begins)
            begins = time.perf_counter()
            async with service.runtime.database.connection() as connection:
                await connection.fetchval("SELECT 1 FROM log_checkpoints WHERE size = $1", number)
            reads.append(time.perf_counter() - begins)
    return statistics.median(proofs), statistics.median(reads)


def measure(*, entries: int = ENTRIES) -> list[Figure]:
    """A million entries each way."""
    with postgres() as url, TemporaryDirectory(prefix="forbear-export-") as folder:
        plain_url, sequenced_url = database(url, "plain"), database(url, "sequenced")
        plain, sequenced = asyncio.run(_rates(plain_url, sequenced_url, entries))
        path = Path(folder) / "export.jsonl"
        verified, hashed = _verify(path, asyncio.run(_export(sequenced_url, path)))
        proof, read = asyncio.run(_proof_seconds(sequenced_url, entries))
    return [
        Figure(
            name=f"{entries:,} entries appended and sequenced",
            ours=f"{sequenced:,.0f}/s",
            against=f"appended, never sequenced: {plain:,.0f}/s",
            ratio=sequenced / plain,
            bound=0.8,
        ),
        Figure(
            name="verifying an export, one core",
            ours=f"{verified:,.0f} entries/s",
            against=f"SHA-256 of its lines: {hashed:,.0f}/s",
            ratio=verified / hashed,
            bound=100_000 / hashed,
        ),
        below(
            "an inclusion proof, median",
            f"{proof * 1e3:.2f} ms",
            f"a row by its key: {read * 1e3:.2f} ms",
            proof / read,
            0.010 / read,
        ),
    ]
