"""What the HTTP face works with, built by the wiring and passed to `create_app`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from channels.callback import Receiver
from service.dispatch.intake.accept import Intake
from service.dispatch.runtime import Runtime
from service.log.cosignature import Witness


class SandboxMessages(Protocol):
    """Reads what the sandbox adapters "sent", newest first."""

    def __call__(
        self, *, channel: str | None, borrower: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> Awaitable[list[dict[str, Any]]]:
        """`borrower` is the upstream id; `after` the instant and attempt of the last item of the page
        before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLimits:
    """Bounds of one request."""

    body_bytes: int = 2 * 1024 * 1024
    batch_bytes: int = 8 * 1024 * 1024
    """For the routes that take up to 1,000 items."""
    mail_bytes: int = 128 * 1024 * 1024
    """For a mail: more than servers pass on, and little of it is kept in memory."""
    body_seconds: float = 20.0
    """From the first byte of a request to the last one of its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiState:
    """Everything that a request may need. One per process."""

    runtime: Runtime
    intake: Intake
    registry: CollectorRegistry
    bootstrap_key: str | None = field(default=None, repr=False)
    """An admin key that stands in no table (FORBEAR_BOOTSTRAP_KEY, or the one generated beside an embedded
    database)."""
    receivers: Mapping[str, Receiver] = field(default_factory=dict, repr=False)
    """By provider, what reads its callbacks; those of a provider without an account here are not found."""
    witnesses: tuple[Witness, ...] = ()
    """Whose cosignatures of checkpoints are taken."""
    sandbox_messages: SandboxMessages | None = None
    """None while no sandbox adapter is on."""
    sandbox_texts: bool = False
    """Whether texts leave through the sandbox alone: only then may a key reply as a borrower would."""
    limits: ApiLimits = ApiLimits()
    measure: Callable[[], Awaitable[None]] | None = None
    """Brings the metrics that come from the store up to date, where they are read; never raises."""
    pause: Callable[[float], Awaitable[None]] | None = None
    """How failed authentications wait; None for asyncio.sleep."""
