"""API keys as they are asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from service.api.schemas.words import Closed, FilledLine, Instant, Name, Wait
from service.dispatch.access.keys import OVERLAP
from service.model.actor import Role
from service.model.key import KeyDraft

KEY_EXAMPLE: dict[str, Any] = {
    "name": "core banking",
    "role": "producer",
    "creditors": ["first-inclusive-bank"],
    "rate_per_minute": 60000,
    "expires_at": None,
}


def _once(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise PydanticCustomError("repeated", "expected each name once")
    return names


class KeyBody(Closed):
    """What a new key may do, for whom, how often and how long."""

    name: FilledLine
    role: Literal["producer", "ops", "auditor", "admin"]
    creditors: Annotated[list[Name], Field(min_length=1, max_length=100), AfterValidator(_once)] | None = None
    """Limits the key to these creditors; null for all."""
    rate_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Requests a minute that each API process answers; null for no limit."""
    expires_at: Instant | None = None


class RotateBody(Closed):
    """How long the old key stays good beside the new one."""

    overlap: Wait | None = None
    """Without it 24 hours."""
    expires_at: Instant | None = None
    """Of the new key; without it, it lives as long as the old one was meant to."""


def key_draft(body: KeyBody) -> KeyDraft:
    """The draft in a body."""
    return KeyDraft(
        name=body.name,
        role=Role(body.role),
        creditors=None if body.creditors is None else frozenset(body.creditors),
        rate_per_minute=body.rate_per_minute,
        expires_at=body.expires_at,
    )


def overlap_of(body: RotateBody) -> timedelta:
    """How long the old key stays good."""
    return body.overlap or OVERLAP
