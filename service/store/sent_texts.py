"""SQL about the words that attempts handed over: what they were made of, and the digest that fixes them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.query import Query


class SentText(NamedTuple):
    """An attempt that handed something over, with what its words were made of."""

    channel: str
    number: int
    at: datetime
    template: str
    template_version: int
    sender_role: str
    language: str
    """The borrower's, as of now."""
    body_digest: bytes
    creditor: str


OF_NOTICE = Query(
    SentText,
    """
SELECT a.channel, a.number, a.at, n.template, n.template_version, n.sender_role, b.language, a.body_digest,
    n.creditor
FROM attempts a JOIN notices n USING (borrower_id, notice_no) JOIN borrowers b USING (borrower_id)
WHERE a.borrower_id = $1 AND a.notice_no = $2 AND a.body_digest IS NOT NULL
ORDER BY a.at, a.channel, a.number
""",
)


class GivenReceipt(NamedTuple):
    """A provider's later word about an attempt."""

    channel: str
    number: int
    at: datetime
    progress: str
    outcome: str | None
    code: str | None
    effect: str


RECEIPTS = Query(
    GivenReceipt,
    """
SELECT channel, number, at, progress, outcome, code, effect FROM receipts
WHERE borrower_id = $1 AND notice_no = $2 ORDER BY at, channel, number
""",
)


async def of_notice(connection: Connection, borrower: UUID, number: int) -> list[SentText]:
    """The attempts of a notice that handed something over, the oldest first."""
    return await OF_NOTICE.all(connection, borrower, number)


async def receipts(connection: Connection, borrower: UUID, number: int) -> list[GivenReceipt]:
    """What providers reported about a notice's attempts, the oldest first."""
    return await RECEIPTS.all(connection, borrower, number)
