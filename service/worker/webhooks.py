"""Webhooks beside the pipeline: relays events, and gives every endpoint a lane of its own, so that one that
is dead or slow delays nobody.

Every worker does this; the store says who relays, and which event is whose."""

from __future__ import annotations

import asyncio

import structlog
from prometheus_client import CollectorRegistry, Gauge

from channels.webhook.sender import Sender
from service.dispatch.runtime import Runtime
from service.dispatch.webhooks.deliver import deliver_once
from service.dispatch.webhooks.relay import BATCH, relay_once
from service.errors import Unavailable
from service.store import webhook_outbox, webhooks

log = structlog.get_logger("webhooks")

POLL_SECONDS = 0.25
NONE_SECONDS = 1.0
"""Between two looks where there is no endpoint."""


class WebhookLanes:
    """A task for each endpoint that has something to be sent, for as long as it has."""

    def __init__(self, runtime: Runtime) -> None:
        """One client for all of them."""
        self._runtime = runtime
        self._sender = Sender(runtime.networks)
        self._lanes: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Relay and send until cancelled; what is on its way then runs out of its claim and goes again."""
        try:
            while True:
                pause = POLL_SECONDS
                try:
                    if not await self._turn():
                        pause = NONE_SECONDS
                except Unavailable as error:
                    log.warning("webhooks", action="webhooks.unavailable", detail=error.detail)
                except Exception:
                    log.exception("webhooks", action="webhooks.failed")
                await asyncio.sleep(pause)
        finally:
            for one in self._lanes.values():
                one.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            await self._sender.close()

    async def _turn(self) -> bool:
        """Relay, and begin what is due; whether there is an endpoint at all."""
        async with self._runtime.database.connection() as connection:
            if not await webhooks.are_any(connection):
                return False
        while await relay_once(self._runtime) == BATCH:
            pass
        async with self._runtime.database.connection() as connection:
            due = await webhook_outbox.due(connection, self._runtime.clock.now())
        for endpoint in due:
            lane = self._lanes.get(endpoint)
            if lane is None or lane.done():
                self._lanes[endpoint] = asyncio.create_task(self._lane(endpoint))
        self._lanes = {name: lane for name, lane in self._lanes.items() if not lane.done()}
        return True

    async def _lane(self, endpoint: str) -> None:
        try:
            while await deliver_once(self._runtime, self._sender, endpoint):
                pass
        except Unavailable as error:
            log.warning("webhooks", action="webhooks.unavailable", detail=error.detail)
        except Exception:
            log.exception("webhooks", action="webhooks.lane-failed", endpoint=endpoint)


class WebhookGauges:
    """What waits for endpoints, and which are disabled."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics."""
        self._endpoints = Gauge(
            "forbear_webhook_endpoints", "Webhook endpoints", ["state"], registry=registry
        )
        self._waiting = Gauge(
            "forbear_webhook_waiting_events", "Events that wait for an endpoint", ["state"], registry=registry
        )
        self._oldest = Gauge(
            "forbear_webhook_oldest_seconds",
            "Age of the oldest event that waits for an endpoint",
            ["state"],
            registry=registry,
        )

    async def measure(self, runtime: Runtime) -> None:
        """Read them from the store."""
        async with runtime.database.connection() as connection:
            rows = {row.enabled: row for row in await webhooks.waiting(connection)}
        at = runtime.clock.now()
        for enabled, state in ((True, "enabled"), (False, "disabled")):
            row = rows.get(enabled)
            self._endpoints.labels(state).set(0 if row is None else row.endpoints)
            self._waiting.labels(state).set(0 if row is None else row.events)
            oldest = None if row is None else row.oldest
            self._oldest.labels(state).set(0 if oldest is None else max(0.0, (at - oldest).total_seconds()))
