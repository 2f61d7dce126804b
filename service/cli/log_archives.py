"""`forbear log archive`, `forbear log archives` and `forbear log drop`: old entries go to a file, and then
from the store."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.keys import OPERATOR
from service.cli.progress import bar
from service.cli.runtime import Cell, cell_of, opened_runtime
from service.dispatch.audit import archives as use
from service.dispatch.runtime import Runtime
from service.errors import Conflict
from service.log.archived import DETAILS, digest_of
from service.log.read import known_verifier_keys
from service.log.verify import KeptCheckpoint, Verification, lines_of, read_by_any

LONGEST_PLACE = 300
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def archive(
    file: Annotated[Path, typer.Argument(help="Where to write it; beside it come .details and .checkpoint.")],
    *,
    keep_days: Annotated[
        int, typer.Option(min=use.LEAST_DAYS, help="How many days of the log stay out of it.")
    ],
    place: Annotated[
        str | None,
        typer.Option(
            help="Where it will lie, as the log is to tell; the file's name without it. No names of persons."
        ),
    ] = None,
    cell: Cell = 0,
) -> None:
    """Write old entries to a file, verify it, and tell of it in the log. Nothing goes from the store: `drop`
    does that."""
    said = file.name if place is None else place
    if not said.isprintable() or not 0 < len(said) <= LONGEST_PLACE:
        raise typer.BadParameter(
            f"expected 1 to {LONGEST_PLACE} characters of one line", param_hint="--place"
        )
    for path in _files(file):
        if path.exists():
            raise typer.BadParameter(f"{path} exists already", param_hint="FILE")
    try:
        planned = asyncio.run(_archive(file, keep_days, said, cell))
    except ConnectionError:
        raise
    except OSError as error:
        typer.echo(f"forbear: {file} cannot be written: {error.strerror}; nothing was archived", err=True)
        raise typer.Exit(2) from None
    typer.echo(
        f"Entries {planned.first} to {planned.size - 1} are in {file}, which verifies. Put it with its "
        f".details and .checkpoint where it stays, let an auditor look, then: forbear log drop {file}"
    )


def _files(file: Path) -> tuple[Path, Path, Path]:
    """The archive, its checkpoint and its details."""
    return file, file.with_name(file.name + ".checkpoint"), file.with_name(file.name + DETAILS)


async def _archive(file: Path, keep_days: int, place: str, cell: int) -> use.Plan:
    async with opened_runtime() as home:
        runtime = cell_of(home, cell)
        planned = await use.plan(runtime, runtime.clock.now() - timedelta(days=keep_days))
        paths = _files(file)
        parts = [path.with_name(path.name + ".part") for path in paths]
        try:
            await _write(parts[2], use.details(runtime, planned))
            await _write(parts[1], _one(planned.note.encode()))
            await _write(parts[0], use.lines(runtime, planned))
            keys = await known_verifier_keys(runtime.database, runtime.vault)
            await _verified(runtime, read_by_any(planned.note, keys), parts[0], "nothing was archived")
            for part, path in zip(parts, paths, strict=True):
                part.rename(path)
            _sync(file.parent)
        finally:
            for part in parts:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
        digests = digest_of(paths[0]), digest_of(paths[2])
        await use.tell(runtime, OPERATOR, planned, digest=digests[0], details_digest=digests[1], place=place)
    return planned


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> None:
    """Write a file whole, down to the disk."""
    with path.open("wb") as sink:
        async for chunk in chunks:
            sink.write(chunk)
        sink.flush()
        os.fsync(sink.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _verified(runtime: Runtime, kept: KeptCheckpoint, path: Path, otherwise: str) -> int:
    """Read an archive and verify it against what was signed; returns its first entry. Raises Conflict where
    it does not hold."""
    keys = await known_verifier_keys(runtime.database, runtime.vault)
    verification = Verification([kept], keys=keys)
    with path.open("rb") as file, bar("Verifying", kept.size) as advance:
        for line in lines_of(file):
            if not verification.take(line):
                break
            verification.hashes.clear()
            advance(1)
    report = verification.report()
    if not report.holds:
        raise Conflict(f"{otherwise}: entry {report.findings[0].index}: {report.findings[0].what}")
    return report.first


def archives(*, cell: Cell = 0, as_json: Json = False) -> None:
    """List the archives of the log, the newest first: which entries, where, and whether those are still here
    too."""
    found = asyncio.run(_archives(cell))
    if as_json:
        typer.echo(json.dumps(found))
        return
    if not found:
        typer.echo("Nothing of the log was archived.")
    for one in found:
        here = "still here too" if one["here"] else "dropped"
        typer.echo(
            f"{one['first']} to {one['size'] - 1}  {one['at'][:10]}  {here}  {one['place']}  {one['sha256']}"
        )


async def _archives(cell: int) -> list[dict[str, Any]]:
    async with opened_runtime() as home:
        return await use.archives(cell_of(home, cell))


def drop(
    file: Annotated[Path, typer.Argument(help="The archive, as `forbear log archive` wrote it.")],
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Drop them; without it only say what would go.")
    ] = False,
    cell: Cell = 0,
) -> None:
    """Drop the entries of an archive from the store. The file is read first: what it holds must be what the
    log tells of.

    May be broken off and begun again; entries of borrowers under a legal hold stay until it is released."""
    try:
        digests = digest_of(file), digest_of(file.with_name(file.name + DETAILS))
    except OSError as error:
        raise typer.BadParameter(f"{file} or its .details cannot be read: {error.strerror}") from None
    left, kept = asyncio.run(_drop(file, *digests, cell, apply=apply))
    if not apply:
        typer.echo(f"{left} entries would go; nothing was changed. With --apply they do.")
        return
    held = f"; {kept} entries stay, as their borrowers are under a legal hold" if kept else ""
    typer.echo(f"{left} entries were dropped{held}.")


async def _drop(
    file: Path, digest: bytes, details_digest: bytes, cell: int, *, apply: bool
) -> tuple[int, int]:
    async with opened_runtime() as home:
        runtime = cell_of(home, cell)
        found, stated = await use.archive_of(runtime, digest)
        if found.details_digest != details_digest:
            raise Conflict("the file with the details is not the one that the log tells of")
        begins = await _verified(runtime, stated, file, "nothing was dropped")
        found = found._replace(first=begins)  # what the file holds, whatever the tables say
        left = await use.left_of(runtime, found)
        if not apply:
            return left, 0
        with bar("Dropping", left) as advance:
            return left, await use.drop(runtime, OPERATOR, found, advance)
