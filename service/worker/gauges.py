"""What a worker measures: verdicts, hand-overs, outcomes, and how late each delivery was. No label names a borrower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.dispatch.settle import Sent

PROMISE_SECONDS = 10.0
"""What the service promises: handed over within this of being due."""


class Gauges:
    """The worker's and the sweeps' metrics, on a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics."""
        self._verdicts = Counter("forbear_decisions_total", "Decisions by verdict", ["verdict"], registry=registry)
        self._late = Histogram(
            "forbear_handover_lateness_seconds",
            "From due to handed over",
            ["channel"],
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, PROMISE_SECONDS, 30, 60, 300, 1800, 7200),
            registry=registry,
        )
        self._outcomes = Counter("forbear_handovers_total", "Hand-overs by outcome", ["channel", "outcome"], registry=registry)
        self.deliveries = Gauge("forbear_deliveries", "Deliveries that wait for something", ["state"], registry=registry)
        self.oldest = Gauge(
            "forbear_oldest_seconds",
            "Age of the oldest delivery in a state (overdue: since it was due)",
            ["state"],
            registry=registry,
        )
        self.unsealed = Gauge("forbear_log_unsealed_entries", "Log entries that wait for their seal", registry=registry)

    def decided(self, verdicts: Mapping[str, int]) -> None:
        """Count what a round decided."""
        for verdict, count in verdicts.items():
            self._verdicts.labels(str(verdict)).inc(count)

    def handed_over(self, channel: str, late_seconds: float) -> None:
        """A hand-over begins, `late_seconds` after it was due."""
        self._late.labels(channel).observe(max(0.0, late_seconds))

    def settled(self, batch: Sequence[Sent]) -> None:
        """Count outcomes that were written."""
        for sent in batch:
            self._outcomes.labels(sent.key.channel, type(sent.outcome).__name__.lower()).inc()
