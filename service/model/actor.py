"""Who asks: an API key with its role and its creditors, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a key may do, in four sizes."""

    PRODUCER = "producer"
    OPS = "ops"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The one who does something; `name` stands in the log."""

    name: str
    """`key:<key id>`, `system`, `provider:<name>`, `borrower`."""
    role: Role | None = None
    creditors: frozenset[str] | None = None
    """The creditors that the key is limited to; None for all."""

    def may_see(self, creditor: str) -> bool:
        """Whether something of this creditor is the actor's business."""
        return self.creditors is None or creditor in self.creditors


SYSTEM_ACTOR = Actor(name="system")
