"""What a method asks the transport to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API."""

    id: str
    method: str
    path: str
    safe: bool
    """It may be sent again where nobody knows whether it arrived."""
    gives: Literal["json", "text", "stream", "nothing"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of it."""

    operation: Operation
    path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    kind: str = "application/json"
    """The content type of a body that is text or octets; a body of another kind is JSON."""
    idempotency_key: str | None = None
