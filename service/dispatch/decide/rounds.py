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
from service.store.tallies import Tally, hour_of


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
    causes: Mapping[Tally, int] = field(default_factory=dict)
    """How often each verdict came on a channel from a rule, in the hour of the entries that say so."""


def round_of(
    rows: Sequence[Claimed], decisions: Sequence[Decision], dialed: Mapping[AttemptKey, Dialed]
) -> Round:
    """Counts what was claimed, decided and marked."""
    allowed = [one.reserved for one in decisions if one.reserved is not None]
    return Round(
        claimed=len(rows),
        routes=frozenset(route_of(*one) for one in {(row.channel, row.sender) for row in rows}),
        reserved=[one for one in allowed if one.key not in dialed],
        dialed=list(dialed.values()),
        verdicts=collections.Counter(one.verdict for one in decisions),
        causes=_causes(decisions) if decisions else {},
    )


def _causes(decisions: Sequence[Decision]) -> Mapping[Tally, int]:
    hour = hour_of(decisions[0].entry.at)
    causes = ((one.delivery.channel, str(one.verdict), one.because) for one in decisions)
    return {Tally(hour, *cause): number for cause, number in collections.Counter(causes).items()}
