"""The bench of the journey's tests, on a service that may send to loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from channels.message import Channel
from channels.webhook.networks import Networks, networks_of
from channels.webhook.sender import Sender
from service.dispatch.runtime import Runtime
from service.dispatch.webhooks.deliver import deliver_once
from service.dispatch.webhooks.relay import relay_once
from service.log.sequence import sequence_once
from service.store import webhook_outbox
from tests.dispatch.conftest import Bench, Provider

LOOPBACK = Networks(networks_of("127.0.0.0/8"))


@dataclass(slots=True)
class Hooks:
    """The bench, and the webhooks' part of a worker, step by step."""

    bench: Bench
    runtime: Runtime
    sender: Sender

    @property
    def api(self) -> Any:
        return self.bench.api

    async def endpoint(self, url: str, *types: str, **further: Any) -> dict[str, Any]:
        """Make an endpoint."""
        body = {"url": url, "types": list(types) or ["notice.*", "delivery.*"], **further}
        answer = await self.api.client.post("/v1/webhooks", json=body)
        assert 201 == answer.status_code, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def relay(self) -> None:
        """Sequence what is written, and relay it."""
        async with self.runtime.database.connection() as connection:
            await sequence_once(connection, self.runtime.vault)
        await relay_once(self.runtime)

    async def send(self) -> int:
        """Relay, and send until nothing is due; how many requests."""
        await self.relay()
        count = 0
        while True:
            async with self.runtime.database.connection() as connection:
                due = await webhook_outbox.due(connection, self.runtime.clock.now())
            sent = sum([await deliver_once(self.runtime, self.sender, one) for one in due])
            count += sent
            if not sent:
                return count


@pytest.fixture
async def hooks(api: Any) -> AsyncIterator[Hooks]:
    """A service whose webhooks may go to loopback, with providers on every channel."""
    object.__setattr__(api.runtime, "networks", LOOPBACK)
    sender = Sender(LOOPBACK, timeout=2.0)
    providers = {channel.value: Provider(channel) for channel in Channel}
    yield Hooks(Bench(api, providers), replace(api.runtime), sender)
    await sender.close()
