"""Renders an allowed delivery into the message that will be handed over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from channels.content.render import NoticeText, NotOnChannel, render
from channels.message import (
    Channel,
    Content,
    EmailContent,
    Message,
    SmsContent,
    VoiceContent,
    WhatsAppContent,
)
from channels.senders import door_of, sender_of
from service.dispatch.decide.reserved import Reserved
from service.dispatch.governance.wording import text_of
from service.dispatch.number_limits.hourly import SANDBOX
from service.dispatch.runtime import Runtime
from service.ids import AttemptId, DeliveryId, NoticeId
from service.ids import notice_text as id_of_notice
from service.model.category import category_of
from service.store.attempts import AttemptKey
from service.vault import authenticate

RECEIPT = "receipt"
UNSUBSCRIBE = "unsubscribe"
LONGEST_HOLD = timedelta(hours=4)
SHORTEST_HOLD = timedelta(minutes=1)


def attempt_id(key: AttemptKey) -> AttemptId:
    """The public id of an attempt."""
    return AttemptId(DeliveryId(NoticeId(key.borrower_id, key.notice_no), key.channel), key.number)


def public_id(key: AttemptKey) -> str:
    """The same in its public form."""
    return f"{id_of_notice(key.borrower_id.hex, key.notice_no)}.{key.channel}.{key.number}"


def compose(runtime: Runtime, reserved: Reserved, at: datetime) -> Message:
    """The exact message of an attempt. Raises what rendering raises: the delivery is then held, never sent
    half-made."""
    id_ = public_id(reserved.key)
    channel = Channel(reserved.key.channel)
    template = runtime.in_force.template(reserved.template, reserved.template_version)
    unsubscribe = (
        f"{runtime.base_url}/v1/unsubscribe/{runtime.vault.sign(UNSUBSCRIBE, id_)}"
        if channel is Channel.EMAIL
        else None
    )
    content = render(template, notice_text(runtime, reserved, unsubscribe), channel, reserved.language)
    if isinstance(content, WhatsAppContent):
        _check_approved(content, reserved)
    return Message(
        attempt_id=id_,
        channel=channel,
        to=reserved.decrypted.profile.addresses[channel].address,
        language=reserved.language,
        content=content,
        created_at=at,
        receipt_url=_receipt_url(runtime, door_of(reserved.adapter), reserved.key.channel, id_),
        unsubscribe_url=unsubscribe,
        in_session=reserved.in_session,
        valid_for=max(SHORTEST_HOLD, min(LONGEST_HOLD, reserved.until - at)),
    )


def _check_approved(content: WhatsAppContent, reserved: Reserved) -> None:
    """Raise NotOnChannel for words that the provider would not take: they were not approved for this
    account, and the person has not written within the day."""
    if reserved.adapter == SANDBOX or reserved.adapter in content.approved or reserved.in_session:
        return
    raise NotOnChannel(
        f"the template {reserved.template} names no approved text for {reserved.adapter} in "
        f"{reserved.language}"
    )


def receipt_url(runtime: Runtime, door: str, key: AttemptKey) -> str:
    """Where a provider reports about an attempt; its token proves that we sent it there, and is good at this
    door alone."""
    return _receipt_url(runtime, door, key.channel, public_id(key))


def _receipt_url(runtime: Runtime, door: str, channel: str, id_: str) -> str:
    token = runtime.vault.sign(receipt_purpose(door), id_)
    return f"{runtime.base_url}/v1/receipts/{door}/{channel}/{token}"


def receipt_purpose(door: str) -> str:
    """What the token of a receipt's URL is signed for. What a sender's account signs must not settle what
    went through another's: its tokens are its own."""
    return f"{RECEIPT} {door}" if sender_of(door) else RECEIPT


def notice_text(runtime: Runtime, reserved: Reserved, unsubscribe: str | None) -> NoticeText:
    """What the template may say."""
    return text_of(
        runtime.in_force,
        reserved.decrypted.debt,
        borrower_name=reserved.decrypted.profile.name or "",
        days_past_due=reserved.days_past_due,
        sender_role=reserved.sender_role,
        first_communication=reserved.first_communication,
        unsubscribe_url=unsubscribe,
    )


def body_digest(content: Content, to: str, data_key: bytes) -> bytes:
    """Fixes the exact bytes that an attempt hands over, before it does; keyed, so that erasure makes it
    mute."""
    match content:
        case SmsContent():
            text = content.body
        case EmailContent():
            text = "\0".join((content.subject, content.text, content.html))
        case VoiceContent():
            text = content.notice.canonical()
        case WhatsAppContent():
            text = content.canonical()
        case never:
            assert_never(never)
    return digest_of_text(text, to, data_key)


def digest_of_text(text: str, to: str, data_key: bytes) -> bytes:
    """The same of a text, such as the one that a provider's list shows."""
    return authenticate(data_key, f"{to}\0{text}".encode())


def resend_allowed(category: str) -> bool:
    """Whether twice is better than never for this category."""
    return category_of(category).resend_unknown
