"""Groups of settings: of a channel, of the workers, of webhooks, of a broker; `service/settings.py` reads
them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from channels.provider import OptionalSecret, OptionalText

SANDBOX = "sandbox"
"""The adapter that reaches nobody; its record lies in the service's own store."""


class ChannelSettings(BaseModel):
    """`FORBEAR_<CHANNEL>__…`."""

    adapter: str = SANDBOX
    """The sandbox, or a registered provider that serves the channel."""
    fallback: OptionalText = None
    """The adapter that takes over while the first one's provider is away: another provider's, or the second
    account of one."""
    rate_per_second: float | None = Field(default=None, gt=0)
    """Hand-overs per second, all workers together; no limit of ours without it."""
    concurrency: int = Field(default=64, ge=1, le=1000)
    """Hand-overs at a time with each adapter, all workers together."""

    @property
    def adapters(self) -> tuple[str, ...]:
        """The one to be tried first at the head."""
        return (self.adapter,) if self.fallback is None else (self.adapter, self.fallback)


class VoiceSettings(ChannelSettings):
    """`FORBEAR_VOICE__…`."""

    concurrency: int = Field(default=16, ge=1, le=1000)


class EmailSettings(ChannelSettings):
    """`FORBEAR_EMAIL__…`."""

    concurrency: int = Field(default=32, ge=1, le=1000)


class ContactSettings(BaseModel):
    """`FORBEAR_CONTACT__…`: how a borrower reaches the lender where a creditor has no profile of its own."""

    phone: OptionalText = None
    email: OptionalText = None
    url: OptionalText = None


class WorkerSettings(BaseModel):
    """`FORBEAR_WORKER__…`."""

    batch: int = Field(default=200, ge=1, le=1000)
    """Deliveries claimed in one transaction."""
    loops: int = Field(default=3, ge=1, le=16)
    """Claim loops in one process."""
    lease_seconds: float = Field(default=30.0, ge=2)
    poll_seconds: float = Field(default=1.0, gt=0)
    """The net under LISTEN: how long a due delivery can go unseen."""
    send_timeout_seconds: float = Field(default=10.0, gt=0)
    drain_seconds: float = Field(default=15.0, ge=0)
    """How long SIGTERM waits for what was handed over."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where `forbear worker` shows its metrics, on the service's host; nowhere without it."""


class WebhookSettings(BaseModel):
    """`FORBEAR_WEBHOOKS__…`."""

    allow_networks: str = ""
    """Private and special networks that webhooks may reach, separated by commas; there plain http is taken
    too."""
    keep_days: int = Field(default=30, ge=4)
    """How long events can be sent again, and attempts can be read."""


class SourceSettings(BaseModel):
    """`FORBEAR_SOURCE__…`: the broker of `forbear consume`."""

    url: OptionalSecret = None
    """amqp://, amqps://, kafka:// or sqs://."""
    name: OptionalText = None
    """The queue or topic."""
    key_id: OptionalText = None
    """The API key whose role and creditors hold for what comes."""
    batch: int = Field(default=128, ge=1, le=1000)
    """Messages that are stored in one transaction at the most."""
    keep_days: int = Field(default=30, ge=1, le=366)
    """How long an idempotency key is remembered: longer than the broker can send a message again."""
