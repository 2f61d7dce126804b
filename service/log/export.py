"""Streams the sequenced log in the order of its index, page by page: constant memory, and no long snapshot is
held."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from service.ids import SYSTEM, NoticeId
from service.log.merkle import HASH_BYTES, TILE_WIDTH
from service.store import log_sequence, log_tree
from service.store.database import Database
from service.store.log_sequence import ExportedEntry

PAGE = 2000
COLUMNS = (
    "index",
    "at",
    "kind",
    "actor",
    "borrower",
    "notice",
    "channel",
    "verdict",
    "policies",
    "hash",
    "leaf",
)


def exported(row: ExportedEntry, tiles: Mapping[tuple[int, int], bytes]) -> dict[str, Any]:
    """One line of an export: the readable fields beside the exact leaf, and the leaf's hash as it was
    sequenced.

    The hash comes from the tree and not from the leaf: where somebody changed the leaf, the two differ, and
    the entry is named."""
    tile, place = divmod(row.log_index, TILE_WIDTH)
    sequenced = tiles.get((0, tile), b"")[place * HASH_BYTES : (place + 1) * HASH_BYTES]
    return {
        "index": row.log_index,
        "at": row.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "kind": row.kind,
        "actor": row.actor,
        "borrower": None if row.borrower_id == SYSTEM else row.borrower_id.hex,
        "notice": None if row.notice_no is None else str(NoticeId(row.borrower_id, row.notice_no)),
        "channel": row.channel,
        "verdict": row.verdict,
        "policies": row.policies or [],
        "hash": sequenced.hex(),
        "leaf": row.leaf,
    }


async def sequenced_size(database: Database) -> int:
    """How many entries the last checkpoint covers."""
    async with database.connection() as connection:
        head = await log_tree.head(connection)
    return 0 if head is None else head.size


async def pages(database: Database, first: int, last: int) -> AsyncIterator[list[dict[str, Any]]]:
    """Entries [first, last) in pages."""
    while first < last:
        until = min(first + PAGE, last)
        async with database.connection() as connection:
            rows = await log_sequence.export_page(connection, first, until)
            numbers = range(first // TILE_WIDTH, (until - 1) // TILE_WIDTH + 1)
            tiles = await log_tree.read_tiles(connection, [(0, number) for number in numbers])
        if rows:
            yield [exported(row, tiles) for row in rows]
        first = until


async def export(
    database: Database, form: str, *, first: int = 0, last: int | None = None, beginning: bytes = b""
) -> AsyncIterator[bytes]:
    """The sequenced log as `jsonl`, `csv` or `parquet`. Raises ValueError for another form. `beginning` is
    the line before the entry `first`, of JSON lines alone."""
    until = await sequenced_size(database) if last is None else last
    match form:
        case "jsonl":
            if beginning:
                yield beginning
            async for page in pages(database, first, until):
                yield b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in page)
        case "csv":
            yield (",".join(COLUMNS) + "\r\n").encode()
            async for page in pages(database, first, until):
                yield _csv(page)
        case "parquet":
            async for chunk in _parquet(database, first, until):
                yield chunk
        case _:
            raise ValueError(f"expected jsonl, csv or parquet, got {form!r}")


def _csv(page: list[dict[str, Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for one in page:
        writer.writerow([cell(one[column]) for column in COLUMNS])
    return buffer.getvalue().encode()


def cell(value: Any) -> Any:
    """A spreadsheet must not take a cell for a formula."""
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return "'" + value
    return value


async def _parquet(database: Database, first: int, last: int) -> AsyncIterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [
        (
            name,
            pa.int64() if name == "index" else pa.list_(pa.string()) if name == "policies" else pa.string(),
        )
        for name in COLUMNS
    ]
    schema = pa.schema(fields)
    sink = _Drain()
    with pq.ParquetWriter(sink, schema) as writer:
        async for page in pages(database, first, last):
            writer.write_table(pa.Table.from_pylist(page, schema=schema))
            yield sink.drained()
    yield sink.drained()


class _Drain(io.RawIOBase):
    """A sink that hands on what was written and goes on counting: a Parquet writer only appends and asks
    where it is."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        written = bytes(chunk)
        self._chunks.append(written)
        self._position += len(written)
        return len(written)

    def tell(self) -> int:
        return self._position

    def drained(self) -> bytes:
        chunks, self._chunks = self._chunks, []
        return b"".join(chunks)
