"""What one transaction of claiming and deciding brought, for the worker that asked for it."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from channels.senders import route_of
from service.dispatch.decide.decision import Decision
from service.dispatch.decide.reserved import Dialed, Reserved
from service.store.attempts import AttemptKey
from service.store.queue import Claimed


@dataclass(slots=True, kw_only=True)
class Round:
    """What one transaction of claiming and deciding brought."""

    claimed: int = 0
    routes: frozenset[str] = frozenset()
    """On which anything was claimed."""
    reserved: list[Reserved] = field(default_factory=list)
    """What may be sent and is not marked yet."""
    dialed: list[Dialed] = field(default_factory=list)
    """What was marked with its decision: its bytes may leave now."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """How many deliveries got which verdict, for the metrics."""
    causes: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """How often each verdict came on a channel from a rule."""


def round_of(
    rows: Sequence[Claimed], decisions: Sequence[Decision], dialed: Mapping[AttemptKey, Dialed]
) -> Round:
    """Counts what was claimed, decided and marked."""
    causes = ((one.delivery.channel, str(one.verdict), one.because) for one in decisions)
    allowed = [one.reserved for one in decisions if one.reserved is not None]
    return Round(
        claimed=len(rows),
        routes=frozenset(route_of(*one) for one in {(row.channel, row.sender) for row in rows}),
        reserved=[one for one in allowed if one.key not in dialed],
        dialed=list(dialed.values()),
        verdicts=collections.Counter(one.verdict for one in decisions),
        causes=collections.Counter(causes),
    )
