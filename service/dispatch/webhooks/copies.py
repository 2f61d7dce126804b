"""Brings home's webhook endpoints to every other cell, which writes, relays and sends its own events to them.

What a person says of an endpoint is home's: a change, a new secret, that it is disabled or deleted. How it
fares a cell finds out by itself, and where a receiver ends it (410, 72 hours without an answer) home is told,
and through it the others."""

from __future__ import annotations

import structlog

from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.store import webhooks
from service.store.webhooks import Endpoint

log = structlog.get_logger("webhooks")

SAID = ("url", "types", "creditor", "description", "secret", "previous_secret", "previous_until")
"""What of an endpoint only a person changes."""


async def copy_endpoints(runtime: Runtime) -> None:
    """Bring every cell that can be reached to what home has. Never raises for one that is away."""
    if runtime.joined is None:
        return
    for cell in runtime.joined.all[1:]:
        try:
            await _copy_to(runtime.joined.home, cell)
        except Unavailable as error:
            log.warning("webhooks", action="endpoints.wait", cell=cell.cell, detail=error.detail)


async def _copy_to(home: Runtime, cell: Runtime) -> None:
    async with home.database.connection() as connection:
        wanted = {one.endpoint_id: one for one in await webhooks.every(connection)}
    async with cell.database.connection() as connection:
        known = {one.endpoint_id: one for one in await webhooks.every(connection)}
    changed = {id_: row for id_, one in wanted.items() if (row := _row(one, known.get(id_))) is not None}
    gone = known.keys() - wanted.keys()
    if changed or gone:
        async with cell.database.transaction() as connection:
            for id_, row in changed.items():
                await (webhooks.update if id_ in known else webhooks.insert)(connection, row)
            for id_ in gone:
                await webhooks.delete(connection, id_)
            await webhooks.write_events(connection)
    for id_, one in known.items():
        if id_ in wanted and _ended(wanted[id_], one):
            await _end(home, one)


def _row(wanted: Endpoint, known: Endpoint | None) -> Endpoint | None:
    """The row that a cell should have; None where it has it."""
    if known is None:
        return wanted
    if _ended(wanted, known):
        return None
    row = known._replace(**{name: getattr(wanted, name) for name in SAID})
    if wanted.enabled != known.enabled:
        row = row._replace(
            enabled=wanted.enabled, disabled_reason=wanted.disabled_reason, failures=0, failing_since=None
        )
    return None if row == known else row


def _ended(wanted: Endpoint, known: Endpoint) -> bool:
    """Whether the receiver ended it after the last word that a person said of it at home."""
    return wanted.enabled and not known.enabled and known.updated_at > wanted.updated_at


async def _end(home: Runtime, one: Endpoint) -> None:
    async with home.database.transaction() as connection:
        row = await webhooks.one(connection, one.endpoint_id, lock=True)
        if row is not None and _ended(row, one):
            ended = row._replace(
                enabled=False, disabled_reason=one.disabled_reason, updated_at=one.updated_at
            )
            await webhooks.update(connection, ended)
