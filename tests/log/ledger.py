"""The log of one database, and hands to write and sequence it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from service.log.append import Entry, append
from service.log.export import export
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.sequence import sequence_once
from service.store.attempts import AttemptKey
from service.vault import new_key

KEY = new_key()
TOGETHER = 20


@dataclass(slots=True)
class Ledger:
    """The log of one database, and hands to write and sequence it."""

    api: Any

    async def write(self, count: int, *, first: int = 0) -> None:
        """Append entries of several kinds in small transactions."""
        numbers = range(first, first + count)
        for start in range(0, count, TOGETHER):
            async with self.api.runtime.database.transaction() as connection:
                await append(connection, [self.entry(one) for one in numbers[start : start + TOGETHER]])

    def entry(self, number: int) -> Entry:
        """An entry that differs from every other."""
        return Entry.of_delivery(
            ("decision", "attempt.settled", "notice.accepted")[number % 3],
            self.api.clock.now() + timedelta(seconds=number),
            "system",
            AttemptKey(UUID(int=1 + number % 11), number // 3, "sms", 1),
            verdict="allow" if number % 3 == 0 else None,
            policies=("house-strict@1",) if number % 3 == 0 else (),
            public={"number": number},
            detail={"secret": f"detail {number}"},
            data_key=KEY,
        )

    async def sequence(self) -> str:
        """Sequence what is there; the new checkpoint."""
        async with self.api.runtime.database.connection() as connection:
            await sequence_once(connection, self.api.runtime.vault)
        note = await latest_checkpoint(self.api.runtime.database)
        assert note is not None
        return note

    async def keys(self) -> Sequence[str]:
        """The verifier keys, the newest first."""
        return await current_verifier_keys(self.api.runtime.database, self.api.runtime.vault)

    async def lines(self) -> list[bytes]:
        """The whole export."""
        return b"".join([chunk async for chunk in export(self.api.runtime.database, "jsonl")]).splitlines(
            keepends=True
        )

    async def sql(self, statement: str, *values: Any) -> Any:
        """What an operator with a database client can do."""
        async with self.api.runtime.database.connection() as connection:
            return await connection.fetch(statement, *values)
