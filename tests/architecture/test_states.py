"""docs/states.md is what the service does: every event is tried in every state on a real PostgreSQL, and the
tables are compared."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from channels.adapter import CannotTell
from channels.content.shipped import shipped_templates
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress, Receipt
from policies.verdict import Kind
from service.clock import MovableClock
from service.dispatch.audit.notices import cancel_notice
from service.dispatch.decide.decision import STATES as STATE_OF_VERDICT
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
from service.model.delivery import FINAL, AttemptState, DeliveryState
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
        rows = await queue.claim(connection, at=at, limit=1000, channels=[case.key.channel])
    if any(row.borrower_id == case.key.borrower_id for row in rows):
        await case.change("deliveries", "state = 'claimed'")


async def mark(case: Case) -> None:
    async with case.runtime.database.transaction() as connection:
        mark_, at = attempts.Mark(case.key, b"digest", None), case.runtime.clock.now()
        await attempts.dial(connection, [mark_], at=at, send_within=15)


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


@pytest.fixture(scope="module")
def seen(server_url: str, template_database: str) -> Iterator[dict[tuple[str, str, str], str]]:
    """Everything tried once, on a database of its own."""

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run(f"CREATE DATABASE forbear_states TEMPLATE {template_database}"))
    try:
        yield asyncio.run(try_everything(re.sub(r"/[^/?]*(?=\?|$)", "/forbear_states", server_url, count=1)))
    finally:
        asyncio.run(run("DROP DATABASE forbear_states WITH (FORCE)"))


def table(seen: dict[tuple[str, str, str], str], kind: str) -> str:
    """One table of docs/states.md. An empty cell: nothing moves."""
    events = list(EVENTS[kind])
    lines = [f"| delivery / attempt | {' | '.join(events)} |", "| --- |" + " --- |" * len(events)]
    for situation in SITUATIONS:
        cells = [
            "" if seen[kind, event, situation] == situation else seen[kind, event, situation]
            for event in events
        ]
        lines.append(f"| {situation} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def document(root: Path) -> str:
    return (root / "docs" / "states.md").read_text()


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_in_every_state_has_the_answer_that_the_document_gives(
    kind: str, seen: dict[tuple[str, str, str], str], document: str
) -> None:
    """The tables of docs/states.md are what happens, late, double and impossible events included."""
    expected = table(seen, kind)
    assert expected in document, expected


def arrows(document: str, heading: str) -> list[tuple[str, str, str]]:
    """The arrows of the diagram under a heading: from, to, label."""
    diagram = document.split(f"## {heading}\n", 1)[1].split("```mermaid\n", 1)[1].split("```", 1)[0]
    return re.findall(r"^ *(\S+) --> (\S+) *: *(.+)$", diagram, re.MULTILINE)


def moves(seen: dict[tuple[str, str, str], str], side: int) -> set[tuple[str, str, str]]:
    """Every move that was seen, of deliveries (0) or attempts (1): from, to, event."""
    found = set()
    for (_, event, situation), after in seen.items():
        found.add((situation.split(" / ")[side], after.split(" / ")[side], event))
    claimable = {before for before, after, _ in found if after == "claimed"}
    verdicts = {
        (before, STATE_OF_VERDICT[kind].value, f"verdict: {kind.value}")
        for before in claimable
        for kind in Kind
    }
    return found | verdicts if side == 0 else found | {("[*]", "reserved", "verdict: allow")}


@pytest.mark.parametrize(
    ("heading", "side", "states"), [("The delivery", 0, DeliveryState), ("The attempt", 1, AttemptState)]
)
def test_every_arrow_of_the_diagrams_is_a_move_that_happens(
    heading: str,
    side: int,
    states: type[DeliveryState | AttemptState],
    seen: dict[tuple[str, str, str], str],
    document: str,
) -> None:
    """No diagram shows a way that the service does not go, and none leaves a state out."""
    drawn = [
        (before, after, event)
        for before, after, label in arrows(document, heading)
        for event in label.split(" or ")
    ]
    begins = {("[*]", "due", "accepted"), ("[*]", "deferred", "accepted for later")}
    assert [] == [
        arrow for arrow in drawn if arrow not in moves(seen, side) | (begins if side == 0 else set())
    ]
    assert {state.value for state in states} == {state for arrow in drawn for state in arrow[:2]} - {"[*]"}


def test_nothing_leaves_a_final_state_but_by_a_receipt(seen: dict[tuple[str, str, str], str]) -> None:
    """Only the provider's own word moves a delivery that has ended; no sweep and no person does."""
    final = {state.value for state in FINAL}
    ended = {
        one for one in SITUATIONS if one.split(" / ")[0] in final and one.split(" / ")[1] not in OPEN_ATTEMPTS
    }
    left = {kind for (kind, _, before), after in seen.items() if before in ended and after != before}
    assert {"receipts"} == left


def test_an_attempt_that_may_have_gone_is_never_sent_again_blindly(
    seen: dict[tuple[str, str, str], str],
) -> None:
    """Out of `unknown` a delivery becomes due only by a person, or by a category for which twice is better
    than never."""
    due = {
        event
        for (_, event, before), after in seen.items()
        if before.endswith("/ unknown") and after.startswith("due /")
    }
    assert {"person: decide again", "nothing learned, twice beats never"} == due


def test_every_open_attempt_stands_in_a_known_situation(seen: dict[tuple[str, str, str], str]) -> None:
    """No event leaves an attempt in flight where no further event would look for it."""
    open_after = {after for after in seen.values() if after.split(" / ")[1] in OPEN_ATTEMPTS}
    assert set() == open_after - set(SITUATIONS) - ENDED


ENDED = {"cancelled / accepted", "cancelled / held_by_provider"}
"""The delivery was ended; its attempt counts, and is asked about by its own look-ups."""
