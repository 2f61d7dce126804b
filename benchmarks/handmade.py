"""What a team writes by hand in an afternoon, kept honest: FastAPI takes a notice, Celery on Redis sends it,
a count keeps the cap.

It has quiet hours, a template, an audit row, and late acknowledgement so that no task is lost with its
worker; it locks the borrower while it counts, without which two workers both see "2 of 3". It has no law, no
provable log and no write-ahead mark: after a kill it sends again what was between the send and the second
commit. `python -m benchmarks.handmade serve PORT`, or Celery's command for the worker; PEER_DATABASE and
PEER_BROKER say where its stores are."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import psycopg
import uvicorn
from celery import Celery
from fastapi import FastAPI
from jinja2 import Environment
from psycopg.types.json import Jsonb
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CAP, DAYS = 3, 7
OPENS, CLOSES = time(8), time(21)
TEXT = Environment(autoescape=False).from_string(
    "{{ name }}, your payment of {{ amount_due }} {{ currency }} to {{ creditor }} is {{ days_past_due }} "
    "days late. STOP ends messages."
)
TABLES = """
CREATE TABLE borrowers (id text PRIMARY KEY, name text NOT NULL, phone text NOT NULL, time_zone text NOT NULL,
    opted_out bool NOT NULL DEFAULT false);
CREATE TABLE notices (id uuid PRIMARY KEY, borrower_id text NOT NULL REFERENCES borrowers,
    document jsonb NOT NULL,
                      state text NOT NULL DEFAULT 'due', due_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE contacts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, borrower_id text NOT NULL,
    notice_id uuid NOT NULL,
                       at timestamptz NOT NULL, provider_ref text);
CREATE INDEX contacts_by_borrower ON contacts (borrower_id, at);
CREATE TABLE audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(),
    notice_id uuid NOT NULL,
                    what text NOT NULL, detail jsonb NOT NULL);
"""
queue = Celery("handmade", broker=os.environ.get("PEER_BROKER"))
queue.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=16,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)
_connection: psycopg.Connection | None = None


def store() -> psycopg.Connection:
    """The worker's one connection."""
    global _connection
    if _connection is None or _connection.closed:
        _connection = psycopg.connect(os.environ["PEER_DATABASE"])
    return _connection


def send(phone: str, text: str) -> str:
    """A provider that answers at once."""
    del phone, text
    return uuid4().hex


def audit(connection: psycopg.Connection, notice: str, what: str, detail: dict[str, Any]) -> None:
    connection.execute(
        "INSERT INTO audit (notice_id, what, detail) VALUES (%s, %s, %s)", (notice, what, Jsonb(detail))
    )


@queue.task(name="deliver")
def deliver(notice: str) -> None:
    """Decide and take the slot in one transaction, send, write the outcome in another."""
    connection = store()
    with connection.transaction():
        row = connection.execute(
            """SELECT n.document, b.id, b.name, b.phone, b.time_zone, b.opted_out FROM notices n
                JOIN borrowers b ON b.id = n.borrower_id
               WHERE n.id = %s AND n.state = 'due' FOR UPDATE OF n, b""",
            (notice,),
        ).fetchone()
        if row is None:
            return
        document, borrower, name, phone, zone, opted_out = row
        now = datetime.now(UTC)
        if (why := refusal(connection, borrower, zone, now, opted_out=opted_out)) is not None:
            later = now + timedelta(hours=1)
            connection.execute("UPDATE notices SET due_at = %s WHERE id = %s", (later, notice))
            audit(connection, notice, "deferred", {"reason": why})
            return
        connection.execute("UPDATE notices SET state = 'sending' WHERE id = %s", (notice,))
        connection.execute(
            "INSERT INTO contacts (borrower_id, notice_id, at) VALUES (%s, %s, %s)", (borrower, notice, now)
        )
        audit(connection, notice, "allowed", {"cap": CAP})
    ref = send(phone, TEXT.render(name=name, **document["debt"]))
    with connection.transaction():
        connection.execute("UPDATE notices SET state = 'sent' WHERE id = %s", (notice,))
        connection.execute(
            "UPDATE contacts SET provider_ref = %s WHERE notice_id = %s AND borrower_id = %s",
            (ref, notice, borrower),
        )
        audit(connection, notice, "sent", {"ref": ref})


def refusal(
    connection: psycopg.Connection, borrower: str, zone: str, now: datetime, *, opted_out: bool
) -> str | None:
    """Why nothing may go now; None where it may."""
    if opted_out:
        return "opted out"
    if not OPENS <= now.astimezone(ZoneInfo(zone)).time() < CLOSES:
        return "quiet hours"
    row = connection.execute(
        "SELECT count(*) FROM contacts WHERE borrower_id = %s AND at > %s",
        (borrower, now - timedelta(days=DAYS)),
    ).fetchone()
    return "cap" if row is None or row[0] >= CAP else None


class Borrower(BaseModel):
    id: str
    name: str
    time_zone: str
    addresses: dict[str, str]


class Notice(BaseModel):
    borrower: Borrower
    debt: dict[str, Any]
    category: str
    template: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The pool, as long as the application lives."""
    async with asyncpg.create_pool(os.environ["PEER_DATABASE"], min_size=4, max_size=16) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/notices", status_code=202)
async def accept(notice: Notice) -> dict[str, UUID]:
    """Store a notice and hand it to the queue."""
    id_, who = uuid4(), notice.borrower
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """INSERT INTO borrowers (id, name, phone, time_zone) VALUES ($1, $2, $3, $4)
               ON CONFLICT (id) DO UPDATE SET name = $2, phone = $3, time_zone = $4""",
            who.id, who.name, who.addresses["sms"], who.time_zone,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO notices (id, borrower_id, document) VALUES ($1, $2, $3)",
            id_,
            who.id,
            notice.model_dump_json(),
        )
    deliver.delay(str(id_))
    return {"id": id_}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
