"""Plays the sandbox provider's part: keeps what was "sent" in the store and gives its receipts when they are
due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson

from channels.receipt import Progress, Receipt
from channels.sandbox.adapter import SandboxMessage
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each, in_order
from service.ids import AttemptId
from service.store import borrowers, sandbox
from service.vault import decrypt, encrypt

SANDBOX_CONTEXT = b"sandbox"
RECEIPTS = 200


class StoredSandbox:
    """The record behind the sandbox adapters; channels.sandbox.adapter.SandboxProvider."""

    def __init__(self, runtime: Runtime) -> None:
        """Keep messages in the runtime's store."""
        self._runtime = runtime

    async def record(self, message: SandboxMessage) -> bool:
        """Keep a message; False when the attempt was recorded before."""
        attempt = AttemptId.parse(message.attempt_id)
        if attempt is None:
            return False
        borrower = attempt.delivery.notice.borrower
        async with self._runtime.of(borrower).database.transaction() as connection:
            row = (await borrowers.profiles(connection, [borrower])).get(borrower)
            if row is None or row.data_key is None:
                return False
            key = self._runtime.vault.unwrap(row.data_key)
            plan = [_planned(delay, receipt) for delay, receipt in message.receipts]
            return await sandbox.record(
                connection,
                borrower=borrower,
                attempt_id=message.attempt_id,
                channel=message.channel,
                ref=message.ref,
                at=message.created_at,
                encrypted=encrypt(key, orjson.dumps(_shown(message)), context=SANDBOX_CONTEXT),
                plan=plan,
                next_receipt_at=_due(message.created_at, plan, 0),
            )

    async def find(self, attempt_id: str) -> Receipt | None:
        """The last word that the provider has on an attempt, or None where it knows none."""
        attempt = AttemptId.parse(attempt_id)
        if attempt is None:
            return None
        borrower = attempt.delivery.notice.borrower
        async with self._runtime.of(borrower).database.connection() as connection:
            row = await sandbox.find(connection, borrower, attempt_id)
        if row is None:
            return None
        given = row.plan[: max(1, row.sent_receipts)]
        return _receipt(row.ref, given[-1], 0) if given else None

    async def pump(self, runtime: Runtime | None = None) -> int:
        """Give the receipts that are due in a cell; returns how many."""
        runtime = runtime or self._runtime
        at = runtime.clock.now()
        async with runtime.database.connection() as connection:
            rows = await sandbox.take_due(connection, at, RECEIPTS)
        for row in rows:
            attempt = AttemptId.parse(row.attempt_id)
            position = row.sent_receipts
            if attempt is not None and position < len(row.plan):
                receipt = _receipt(row.ref, row.plan[position], position)
                await take_receipt(runtime, attempt, receipt, source="provider:sandbox")
            async with runtime.database.transaction() as connection:
                await sandbox.advance(
                    connection,
                    row.borrower_id,
                    row.attempt_id,
                    position + 1,
                    _due(row.created_at, row.plan, position + 1),
                )
        return len(rows)


def _planned(delay: timedelta, receipt: Receipt) -> dict[str, Any]:
    return {
        "after_seconds": delay.total_seconds(),
        "progress": receipt.progress.value,
        "outcome": receipt.outcome,
        "code": receipt.code,
        "reason": receipt.reason,
        "digest": receipt.digest,
        "opted_out": receipt.opted_out,
        "address_dead": receipt.address_dead,
    }


def _receipt(ref: str, planned: dict[str, Any], position: int) -> Receipt:
    return Receipt(
        provider="sandbox",
        ref=ref,
        progress=Progress(planned["progress"]),
        outcome=planned["outcome"],
        code=planned["code"],
        reason=planned["reason"],
        digest=planned["digest"] or f"{ref}.{position}",
        opted_out=planned["opted_out"],
        address_dead=planned["address_dead"],
    )


def _due(created_at: datetime, plan: list[dict[str, Any]], position: int) -> datetime | None:
    if position >= len(plan):
        return None
    return created_at + timedelta(seconds=plan[position]["after_seconds"])


def _shown(message: SandboxMessage) -> dict[str, Any]:
    return {"to": message.to, "language": message.language, "content": message.shown()}


async def list_sandbox_messages(
    runtime: Runtime,
    *,
    channel: str | None,
    borrower: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """What was "sent", newest first, opened for reading."""
    key = None if borrower is None else runtime.vault.borrower_key(borrower)

    async def ask(cell: Runtime) -> list[sandbox.Listed]:
        async with cell.database.connection() as connection:
            return await sandbox.list_messages(
                connection, channel=channel, borrower=key, after=after, limit=limit
            )

    rows = in_order(await each(runtime, ask), lambda row: (row.created_at, row.attempt_id), limit)
    items: list[dict[str, Any]] = []
    for row in rows:
        if row.data_key is None:
            continue
        shown = orjson.loads(
            decrypt(runtime.vault.unwrap(row.data_key), row.encrypted, context=SANDBOX_CONTEXT)
        )
        attempt = AttemptId.parse(row.attempt_id)
        items.append(
            {
                "attempt": row.attempt_id,
                "notice": str(attempt.delivery.notice) if attempt else None,
                "channel": row.channel,
                "to": shown["to"],
                "language": shown["language"],
                **shown["content"],
                "ref": row.ref,
                "at": row.created_at,
                "receipts": row.plan[: row.sent_receipts],
            }
        )
    return items
