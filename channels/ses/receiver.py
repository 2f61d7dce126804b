"""What SES tells of its mails through SNS: bounces, complaints, deliveries. Nothing is believed before the
signature of the account's own topic holds.

A topic posts to one URL for the whole account; which attempt an event is about stands in the tag that the
mail carried (`channels/ses/tag.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from channels.callback import (
    Callback,
    Complained,
    Forged,
    Greeted,
    NoSuchCallback,
    Reply,
    Unreadable,
)
from channels.email.refusals import judge
from channels.message import Channel
from channels.receipt import Inbound, Progress, Receipt
from channels.script import Script
from channels.ses.sns import ASKS, Fetch, Topics, fetched
from channels.ses.tag import TAG, token_of

PERMANENT = "Permanent"
NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "virus"})
"""Feedback that is none of the person's."""
PLAIN: Mapping[str, tuple[Progress, str | None]] = {
    "Send": (Progress.ACCEPTED, None),
    "DeliveryDelay": (Progress.ACCEPTED, None),
    "Delivery": (Progress.DELIVERED, "delivered"),
    "Reject": (Progress.UNDELIVERED, "bounced"),
    "Rendering Failure": (Progress.UNDELIVERED, "bounced"),
    "Open": (Progress.DELIVERED, "delivered"),
    "Click": (Progress.DELIVERED, "delivered"),
    "Subscription": (Progress.DELIVERED, "delivered"),
}
"""What an event says that is neither a bounce nor a complaint."""


class SesReceiver:
    """The topics whose events are believed."""

    def __init__(self, topics: Sequence[str], fetch: Fetch = fetched) -> None:
        """`topics`: their ARNs; `fetch` brings what Amazon's hosts hold."""
        self._topics = Topics(list(topics), fetch)

    async def prepare(self, callback: Callback) -> None:
        """Fetch the certificate; a topic that asks whether this URL is ours is told so. Raises
        CallbackError."""
        if callback.kind != Channel.EMAIL or callback.step is not None:
            raise NoSuchCallback
        fields = self._topics.read(callback.body)
        await self._topics.prepare(fields)
        if fields["Type"] == ASKS:
            self._topics.verify(fields)
            await self._topics.confirm(fields)

    def verify(self, callback: Callback) -> None:
        """The signature of one of the topics. Raises CallbackError."""
        try:
            fields = self._topics.read(callback.body)
        except Unreadable:
            raise Forged("the signature does not fit") from None
        self._topics.verify(fields)

    def parse(self, callback: Callback) -> Receipt | Complained | Greeted:
        """What it says. Raises CallbackError."""
        fields = self._topics.read(callback.body)
        if fields["Type"] == ASKS:
            return Greeted()
        event = _event(fields)
        kind, mail = str(event.get("eventType") or ""), _of(event, "mail")
        ref = str(mail.get("messageId") or "")
        if kind == "Complaint":
            about = str(_of(event, "complaint").get("complaintFeedbackType") or "abuse").lower()
            return _plain("Delivery", ref) if about in NO_COMPLAINT else Complained(kind=about[:32])
        if kind == "Bounce":
            return _bounced(_of(event, "bounce"), ref)
        if kind in PLAIN:
            return _plain(kind, ref)
        raise Unreadable("/Message/eventType", f"one of Bounce, Complaint, {', '.join(PLAIN)}")

    def token_of(self, callback: Callback) -> str:
        """The token that the mail's tag brought back. Raises CallbackError."""
        tags = _of(_of(_event(self._topics.read(callback.body)), "mail"), "tags")
        given = tags.get(TAG)
        value = given[0] if isinstance(given, list) and given else given
        if not isinstance(value, str) or not value:
            raise Unreadable(f"/Message/mail/tags/{TAG}", "the tag that our mails carry")
        return token_of(value)

    def parse_inbound(self, callback: Callback) -> Inbound:
        """Nothing: what people write comes to the sender's mailbox."""
        del callback
        raise NoSuchCallback

    def reply(self, script: Script | None, receipt_url: str) -> Reply:
        """An empty answer."""
        del script, receipt_url
        return Reply(body="", media_type="text/plain")


def _event(fields: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        event = orjson.loads(fields.get("Message", ""))
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict):
        raise Unreadable("/Message", "an event of SES, as a configuration set publishes it")
    return event


def _of(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _plain(kind: str, ref: str) -> Receipt:
    progress, outcome = PLAIN[kind]
    return _receipt(ref, progress, outcome, None, kind)


def _bounced(bounce: Mapping[str, Any], ref: str) -> Receipt:
    """A mailbox is dead by the same words as in any other mail that came back; what passes was tried again by
    SES itself for hours, and is not tried again."""
    many = bounce.get("bouncedRecipients")
    first = many[0] if isinstance(many, list) and many and isinstance(many[0], Mapping) else {}
    status, words = str(first.get("status") or ""), str(first.get("diagnosticCode") or "")
    found = judge(status, words)
    permanent = bounce.get("bounceType") == PERMANENT
    dead = permanent and found.dead
    reason = "-".join(str(bounce.get(name) or "unknown")[:32] for name in ("bounceType", "bounceSubType"))
    outcome = "not_in_service" if dead else "bounced"
    code = found.code or status[:16] or None
    return _receipt(ref, Progress.UNDELIVERED, outcome, code, reason, dead=dead)


def _receipt(
    ref: str, progress: Progress, outcome: str | None, code: str | None, reason: str, *, dead: bool = False
) -> Receipt:
    digest = hashlib.sha256(f"{ref}\0{progress}\0{code or ''}\0{reason}".encode()).hexdigest()[:32]
    return Receipt(
        provider="ses",
        ref=ref,
        progress=progress,
        outcome=outcome,
        code=code,
        reason=reason,
        digest=digest,
        address_dead=dead,
        raw={"event": reason, **({} if code is None else {"code": code})},
    )
