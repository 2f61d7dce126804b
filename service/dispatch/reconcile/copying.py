"""Copies what belongs to buckets from one cell to another while both work: a first pass along the borrowers'
keys, then again and again whatever was touched since.

What is copied waits in a table of the target that nobody else reads: no worker claims it, no list shows it,
no message reaches it before the bucket is the target's. Each page is read in one snapshot; repeated after a
crash it replaces what it brought before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from service.dispatch.number_limits.directory import enter
from service.dispatch.runtime import Runtime
from service.errors import SetupError, Unavailable
from service.failpoints import reach
from service.store import cell_arrivals, cell_moves, cell_rows
from service.store.cell_moves import Move, Touched
from service.store.cell_rows import Keyed, Statements, Whole

AT_A_TIME = 100
"""Borrowers that are copied in one transaction."""
TOUCHED_AT_A_TIME = 1000
KEYS_AT_A_TIME = 5000
COMPARED_AT_A_TIME = 1000
NEAR = 50
"""Touched rows so few that the bucket can be stopped."""
Progress = Callable[[int], None]
"""Hears how many borrowers were copied, each time."""


@dataclass(slots=True)
class Copying:
    """The copying of one move."""

    source: Runtime
    target: Runtime
    move: Move
    progress: Progress = lambda _: None
    _statements: Statements | None = field(default=None)
    _seen: dict[UUID, bytes] = field(default_factory=dict)
    """Of borrowers who were not touched since: what they came to in the source, read once more after they
    were copied."""

    async def statements(self) -> Statements:
        """Over the columns of both cells. Raises SetupError where they differ."""
        if self._statements is None:
            async with self.source.database.connection() as connection:
                ours = await cell_rows.columns_of(connection)
            async with self.target.database.connection() as connection:
                theirs = await cell_rows.columns_of(connection)
            if ours != theirs:
                raise SetupError("the two cells have different schemas: run forbear migrate, then go on")
            self._statements = Statements(ours)
        return self._statements

    async def copy_all(self) -> None:
        """The first pass: goes on behind the last borrower that arrived."""
        for bucket in self.move.buckets:
            async with self.target.database.connection() as connection:
                after = await cell_arrivals.last_arrived(connection, bucket)
            _, [last] = cell_rows.bounds([bucket])
            while True:
                async with self.source.database.connection() as connection:
                    ids = await cell_rows.page(connection, after, last, AT_A_TIME)
                if not ids:
                    break
                await self._bring(ids)
                after = ids[-1]
                self.progress(len(ids))
                reach("move.page")
        statements = await self.statements()
        for table in cell_rows.SPACES:
            async with self.source.database.transaction() as connection:
                await cell_rows.begin(connection)
                rows = await statements.keyed(table, touched=False).all(connection, list(self.move.buckets))
            await self._keep_keyed(table, [], rows)

    async def catch_up(self) -> int:
        """Copy again what was touched; how much that was. At most one page: what is written meanwhile is the
        next one's."""
        statements = await self.statements()
        keyed: dict[str, tuple[list[tuple[str, bytes]], list[Keyed]]] = {}
        async with (
            self.source.database.connection() as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            await cell_rows.begin(connection)
            found = await cell_moves.touched(connection, TOUCHED_AT_A_TIME)
            ids = sorted({one.borrower_id for one in found if one.borrower_id is not None})
            whole = await statements.whole().all(connection, ids) if ids else []
            for table, keys in _by_table(found).items():
                query = statements.keyed(table, touched=True)
                rows = await query.all(connection, [one for one, _ in keys], [one for _, one in keys])
                keyed[table] = keys, rows
        for one in ids:
            self._seen.pop(one, None)
        await self._stage(whole)
        for table, (keys, rows) in keyed.items():
            await self._keep_keyed(table, keys, rows)
        async with self.source.database.transaction() as connection:
            await cell_moves.copied(connection, [one.entry_no for one in found])
        return len(found)

    async def _bring(self, ids: Sequence[UUID]) -> None:
        statements = await self.statements()
        async with self.source.database.transaction() as connection:
            await cell_rows.begin(connection)
            rows = await statements.whole().all(connection, list(ids))
        await self._stage(rows)

    async def _stage(self, rows: Sequence[Whole]) -> None:
        """The directory first: whoever reaches for a number finds the target before it has the profile."""
        digests = {digest for row in rows for digest in _numbers(row)}
        await enter(self.target, digests)
        async with self.target.database.transaction() as connection:
            await cell_arrivals.stage(connection, rows)

    async def _keep_keyed(
        self, table: str, touched: Sequence[tuple[str, bytes]], rows: Sequence[Keyed]
    ) -> None:
        here = {(row.space, row.digest) for row in rows}
        gone = [key for key in touched if key not in here]
        for start in range(0, max(1, len(rows)), KEYS_AT_A_TIME):
            async with self.target.database.transaction() as connection:
                if start == 0 and gone:
                    await cell_arrivals.unstage_keyed(connection, self.move.move_no, table, gone)
                some = rows[start : start + KEYS_AT_A_TIME]
                await cell_arrivals.stage_keyed(connection, self.move.move_no, table, some)

    async def compare_ahead(self) -> None:
        """Read every borrower of the source once more while it works, and compare those who are not touched
        meanwhile, so that little is left for when it stands still. Raises Unavailable where one lies in the
        target as in the source none does."""
        await self._read_all()
        while await self.catch_up() > NEAR:
            pass
        ids = sorted(self._seen)
        for start in range(0, len(ids), COMPARED_AT_A_TIME):
            some = ids[start : start + COMPARED_AT_A_TIME]
            async with self.target.database.connection() as connection:
                found = await cell_arrivals.arrived_as(connection, some)
            wrong = sum(self._seen[one] != found.get(one) for one in some)
            if wrong:
                raise self.differs(wrong)

    def differs(self, borrowers: int) -> Unavailable:
        """The refusal of what did not arrive as it is."""
        detail = f"{borrowers} borrowers arrived, and not as they are in cell {self.source.cell}"
        return Unavailable(f"move {self.move.move_no}: {detail}; nothing was given", retry_after=60)

    async def source_digest(self) -> bytes:
        """Over everything that the source has now, in the order of the borrowers' keys; to be asked while it
        stands still and nothing touched is left. Who was read before and not touched since is not read
        again."""
        return b"".join([self._seen[one] for one in await self._read_all()])

    async def _read_all(self) -> list[UUID]:
        """The source's borrowers in the order of their keys; what each comes to is known afterwards."""
        statements = await self.statements()
        async with self.source.database.connection() as connection:
            ids = await cell_rows.every(connection, self.move.buckets)
        unknown = [one for one in ids if one not in self._seen]
        for start in range(0, len(unknown), COMPARED_AT_A_TIME):
            some = unknown[start : start + COMPARED_AT_A_TIME]
            async with self.source.database.transaction() as connection:
                await cell_rows.begin(connection)
                self._seen.update(await statements.digests().all(connection, some))
        return ids


def _by_table(found: Sequence[Touched]) -> dict[str, list[tuple[str, bytes]]]:
    keys: dict[str, set[tuple[str, bytes]]] = {}
    for one in found:
        if one.table_name is not None:
            keys.setdefault(one.table_name, set()).add((one.space or "", one.digest or b""))
    return {table: sorted(some) for table, some in keys.items()}


def _numbers(row: Whole) -> list[bytes]:
    """The digests of a borrower's telephone numbers."""
    return [
        bytes.fromhex(one["digest"].removeprefix("\\x"))
        for one in orjson.loads(row.content)["addresses"]
        if one["channel"] != "email"
    ]
