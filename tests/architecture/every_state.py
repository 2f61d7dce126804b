"""Every event tried in every state of a delivery and its attempt, on a real store."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from channels.adapter import CannotTell
from channels.content.shipped import shipped_templates
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress, Receipt
from service.clock import MovableClock
from service.dispatch.audit.notices import cancel_notice
from service.dispatch.decide.next_step import RECEIPT_OVERDUE
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.reconcile import unknown
from service.dispatch.reconcile.review_queue import Release, release
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.in_force import Contact, InForce
from service.dispatch.send.dial import put_off
from service.dispatch.send.settle import Sent, settle
from service.errors import NotFound
from service.ids import AttemptId, DeliveryId, NoticeId
from service.model.actor import SYSTEM_ACTOR
from service.model.transition import WORDS
from service.packs import shipped
from service.store import attempts, erasure, queue
from service.store.attempts import AttemptKey
from service.store.database import open_database
from service.store.keyring import open_vault

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


NONE = "none"


TOKEN = 7


SITUATIONS = (
    "due / none",
    "due / released",
    "deferred / none",
    "deferred / refused",
    "sending / reserved",
    "sending / dialing",
    "accepted / accepted",
    "held_by_provider / held_by_provider",
    "unknown / unknown",
    "held / none",
    "held / unknown",
    "delivered / delivered",
    "undelivered / undelivered",
    "rejected / refused",
    "suppressed / none",
    "exhausted / refused",
    "expired / none",
    "cancelled / none",
    "cancelled / released",
    "cancelled / unknown",
)
"""The pairs of states that a delivery and its latest attempt can be in, a closed attempt standing for every
closed one."""


OPEN_ATTEMPTS = ("reserved", "dialing", "accepted", "held_by_provider", "unknown")


@dataclass(slots=True)
class Case:
    """One delivery in one situation, and what is done to it."""

    runtime: Runtime
    connection: asyncpg.Connection
    key: AttemptKey

    @property
    def attempt(self) -> AttemptId:
        return AttemptId(self.delivery, self.key.number)

    @property
    def delivery(self) -> DeliveryId:
        return DeliveryId(NoticeId(self.key.borrower_id, self.key.notice_no), self.key.channel)

    async def change(self, table: str, assignment: str) -> None:
        """Prepare the rows of this case alone."""
        await self.connection.execute(
            f"UPDATE {table} SET {assignment} WHERE borrower_id = $1", self.key.borrower_id
        )


Deed = Callable[[Case], Awaitable[object]]


def receipt(word: str, outcome: str | None = None) -> Deed:
    async def deed(case: Case) -> None:
        words = Receipt(
            provider="test",
            ref="",
            progress=Progress(word),
            outcome=outcome,
            code=None,
            reason="",
            digest=f"{word}{case.key.borrower_id}",
        )
        await take_receipt(case.runtime, case.attempt, words, source="provider:test")

    return deed


def outcome(answer: Outcome, *, failures: int = 0) -> Deed:
    async def deed(case: Case) -> None:
        await case.change("deliveries", f"failures = {failures}")
        await settle(case.runtime, [Sent(key=case.key, outcome=answer, at=case.runtime.clock.now())])

    return deed


async def claim(case: Case) -> None:
    """Stands for a claim: the state shown is `sending` where a worker may take the delivery and the verdict
    is `allow`."""
    async with case.runtime.database.transaction() as connection:
        at = case.runtime.clock.now()
        rows = await queue.claim(connection, at=at, limit=1000, routes=[(case.key.channel, "")])
    if any(row.borrower_id == case.key.borrower_id for row in rows):
        await case.change("deliveries", "state = 'claimed'")


async def mark(case: Case) -> None:
    async with case.runtime.database.transaction() as connection:
        mark_, at = attempts.Mark(case.key, b"digest", None), case.runtime.clock.now()
        await attempts.dial(connection, [mark_], at=at, send_within=15, look_in=RECEIPT_OVERDUE)


async def give_back(case: Case) -> None:
    async with case.runtime.database.transaction() as connection:
        await attempts.give_back(connection, [case.key], at=case.runtime.clock.now(), reason="test")


async def number_full(case: Case) -> None:
    at = case.runtime.clock.now()
    async with case.runtime.database.transaction() as connection:
        await put_off(connection, {case.key: at + timedelta(hours=1)}, at, "too many")


async def lapse(case: Case) -> None:
    await case.change("deliveries", "lease_until = now() - interval '1 second'")
    await case.change("attempts", "send_by = now() - interval '1 second'")
    await unknown.sweep_lapsed(case.runtime)


async def expire(case: Case) -> None:
    await case.change("deliveries", "expires_at = '2026-11-24 16:00Z'")
    await unknown.sweep_expired(case.runtime)


async def cancel(case: Case) -> None:
    await cancel_notice(case.runtime, case.delivery.notice, SYSTEM_ACTOR)


async def erase(case: Case) -> None:
    async with case.runtime.database.transaction() as connection:
        await erasure.erase(connection, case.key.borrower_id, case.runtime.clock.now())


def person(how: Release) -> Deed:
    async def deed(case: Case) -> None:
        try:
            await release(case.runtime, [case.delivery], SYSTEM_ACTOR, reason="test", how=how)
        except NotFound:
            return

    return deed


def nothing_learned(category: str) -> Deed:
    async def deed(case: Case) -> None:
        await case.change("attempts", "looked_up = 99")
        await case.change("notices", f"category = '{category}'")
        await unknown._note_sighting(case.runtime, case.key, CannotTell(reason="the provider keeps no list"))

    return deed


EVENTS: dict[str, dict[str, Deed]] = {
    "receipts": {word: receipt(word) for word in WORDS} | {"line busy": receipt("undelivered", "busy")},
    "outcomes": {
        "Accepted": outcome(Accepted(ref="r")),
        "Accepted, held": outcome(Accepted(ref="r", held=True)),
        "Rejected": outcome(Rejected(cause=RefusalCause.OURS, code="c", reason="r")),
        "Busy": outcome(Busy(code="c", reason="r")),
        "Busy, last try": outcome(Busy(code="c", reason="r"), failures=99),
        "Unknown": outcome(Unknown(code="c", reason="r")),
    },
    "others": {
        "claim": claim,
        "mark": mark,
        "give back": give_back,
        "number full": number_full,
        "lease lapses": lapse,
        "nothing learned": nothing_learned("collection"),
        "nothing learned, twice beats never": nothing_learned("fraud_alert"),
        "expiry": expire,
        "cancel": cancel,
        "erasure": erase,
        "person: decide again": person(Release.DECIDE_AGAIN),
        "person: close": person(Release.CLOSE),
        "person: delivered": person(Release.DELIVERED),
    },
}


CHANNEL_OF = {"line busy": "voice"}


TABLES = ("borrowers", "notices", "deliveries", "attempts", "receipts", "log_entries")


INSERTS = (
    """INSERT INTO borrowers (borrower_id, profile_digest, language, created_at, updated_at) VALUES ($1, '',
    'en', $2, $2)""",
    """INSERT INTO notices (borrower_id, notice_no, accepted_at, accepted_by, creditor, category, template,
    template_version, sender_role,
           fan_out, wait, channels, debt_id, days_past_due, expires_at, sealed)
       VALUES ($1, 1, $2, 'system', 'c', 'collection', 't', 1, 'original_creditor', 'all', '1 day', ARRAY[$3],
       'd', 1, $4, '')""",
    """INSERT INTO deliveries (borrower_id, notice_no, channel, state, due_at, first_due_at, priority,
    creditor, expires_at, updated_at,
           lease_token, lease_until)
       VALUES ($1, 1, $3, $5, CASE WHEN $5 IN ('due', 'deferred') THEN $2::timestamptz END, $2, 4, 'c', $4,
       $2,
           CASE WHEN $5 = 'sending' THEN 7 END, CASE WHEN $5 = 'sending' THEN now() + interval '1 hour'
           END)""",
    """INSERT INTO attempts (borrower_id, notice_no, channel, number, state, at, reserved_at, lease_token,
    decided_revision, adapter,
           address_digest, debt_id, creditor, category, dialed_at, medium)
       VALUES ($1, 1, $3, 1, $6, $2, $2, 7, 1, 'test', '', 'd', 'c', 'collection', $2, $3)""",
)


async def lay(connection: asyncpg.Connection, borrower: UUID, situation: str, channel: str) -> None:
    """Store one delivery in one situation."""
    delivery, attempt = situation.split(" / ")
    values = {1: borrower, 2: NOON, 3: channel, 4: NOON + timedelta(days=7), 5: delivery, 6: attempt}
    for statement in INSERTS if attempt != NONE else INSERTS[:-1]:
        used = sorted({int(number) for number in re.findall(r"\$(\d)", statement)})
        places = {f"${number}": f"${used.index(number) + 1}" for number in used}
        renumbered = re.sub(r"\$\d", lambda match, places=places: places[match[0]], statement)  # type: ignore[misc]
        await connection.execute(renumbered, *(values[number] for number in used))


async def see(connection: asyncpg.Connection, borrower: UUID) -> str:
    """The situation in which a delivery is now."""
    row = await connection.fetchrow(
        "SELECT d.state, (SELECT a.state FROM attempts a WHERE a.borrower_id = $1 ORDER BY number DESC "
        "LIMIT 1) AS attempt"
        " FROM deliveries d WHERE d.borrower_id = $1",
        borrower,
    )
    return f"{row['state']} / {row['attempt'] or NONE}"  # type: ignore[index]


async def try_everything(url: str) -> dict[tuple[str, str, str], str]:
    """What each event makes of each situation: (kind, event, situation) to situation."""
    clock = MovableClock(NOON)
    database = await open_database(url, connections=2)
    in_force = InForce(
        shipped_policies=shipped(),
        shipped_templates=shipped_templates(),
        names=None,
        contact=Contact(phone="+12025550100"),
    )
    async with database.connection() as connection:
        vault = await open_vault(connection, b"k" * 32)
    runtime = Runtime(
        database=database, vault=vault, clock=clock, in_force=in_force, base_url="https://forbear.example.com"
    )
    connection = await asyncpg.connect(url)
    numbers = itertools.count(1)
    found = {}
    for kind, events in EVENTS.items():
        for (event, deed), situation in itertools.product(events.items(), SITUATIONS):
            borrower, channel = UUID(int=next(numbers)), CHANNEL_OF.get(event, "sms")
            await lay(connection, borrower, situation, channel)
            await deed(Case(runtime=runtime, connection=connection, key=AttemptKey(borrower, 1, channel, 1)))
            found[kind, event, situation] = await see(connection, borrower)
            for name in TABLES:
                await connection.execute(f"DELETE FROM {name}")
    await connection.close()
    await database.close()
    return found
