"""What a worker measures: verdicts, hand-overs, outcomes, and how late each delivery was. No label names a
borrower."""

from __future__ import annotations

import secrets
from collections import Counter as Counted
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from channels.outcome import Accepted, Outcome
from service.dispatch.send.settle import Sent
from service.store.tallies import Health, Tally

PROMISE_SECONDS = 10.0
"""What the service promises: handed over within this of being due."""


@dataclass(slots=True)
class _Answers:
    """What a provider answered last."""

    is_stopped: bool = False
    answered_at: datetime | None = None
    error: str | None = None
    error_at: datetime | None = None


class Gauges:
    """The worker's and the sweeps' metrics, on a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics."""
        self.rates: Mapping[str, float] = {}
        """Hand-overs a second by channel, where the settings limit them; set with the pace of a pipeline."""
        self._verdicts = Counter(
            "forbear_decisions_total", "Decisions by verdict", ["verdict"], registry=registry
        )
        self._late = Histogram(
            "forbear_handover_lateness_seconds",
            "From due to handed over",
            ["channel"],
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, PROMISE_SECONDS, 30, 60, 300, 1800, 7200),
            registry=registry,
        )
        self._outcomes = Counter(
            "forbear_handovers_total", "Hand-overs by outcome", ["channel", "outcome"], registry=registry
        )
        self.deliveries = Gauge(
            "forbear_deliveries", "Deliveries that wait for something", ["state"], registry=registry
        )
        self.oldest = Gauge(
            "forbear_oldest_seconds",
            "Age of the oldest delivery in a state (overdue: since it was due)",
            ["state"],
            registry=registry,
        )
        self.open_breakers = Gauge(
            "forbear_breaker_open",
            "1 while sending through an adapter is stopped",
            ["channel", "adapter"],
            registry=registry,
        )
        self._punctual: dict[tuple[str, datetime], tuple[int, int]] = {}
        self._tallies = Counted[Tally]()
        self._answers: dict[tuple[str, str], _Answers] = {}
        self._worker = secrets.token_hex(4)
        self._of_the_store(registry)

    def _of_the_store(self, registry: CollectorRegistry) -> None:
        """Register what is read from the store."""
        self.promise = Gauge(
            "forbear_promise_share",
            "Share of deliveries handed over within 10 s of being due, by the hour in which they were due "
            "(UTC)",
            ["channel", "hour"],
            registry=registry,
        )
        self.measured = Gauge(
            "forbear_measured_timestamp_seconds",
            "When what waits was last read from the store (Unix time)",
            registry=registry,
        )
        self.unmatched = Gauge(
            "forbear_unmatched_messages",
            "Messages of the last 24 hours from addresses that no borrower has",
            registry=registry,
        )
        self.unsequenced = Gauge(
            "forbear_log_unsequenced_entries", "Log entries that wait to be sequenced", registry=registry
        )
        self.lost = Gauge(
            "forbear_log_lost_entries",
            "Log entries among the newest that have no index and wait for none; anything but 0 is an alarm",
            registry=registry,
        )

    def decided(self, verdicts: Mapping[str, int]) -> None:
        """Count what a round decided."""
        for verdict, count in verdicts.items():
            self._verdicts.labels(str(verdict)).inc(count)

    def tallied(self, counts: Mapping[Tally, int]) -> None:
        """Count what was written to the log, for the figures by the hour."""
        self._tallies.update(counts)

    def answered(
        self, channel: str, adapter: str, outcome: Outcome, at: datetime, *, is_stopped: bool
    ) -> None:
        """A provider answered a hand-over, or did not."""
        good = isinstance(outcome, Accepted)
        known = self._answers.get((channel, adapter))
        if known is None:
            known = self._answers[channel, adapter] = _Answers()
        known.is_stopped = is_stopped
        if good:
            known.answered_at = at
        else:
            word = type(outcome).__name__.lower()
            known.error, known.error_at = f"{word}: {getattr(outcome, 'code', None) or '–'}"[:200], at

    def take_tallies(self) -> dict[Tally, int]:
        """What was counted since the last call."""
        counted, self._tallies = dict(self._tallies), Counted[Tally]()
        return counted

    def put_tallies_back(self, counted: Mapping[Tally, int]) -> None:
        """Count again what could not be written down."""
        self._tallies.update(counted)

    def health(self, at: datetime) -> list[Health]:
        """How each provider is, as of now."""
        return [
            Health(
                channel,
                adapter,
                self._worker,
                one.is_stopped,
                one.answered_at,
                one.error,
                one.error_at,
                at,
                self.rates.get(channel),
            )
            for (channel, adapter), one in self._answers.items()
        ]

    def handed_over(self, channel: str, begun: Iterable[tuple[datetime, datetime]]) -> None:
        """Hand-overs begin: when each was due, and when it was marked."""
        observe = self._late.labels(channel).observe
        for due_at, at in begun:
            late = max(0.0, (at - due_at).total_seconds())
            observe(late)
            key = (channel, due_at.replace(minute=0, second=0, microsecond=0))
            kept, missed = self._punctual.get(key, (0, 0))
            self._punctual[key] = (kept + 1, missed) if late <= PROMISE_SECONDS else (kept, missed + 1)

    def stopped(self, lanes: Iterable[tuple[str, str, bool]]) -> None:
        """Whether sending is stopped, by channel and adapter."""
        for channel, adapter, is_open in lanes:
            self.open_breakers.labels(channel, adapter).set(is_open)

    def take_punctuality(self) -> dict[tuple[str, datetime], tuple[int, int]]:
        """What was counted since the last call: kept and missed hand-overs by channel and hour."""
        counted, self._punctual = self._punctual, {}
        return counted

    def put_back(self, counted: Mapping[tuple[str, datetime], tuple[int, int]]) -> None:
        """Count again what could not be written down."""
        for key, (kept, missed) in counted.items():
            before = self._punctual.get(key, (0, 0))
            self._punctual[key] = (before[0] + kept, before[1] + missed)

    def publish_promise(self, rows: Sequence[tuple[str, datetime, int, int]]) -> None:
        """Show the shares of the last hours, and only of those."""
        self.promise.clear()
        for channel, hour, kept, missed in rows:
            self.promise.labels(channel, f"{hour:%Y-%m-%dT%H}").set(kept / (kept + missed))

    def settled(self, batch: Sequence[Sent], counted: Mapping[Tally, int]) -> None:
        """Count outcomes that were written; `counted` are those of them that are new to the log."""
        self.tallied(counted)
        for (channel, outcome), count in Counted(
            (sent.key.channel, type(sent.outcome).__name__.lower()) for sent in batch
        ).items():
            self._outcomes.labels(channel, outcome).inc(count)
