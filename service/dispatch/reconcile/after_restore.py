"""After a restore: what left since the backup, as the providers list it, is written where the restored store
does not know it.

What borrowers wrote meanwhile, an opt-out above all, is taken too.

Each such message becomes a contact of every borrower who has its address, so that the caps count it; and what
may have been it is held for a person: whatever waits for that borrower on that channel and was due by then. A
message near an attempt whose outcome is not known is left to the look-up of that attempt. Repeatable: the
provider's id is the event's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels.adapter import Adapter, Listed, ListedInbound
from service.dispatch.receive.inbound import take_inbound
from service.dispatch.reconcile.restored import CHUNK, Line, Part, Seen
from service.dispatch.reconcile.unknown import sweep_lapsed
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.errors import Conflict, Unavailable
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import quota

SILENT = timedelta(seconds=10)
"""A worker without a beat for so long runs no more."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What was found, and written where it was applied."""

    since: datetime
    applied: bool
    lines: list[Line] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


async def reconcile_since(
    runtime: Runtime,
    adapters: Mapping[str, Sequence[Adapter]],
    actor: Actor,
    *,
    since: datetime,
    apply: bool,
    hold_unlisted: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Ask every provider what left since an instant; write what is not known only with `apply`.

    `hold_unlisted`: hold also what was due on channels whose provider keeps no list. Raises Conflict while a
    worker runs, which would send what is to be held; Unavailable where a provider does not answer: what was
    written until then stays, and a repeat goes on."""
    if apply:
        await each(runtime, _check_still)
        for cell in runtime.cells.all:
            while await sweep_lapsed(cell):
                pass
    report = Report(since=since, applied=apply)
    for adapter in (one for some in adapters.values() for one in some):
        messages = adapter.list_since(since)
        line = Line(channel=str(adapter.channel), adapter=adapter.name, can_list=messages is not None)
        report.lines.append(line)
        run = _Run(runtime, actor, line, apply=apply)
        if messages is not None:
            await run.compare(messages, progress)
        elif hold_unlisted:
            for part in run.parts:
                await part.hold_due()
    if apply:
        public = {"since": since.isoformat(), "lines": [asdict(line) for line in report.lines]}
        async with runtime.database.transaction() as connection:
            await append(
                connection,
                [Entry.of("store.reconciled", runtime.clock.now(), actor.name, public=public)],
            )
    return report


async def _check_still(runtime: Runtime) -> None:
    """Raise Conflict while a worker runs on a cell."""
    async with runtime.database.connection() as connection:
        if await quota.living(connection, SILENT):
            raise Conflict("a worker runs on this store: stop it first, it may send what is to be held")


class _Run:
    """One adapter's messages, over every cell."""

    def __init__(self, runtime: Runtime, actor: Actor, line: Line, *, apply: bool) -> None:
        self._runtime = runtime
        self._line = line
        self._apply = apply
        self._inbound: list[ListedInbound] = []
        self.parts = [Part(cell, actor, line, apply=apply) for cell in runtime.cells.all]

    async def compare(
        self, messages: AsyncIterator[Listed | ListedInbound], progress: Callable[[int], None]
    ) -> None:
        """Go through a provider's list."""
        chunk: list[Listed] = []
        async for one in _told(messages, self._line.adapter):
            if isinstance(one, ListedInbound):
                self._inbound.append(one)
                continue
            chunk.append(one)
            if len(chunk) == CHUNK:
                await self._compare(chunk)
                progress(len(chunk))
                chunk = []
        await self._compare(chunk)
        progress(len(chunk))
        await self._hear()

    async def _compare(self, chunk: Sequence[Listed]) -> None:
        """What one cell knows of a message, all do; what none does is a contact in each that has its
        borrowers."""
        self._line.listed += len(chunk)
        seen = [await part.look(chunk) for part in self.parts]
        fresh: list[Listed] = []
        for place, one in enumerate(chunk):
            found = {some[place] for some in seen}
            if found == {Seen.STRANGER}:
                self._line.strangers += 1
            elif Seen.KNOWN in found:
                self._line.known += 1
            elif Seen.UNSETTLED in found:
                self._line.unsettled += 1
            elif Seen.UNKNOWN in found:
                self._line.unknown += 1
                fresh.append(one)
            else:
                self._line.known += 1  # it was written down by an earlier run, wherever it has a borrower
        for part in self.parts:
            await part.take(fresh)

    async def _hear(self) -> None:
        """Take what borrowers wrote, in the order in which they did: the last word stands. It is too late to
        confirm an opt-out."""
        for one in sorted(self._inbound, key=lambda each: each.at):
            known = [found for part in self.parts if (found := await part.knows(one)) is not None]
            if known and all(known):
                continue
            if not known and any([await part.knows_stranger(one) for part in self.parts]):
                continue
            self._line.inbound += 1
            if self._apply:
                await take_inbound(self._runtime, one.inbound, confirm=False)


async def _told(
    messages: AsyncIterator[Listed | ListedInbound], adapter: str
) -> AsyncIterator[Listed | ListedInbound]:
    """What a provider lists. Raises Unavailable where it does not."""
    try:
        async for one in messages:
            yield one
    except Exception as error:
        raise Unavailable(
            f"{adapter} did not say what it sent ({type(error).__name__}): try again"
        ) from error
