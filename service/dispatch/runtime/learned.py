"""What is in force of learning: for each creditor the active policy and the snapshot that it chooses by, kept
in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson
import structlog

from service.learning.choose import Chooser
from service.learning.document import LearningPolicy, LearningPolicyInvalid, parse_learning_policy
from service.learning.fit import digest_of
from service.store import learning
from service.store.database import Connection
from service.store.learning import ActiveRow

log = structlog.get_logger("learning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """An active policy, with what it chooses by."""

    policy: LearningPolicy
    version: int
    digest: str
    """Of the policy."""
    chooser: Chooser | None = field(repr=False)
    lives_until: datetime | None

    def chooser_at(self, at: datetime) -> Chooser | None:
        """What to choose by; None where nothing was learned, or where it is too old."""
        return self.chooser if self.lives_until is not None and at < self.lives_until else None


async def read_active(connection: Connection, known: Mapping[str, Active]) -> dict[str, Active]:
    """The active policies by creditor; what is at hand already is not read again. What cannot be read is left
    out: the plain order holds."""
    found: dict[str, Active] = {}
    for row in await learning.active(connection):
        try:
            found[row.creditor] = await _active(connection, row, known.get(row.creditor))
        except LearningPolicyInvalid as error:
            log.warning("learning", action="learning.unreadable", policy=row.name, detail=str(error))
    return found


async def _active(connection: Connection, row: ActiveRow, known: Active | None) -> Active:
    policy = parse_learning_policy(row.document)
    old = known.chooser if known is not None else None
    same = known is not None and known.digest == row.digest
    chooser = old if same and old is not None and old.digest == row.snapshot else None
    if chooser is None and row.snapshot is not None:
        chooser = await _chooser(connection, row.snapshot, policy)
        if chooser is not None and old is not None:
            chooser.warm(old.known())
    return Active(
        policy=policy,
        version=row.version,
        digest=row.digest,
        chooser=chooser,
        lives_until=row.lives_until if chooser is not None else None,
    )


async def _chooser(connection: Connection, digest: str, policy: LearningPolicy) -> Chooser | None:
    """A snapshot that is what its digest says; None for a broken one."""
    text = await learning.snapshot_text(connection, digest)
    try:
        snapshot = orjson.loads(text or "")
        if digest_of(snapshot) == digest:
            return Chooser(snapshot, digest, policy.features)
    except (ValueError, KeyError, TypeError) as error:
        log.warning("learning", action="learning.broken", snapshot=digest, error=type(error).__name__)
        return None
    log.warning("learning", action="learning.broken", snapshot=digest, error="digest")
    return None
