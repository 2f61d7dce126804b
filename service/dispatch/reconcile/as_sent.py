"""The words as they were handed over: made again from what they were made of, and held against the digest
that was written before the hand-over. No text is kept; where something it was made of has changed since, the
page says so and shows none as the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

from channels.content.render import NotOnChannel, render
from channels.message import Channel, Content, EmailContent, SmsContent, VoiceContent, WhatsAppContent
from service.dispatch.decide.decrypted import Decrypted, Forgotten, decrypt_notice
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.governance.wording import text_of
from service.dispatch.runtime import Runtime
from service.dispatch.send.compose import UNSUBSCRIBE, body_digest
from service.errors import NotFound
from service.ids import AttemptId, DeliveryId, NoticeId
from service.model.actor import Actor
from service.store import open_notices, sent_texts
from service.store.sent_texts import GivenReceipt, SentText


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What one attempt handed over."""

    channel: str
    number: int
    parts: dict[str, str] = field(repr=False)
    """The parts of the message by name: `subject`, `text`; empty where it cannot be made again."""
    is_exact: bool
    """The digest of these words is the one that was written before the hand-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTexts:
    """The words of a notice's attempts, what providers said of each, and the zone that its borrower's clock
    may show."""

    handed: dict[tuple[str, int], Handed]
    receipts: list[GivenReceipt]
    zones: tuple[str, ...]
    """Candidate zones of the borrower, by what the evidence says now."""


async def texts_of(runtime: Runtime, notice: NoticeId, actor: Actor) -> NoticeTexts:
    """The words of a notice's attempts. Raises NotFound, also where it is not the actor's business."""
    runtime = runtime.of(notice.borrower)
    async with runtime.database.connection() as connection:
        rows = await open_notices.read(connection, [(notice.borrower, notice.number)])
        if not rows or not actor.may_see(rows[0].creditor):
            raise NotFound("there is no such notice")
        sent = await sent_texts.of_notice(connection, notice.borrower, notice.number)
        receipts = await sent_texts.receipts(connection, notice.borrower, notice.number)
    opened = None
    if rows[0].data_key is not None:
        try:
            opened = decrypt_notice(ZoneCache(), rows[0], runtime.vault.unwrap(rows[0].data_key))
        except Forgotten:
            opened = None
    zones = () if opened is None else opened.subject.where.zones.values()
    return NoticeTexts(
        handed={(one.channel, one.number): _handed(runtime, notice, opened, one) for one in sent},
        receipts=receipts,
        zones=tuple(dict.fromkeys(name for some in zones for name in some)),
    )


def _handed(runtime: Runtime, notice: NoticeId, opened: Decrypted | None, row: SentText) -> Handed:
    nothing = Handed(channel=row.channel, number=row.number, parts={}, is_exact=False)
    if opened is None or row.channel not in opened.profile.addresses:
        return nothing
    try:
        template = runtime.in_force.template(row.template, row.template_version)
    except KeyError:
        return nothing
    to, channel = opened.profile.addresses[row.channel].address, Channel(row.channel)
    days = opened.subject.days_past_due_at(row.at)
    id_ = str(AttemptId(DeliveryId(notice, row.channel), row.number))
    unsubscribe = (
        f"{runtime.base_url}/v1/unsubscribe/{runtime.vault.sign(UNSUBSCRIBE, id_)}"
        if channel is Channel.EMAIL
        else None
    )
    shown = nothing
    for past, first in product((days, days - 1, days + 1), (False, True)):
        text = text_of(
            runtime.in_force,
            opened.debt,
            borrower_name=opened.profile.name or "",
            days_past_due=max(0, past),
            sender_role=row.sender_role,
            first_communication=first,
            unsubscribe_url=unsubscribe,
        )
        try:
            content = render(template, text, channel, row.language)
        except (NotOnChannel, ValueError):
            return nothing
        exact = body_digest(content, to, opened.data_key) == row.body_digest
        if exact or not shown.parts:
            shown = Handed(channel=row.channel, number=row.number, parts=_parts(content), is_exact=exact)
        if exact:
            return shown
    return shown


def _parts(content: Content) -> dict[str, Any]:
    match content:
        case SmsContent():
            return {"text": content.body}
        case EmailContent():
            return {"subject": content.subject, "text": content.text}
        case VoiceContent() | WhatsAppContent():
            return {"text": content.text}
