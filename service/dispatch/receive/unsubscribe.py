"""The link in every e-mail: reading it shows, only acting acts (RFC 8058), and it never wears out.

The token is our signed attempt id, so that it needs no table and tells nothing about the person.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.dispatch.events.record import NewEvent, Origin, reach_others, record
from service.dispatch.runtime import Runtime
from service.dispatch.send.compose import UNSUBSCRIBE
from service.errors import NotFound
from service.ids import AttemptId
from service.store import answers, borrowers
from service.store.attempts import AttemptKey
from service.store.events import EventRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What an unsubscribe link is about."""

    creditor: str
    channel: str
    language: str
    opted_out: bool


def read_token(runtime: Runtime, token: str) -> AttemptKey:
    """The attempt behind a link. Raises NotFound for a link that we did not sign."""
    text = runtime.vault.read_signed(UNSUBSCRIBE, token)
    attempt = AttemptId.parse(text) if text is not None else None
    if attempt is None:
        raise NotFound("this link is not valid")
    notice = attempt.delivery.notice
    return AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)


async def describe(runtime: Runtime, token: str) -> Subscription:
    """What the page shows; changes nothing."""
    key = read_token(runtime, token)
    async with runtime.of(key.borrower_id).database.connection() as connection:
        row = await answers.subscription(connection, key)
    return _subscription(runtime, key, row)


def _subscription(runtime: Runtime, key: AttemptKey, row: answers.Subscription | None) -> Subscription:
    if row is None:
        raise NotFound("this link is not valid")
    return Subscription(
        creditor=runtime.in_force.creditor(row.creditor).name,
        channel=key.channel,
        language=row.language,
        opted_out=row.opted_out,
    )


async def act(runtime: Runtime, token: str, *, via: str) -> Subscription:
    """Opt the address out of its channel, for all debts. Repeatable."""
    key, at = read_token(runtime, token), runtime.clock.now()
    runtime = runtime.of(key.borrower_id)
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [key.borrower_id])
        row = await answers.subscription(connection, key)
        before = _subscription(runtime, key, row)
        if row is None or before.opted_out:
            return before
        event = EventRow(
            borrower_id=key.borrower_id,
            event_id=f"unsubscribe_{key.notice_no}_{at.timestamp():.0f}",
            at=at,
            learned_at=at,
            type="opt_out",
            channel=key.channel,
            outcome=None,
            document={"scope": "address", "address": row.address_digest.hex(), "via": via},
            encrypted=None,
        )
        found = NewEvent(
            row=event,
            actor="borrower",
            data_key=runtime.vault.unwrap(row.data_key) if row.data_key is not None else None,
            origin=Origin(digest=row.address_digest, channel=key.channel),
            notice_no=key.notice_no,
            attempt=key.number,
            public={"via": via},
        )
        recorded = await record(connection, [found], at=at)
    await reach_others(runtime, recorded)
    return Subscription(
        creditor=before.creditor, channel=before.channel, language=before.language, opted_out=True
    )
