"""Shows the metrics of several cells as one: each sample says which cell it is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector


class CellMetrics(Collector):
    """Puts together what each cell's own registry holds."""

    def __init__(self, registries: Mapping[int, CollectorRegistry]) -> None:
        """By cell."""
        self._registries = registries

    def collect(self) -> Iterable[Metric]:
        """Every metric once, with the samples of all cells under a label `cell`."""
        found: dict[str, Metric] = {}
        for cell, registry in self._registries.items():
            for family in registry.collect():
                merged = found.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type, family.unit)
                )
                merged.samples += [
                    one._replace(labels={**one.labels, "cell": str(cell)}) for one in family.samples
                ]
        return found.values()

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked of a store for it."""
        return ()
