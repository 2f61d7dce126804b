"""The sandbox provider: behaves like a real one, reaches nobody, and shows what it "sent". docs/sandbox.md
lists its magic addresses.

Its record lives behind `SandboxProvider`, so that a crash loses nothing that a real provider would keep:
receipts are planned when a message is taken and given when they are due."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from channels.adapter import Absent, Found, Sighting, Sought
from channels.message import (
    BY_MACHINE,
    Channel,
    Content,
    EmailContent,
    Medium,
    Message,
    SmsContent,
    VoiceContent,
    WhatsAppContent,
)
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress, Receipt

MAGIC_NUMBERS = "+1500555"
MAGIC_DOMAIN = "sandbox.example"
SOON = timedelta(seconds=0.3)
LATE = timedelta(seconds=20)

Planned = tuple[timedelta, Receipt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What the sandbox does with one magic address."""

    says: str
    """For docs/sandbox.md."""
    receipts: tuple[tuple[timedelta, Progress, str | None, str | None], ...] = ()
    """Delay, progress, contact outcome, code; in the order in which they are given."""
    answer: str = "accept"
    """`accept`, `reject:<cause>:<code>`, `busy`, `suspended`, `lost` (taken, no answer), `vanish` (not taken,
    no answer), `hold`."""
    opted_out: bool = False
    address_dead: bool = False


def _ends(
    progress: Progress, outcome: str | None, code: str | None = None, after: timedelta = SOON
) -> tuple[Any, ...]:
    return ((after, progress, outcome, code),)


_D, _U = Progress.DELIVERED, Progress.UNDELIVERED
MAGIC: Mapping[str, Behaviour] = MappingProxyType(
    {
        "0001": Behaviour(says="delivered, like any other address", receipts=_ends(_D, "delivered")),
        "0002": Behaviour(says="busy: the line is busy, or the provider's queue is", receipts=_ends(_U,
        "busy")),
        "0003": Behaviour(says="no answer: it rings and nobody answers", receipts=_ends(_U,
        "rang_no_answer")),
        "0004": Behaviour(says="voicemail: a machine takes the message", receipts=_ends(_D,
        "voicemail_left")),
        "0005": Behaviour(says="conversation: a person answers", receipts=_ends(_D, "conversation")),
        "0006": Behaviour(says="bounce: accepted, then not delivered", receipts=_ends(_U, "bounced",
        "30003")),
        "0007": Behaviour(says="permanent failure: the address is invalid", answer="reject:address:21211"),
        "0008": Behaviour(says="time-out: the provider takes it and never answers", answer="lost",
        receipts=_ends(_D, "delivered")),
        "0009": Behaviour(says="time-out: the provider does not take it and never answers", answer="vanish"),
        "0010": Behaviour(says="rate limit: the provider takes nothing the first time, then everything",
        answer="busy", receipts=_ends(_D, "delivered")),
        "0011": Behaviour(says="opted out at the provider", answer="reject:opted_out:21610"),
        "0012": Behaviour(says="a landline: no text message can reach it", answer="reject:address:21614"),
        "0013": Behaviour(says="delivered late, after 20 s", receipts=_ends(_D, "delivered", after=LATE)),
        "0014": Behaviour(
            says="receipts twice and backwards",
            receipts=((SOON, _D, "delivered", None), (SOON, Progress.ACCEPTED, None, None), (SOON, _D,
                "delivered", None)),
        ),
        "0015": Behaviour(
            says="held by the provider until a time of its own, then delivered", answer="hold",
            receipts=((SOON, Progress.HELD, None, None), (timedelta(seconds=3), _D, "delivered", None)),
        ),
        "0016": Behaviour(says="no receipt ever comes; a look-up finds it delivered", receipts=()),
        "0017": Behaviour(says="not in service: the provider learns it later", receipts=_ends(_U,
        "not_in_service", "30005"), address_dead=True),
        "0018": Behaviour(
            says=(
                "the provider account is suspended the first time: the channel stands still for some "
                "seconds"
            ), answer="suspended",
            receipts=_ends(_D, "delivered"),
        ),
    }
)  # fmt: skip
"""Telephone numbers are `+1500555` and these four digits; mailboxes at sandbox.example have the names
below."""

MAILBOXES: Mapping[str, str] = MappingProxyType(
    {
        "delivered": "0001", "bounce": "0006", "invalid": "0007", "timeout-taken": "0008",
        "timeout-lost": "0009", "busy": "0010",
        "opted-out": "0011", "late": "0013", "backwards": "0014", "held": "0015", "silent": "0016",
        "gone": "0017", "account": "0018",
    }
)  # fmt: skip

ORDINARY = {Channel.SMS: "0001", Channel.EMAIL: "0001", Channel.VOICE: "0004", Channel.WHATSAPP: "0001"}


def behaviour_of(channel: Channel, to: str) -> Behaviour:
    """What the sandbox does with an address."""
    if channel is Channel.EMAIL:
        name, _, domain = to.rpartition("@")
        code = MAILBOXES.get(name.lower()) if domain.lower() == MAGIC_DOMAIN else None
    else:
        code = to.removeprefix(MAGIC_NUMBERS) if to.startswith(MAGIC_NUMBERS) else None
    return MAGIC.get(code or "", MAGIC[ORDINARY[channel]])


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxMessage:
    """One message as the sandbox provider keeps it."""

    attempt_id: str
    channel: Channel
    to: str = field(repr=False)
    language: str
    content: Content = field(repr=False)
    ref: str
    created_at: datetime
    receipts: Sequence[Planned]

    def shown(self) -> dict[str, Any]:
        """The content as `GET /v1/sandbox/messages` shows it."""
        match self.content:
            case SmsContent(body=body, segments=segments, encoding=encoding):
                return {"text": body, "segments": segments, "encoding": encoding}
            case EmailContent(subject=subject, text=text, html=html):
                return {"subject": subject, "text": text, "html": html}
            case VoiceContent(text=text, opening=opening, message=message):
                keys = {key: branch.value for key, branch in opening.branches.items()}
                return {"text": text, "opening": opening.words, "message": message.words, "keys": keys}
            case WhatsAppContent(text=text, variables=variables):
                return {"text": text, "variables": dict(variables)}


class SandboxProvider(Protocol):
    """Where the sandbox keeps what it took."""

    async def record(self, message: SandboxMessage) -> bool:
        """Keep a message; False when this attempt was kept before."""

    async def find(self, attempt_id: str) -> Receipt | None:
        """The last word on an attempt; None where it was never taken."""


class MemoryProvider:
    """A record in memory: for tests and rehearsals without a store."""

    def __init__(self) -> None:
        """Empty."""
        self.messages: dict[str, SandboxMessage] = {}

    async def record(self, message: SandboxMessage) -> bool:
        """Keep a message."""
        fresh = message.attempt_id not in self.messages
        self.messages.setdefault(message.attempt_id, message)
        return fresh

    async def find(self, attempt_id: str) -> Receipt | None:
        """The last planned receipt, or delivered where none is planned."""
        message = self.messages.get(attempt_id)
        if message is None:
            return None
        return (
            message.receipts[-1][1]
            if message.receipts
            else receipt_of(message.ref, Progress.DELIVERED, "delivered", None)
        )


def receipt_of(
    ref: str,
    progress: Progress,
    outcome: str | None,
    code: str | None,
    *,
    opted_out: bool = False,
    address_dead: bool = False,
) -> Receipt:
    """A receipt of the sandbox; equal words have equal digests."""
    digest = hashlib.sha256(f"{ref}|{progress}|{outcome}|{code}".encode()).hexdigest()[:32]
    return Receipt(
        provider="sandbox",
        ref=ref,
        progress=progress,
        outcome=outcome,
        code=code,
        reason=outcome or progress.value,
        digest=digest,
        opted_out=opted_out,
        address_dead=address_dead,
    )


_ONCE: Mapping[str, Outcome] = MappingProxyType(
    {
        "busy": Busy(code="20429", reason="too many requests", retry_after=timedelta(seconds=1)),
        "suspended": Rejected(
            cause=RefusalCause.ACCOUNT, code="30002", reason="the provider account is suspended"
        ),
    }
)
"""What a delivery hears at its first attempt. An account that stayed suspended would keep everybody else's
messages waiting."""


class SandboxAdapter:
    """One channel of the sandbox provider."""

    def __init__(self, channel: Channel, provider: SandboxProvider) -> None:
        """`provider` keeps the messages."""
        self.name = "sandbox"
        self.channel = channel
        self.medium: Medium = BY_MACHINE[channel]
        """As through a provider whose machines speak."""
        self._provider = provider
        self._refused_once: set[str] = set()

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Take the message, or do what its magic address says; a time-out is told at once instead of being
        waited for."""
        behaviour = behaviour_of(self.channel, message.to)
        if behaviour.answer.startswith("reject:"):
            _, cause, code = behaviour.answer.split(":")
            return Rejected(cause=RefusalCause(cause), code=code, reason=behaviour.says)
        delivery = message.attempt_id.rpartition(".")[0]
        if behaviour.answer in _ONCE and delivery not in self._refused_once:
            self._refused_once.add(delivery)
            return _ONCE[behaviour.answer]
        if behaviour.answer == "vanish":
            return Unknown(code="timeout", reason=f"no answer within {timeout:g} s")
        ref = f"SB{hashlib.sha256(message.attempt_id.encode()).hexdigest()[:32]}"
        await self._provider.record(self._kept(message, ref, behaviour))
        if behaviour.answer == "lost":
            return Unknown(code="timeout", reason=f"no answer within {timeout:g} s")
        return Accepted(ref=ref, held=behaviour.answer == "hold")

    def _kept(self, message: Message, ref: str, behaviour: Behaviour) -> SandboxMessage:
        plan = tuple(
            (
                delay,
                receipt_of(
                    ref,
                    progress,
                    outcome,
                    code,
                    opted_out=behaviour.opted_out,
                    address_dead=behaviour.address_dead,
                ),
            )
            for delay, progress, outcome, code in behaviour.receipts
        )
        return SandboxMessage(
            attempt_id=message.attempt_id,
            channel=self.channel,
            to=message.to,
            language=message.language,
            content=message.content,
            ref=ref,
            created_at=message.created_at,
            receipts=plan,
        )

    async def look_up(self, sought: Sought) -> Sighting:
        """What the provider's record says."""
        receipt = await self._provider.find(sought.attempt_id)
        return Absent() if receipt is None else Found(receipt=receipt)

    def list_since(self, since: datetime) -> None:
        """None: its record lies in our own store, and is as old as that is."""
        del since

    async def close(self) -> None:
        """Nothing to end."""
