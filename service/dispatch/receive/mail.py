"""Whatever comes to the mailbox that our mails name: reports become receipts, complaints end the mails, and
letters are messages.

The mail names our attempt, or a borrower's mailbox; who can name neither is a stranger, and what a stranger
writes is logged. Nothing that can be read as a mail is refused: a mail server would take a refusal for the
end of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from channels.email.incoming import Complaint, Incoming, Report, read_mail
from channels.email.letter import Letter
from channels.email.report import choose, receipt_for
from channels.receipt import Inbound, Receipt
from service.dispatch.receive.letters import AUTOMATIC
from service.dispatch.receive.mail_of_cells import find_named, take_said
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.receive.unmatched import unmatched_entry
from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.ids import AttemptId
from service.log.append import append
from service.store.attempts import Locked

IDS = re.compile(r"ntc_[0-9a-f]{48}\.email\.\d{1,4}(?!\d)", re.IGNORECASE)
"""An e-mail attempt's id, wherever it stands."""
TAKEN_FOR = {
    "failed": "bounce",
    "delivered": "delivered",
    "delayed": "delayed",
    "relayed": "automatic",
    "expanded": "automatic",
}
"""A server that passed a mail on owes no further word, and nobody knows of a mailbox: it settles nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEffect:
    """What a mail was, and did."""

    taken_for: str
    """`bounce`, `delivered`, `delayed`, `complaint`, `message` or `automatic`."""
    delivery_id: str | None = None
    """The delivery that it is about, where it names one."""
    effect: str | None = None
    """What a report did: `advanced`, `repeated` or `conflict`."""
    state: str | None = None
    """The attempt's state after a report."""
    meaning: str | None = None
    """What a letter was read as."""


async def take_mail(runtime: Runtime, octets: bytes) -> MailEffect | None:
    """Take one mail; returns after the commit. None for octets that are no mail."""
    mail = await asyncio.to_thread(read_mail, octets, IDS)
    if mail is None:
        return None
    named = await find_named(runtime, _ids(mail))
    attempt = named.attempt
    match mail.content:
        case Report() as report:
            if named.surer:
                raise Unavailable("the cell that this report is about cannot be reached", retry_after=1)
            return await _take_report(runtime, report, attempt)
        case Complaint() as complaint:
            await take_said(runtime, complaint, named)
            return MailEffect(taken_for="complaint", delivery_id=_delivery(attempt))
        case Letter() as letter:
            meaning = await take_said(runtime, letter, named)
            automatic = letter.automatic and meaning == AUTOMATIC.kind
            taken_for = "automatic" if automatic else "message"
            return MailEffect(taken_for=taken_for, delivery_id=_delivery(attempt), meaning=meaning)


def _ids(mail: Incoming) -> list[AttemptId]:
    """The ids that a mail names, the surest first."""
    return [one for text in mail.about if (one := AttemptId.parse(text)) is not None][:MOST_IDS]


MOST_IDS = 20


MAILBOX = "mailbox"
"""Who reports, in the log: whatever server filled the sender's mailbox."""


def _delivery(attempt: AttemptId | None) -> str | None:
    return None if attempt is None else str(attempt.delivery)


async def _take_report(runtime: Runtime, report: Report, attempt: AttemptId | None) -> MailEffect:
    if attempt is None:
        said, _ = choose(report.said, lambda _: False)
        taken_for = TAKEN_FOR[said.action]
        inbound = Inbound(
            provider=MAILBOX, ref=taken_for, from_address="", to_address="", words="", channel="email"
        )
        async with runtime.database.transaction() as connection:
            await append(connection, [unmatched_entry(inbound, taken_for, runtime.clock.now())])
        return MailEffect(taken_for=taken_for)

    def told(row: Locked) -> Receipt:
        digest = row.address_digest
        return receipt_for(
            report.said, lambda one: runtime.vault.address_digest(one) == digest, attempt=str(attempt)
        )

    effect = await take_receipt(runtime, attempt, told, source=f"provider:{MAILBOX}")
    taken_for = TAKEN_FOR.get(effect.reason or "", "automatic")
    return MailEffect(
        taken_for=taken_for, delivery_id=_delivery(attempt), effect=effect.effect, state=effect.state
    )
