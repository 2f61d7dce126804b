"""Step (11): every checkpoint that the store keeps is what its entries give, signed by a key of this log, and
under the
name that the log had then. Who takes a head away, changes one, or lets the log sign under another name
without an entry that tells of it, is found where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import orjson

from service.log.verify import CheckpointInvalid, Finding, KeptCheckpoint, read_by_any
from service.store import log_archives
from service.store.database import Database
from service.store.log_archives import SignedSize

PAGE = 500
RENAMED = b"log_origin.changed"


class StoredCheckpoints:
    """The stored checkpoints in the order of their size. Ask `due` with each size that the tree reaches."""

    def __init__(self, database: Database, keys: Sequence[str], *, first: int) -> None:
        """`keys` are every key that signed; without any, roots alone are looked at. `first` is the first
        entry that was not archived: names that changed before it cannot be followed."""
        self._database = database
        self._keys = keys
        self._first = first
        self._page: list[SignedSize] = []
        self._name = ""
        self._names = set[str]()
        self.due = 0
        """The size of the next one; 0 where there is none."""

    async def begin(self) -> None:
        """Read the first of them."""
        await self._read(0)

    async def _read(self, after: int) -> None:
        async with self._database.connection() as connection:
            self._page = (await log_archives.heads(connection, after, PAGE))[::-1]
        self.due = self._page[-1].size if self._page else 0

    def hear(self, line: bytes) -> None:
        """Take note of an entry that tells of another name; the line was verified."""
        if RENAMED in line:
            with suppress(KeyError, TypeError):
                leaf = orjson.loads(orjson.loads(line)["leaf"])
                if leaf["kind"] == RENAMED.decode():
                    self._names.add(leaf["public"]["to"])

    async def wrong(self, root: bytes) -> Finding | None:
        """What is wrong with the one that is due, at whose size the tree has this root; then the next is
        due."""
        head = self._page.pop()
        self.due = self._page[-1].size if self._page else 0
        if not self._page:
            await self._read(head.size)
        return self._look(head, root)

    def _look(self, head: SignedSize, root: bytes) -> Finding | None:
        def finding(what: str) -> Finding:
            return Finding(index=head.size - 1, what=f"the stored checkpoint of {head.size} entries {what}")

        if head.root != root:
            return finding("is not what its entries give")
        if not self._keys:
            return None
        try:
            read = read_by_any(head.note, self._keys)
        except CheckpointInvalid as error:
            return finding(f"is none of this log: {error}")
        if read != KeptCheckpoint(size=head.size, root=root):
            return finding("has a note that says otherwise")
        before, self._name = self._name, head.note.partition("\n")[0]
        if before and self._name not in {before, *self._names} and head.size > self._first:
            return finding(f"is under the name {self._name}, and no entry tells that it follows {before}")
        return None
