"""A worker that works when told to, on a real PostgreSQL, with providers that answer what a test says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from channels.adapter import Absent, Adapter, Sighting, Sought
from channels.message import BY_MACHINE, Channel, Medium, Message
from channels.outcome import Accepted, Outcome
from channels.receipt import Progress, Receipt
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.reserved import Dialed
from service.dispatch.decide.rounds import Round
from service.dispatch.receive.applying import ReceiptEffect
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.reconcile.unknown import look_up_due, sweep_expired, sweep_lapsed
from service.dispatch.send.settle import Sent
from service.ids import AttemptId
from tests.steps import decide_all, dial_all, settle_all


@dataclass(slots=True)
class Provider(Adapter):
    """Records each message before it answers, as the provider's own book does."""

    channel: Channel
    name: str = "scripted"
    book: list[Message] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)
    """What it answers next; `Accepted` when nothing is left."""
    sightings: list[Sighting] = field(default_factory=list)
    """What a look-up finds next; `Absent` when nothing is left."""
    sought: list[Sought] = field(default_factory=list)

    @property
    def medium(self) -> Medium:
        return BY_MACHINE[self.channel]

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        self.book.append(message)
        return self.answers.pop(0) if self.answers else Accepted(ref=f"{self.channel}-{len(self.book)}")

    async def look_up(self, sought: Sought) -> Sighting:
        self.sought.append(sought)
        return self.sightings.pop(0) if self.sightings else Absent()

    async def close(self) -> None:
        return


@dataclass(slots=True)
class Bench:
    """The API, the providers, and each step of a worker on its own."""

    api: Any
    providers: Mapping[str, Provider]
    zones: ZoneCache = field(default_factory=ZoneCache)

    async def decide(self, *, lease_seconds: float = 30.0, limit: int = 100) -> Round:
        """Steps 2 and 3."""
        names = {channel: one.name for channel, one in self.providers.items()}
        return await decide_all(
            self.api.runtime, self.zones, limit=limit, adapters=names, lease_seconds=lease_seconds
        )

    async def dial(self, round_: Round, *, send_within: float = 15.0) -> list[Dialed]:
        """Step 4."""
        return await dial_all(self.api.runtime, round_.reserved, send_within=send_within)

    async def send(self, dialed: list[Dialed]) -> list[Sent]:
        """The hand-over, and nothing after it."""
        return [
            Sent(
                key=one.reserved.key,
                outcome=await self.providers[one.reserved.key.channel].send(one.message, timeout=5.0),
                at=self.api.clock.now(),
            )
            for one in dialed
        ]

    async def work(self) -> list[Message]:
        """All steps until nothing is due; returns what was handed over."""
        before = {channel: len(one.book) for channel, one in self.providers.items()}
        while (round_ := await self.decide()).claimed:
            await settle_all(self.api.runtime, await self.send(await self.dial(round_)))
        return [message for channel, one in self.providers.items() for message in one.book[before[channel] :]]

    async def sweep(self) -> None:
        """Step 7."""
        for cell in self.api.runtime.cells.all:
            await sweep_lapsed(cell)
            await sweep_expired(cell)
            await look_up_due(cell, {channel: [one] for channel, one in self.providers.items()})

    async def receipt(
        self, message: Message, progress: Progress, outcome: str | None = None, **further: Any
    ) -> ReceiptEffect:
        """A verified receipt about a message."""
        attempt = AttemptId.parse(message.attempt_id)
        assert attempt is not None
        told = {"ref": "", "code": None, "reason": "", "digest": f"{progress}{outcome}", **further}
        receipt = Receipt(provider="scripted", progress=progress, outcome=outcome, **told)
        return await take_receipt(self.api.runtime, attempt, receipt, source="provider:scripted")

    async def accept(self, notice: Mapping[str, Any], *channels: str, **further: Any) -> str:
        """Post a notice for these channels; its id."""
        answer = await self.api.client.post(
            "/v1/notices", json={**notice, "channels": list(channels) or ["sms"], **further}
        )
        assert 202 == answer.status_code, answer.text
        id_: str = answer.json()["id"]
        return id_

    async def read(self, id_: str) -> dict[str, dict[str, Any]]:
        """The deliveries of a notice by channel."""
        answer = await self.api.client.get(f"/v1/notices/{id_}")
        assert 200 == answer.status_code, answer.text
        return {one["channel"]: one for one in answer.json()["deliveries"]}

    async def states(self, id_: str) -> dict[str, str]:
        """The states of a notice's deliveries by channel."""
        return {channel: one["state"] for channel, one in (await self.read(id_)).items()}

    async def event(self, type_: str, *, borrower: str = "B-1", **further: Any) -> None:
        """Record an event that happened elsewhere, now."""
        body = {"borrower_id": borrower, "type": type_, "at": self.api.clock.now().isoformat(), **further}
        answer = await self.api.client.post("/v1/events", json=body)
        assert answer.is_success, answer.text

    async def log(self, **query: Any) -> list[str]:
        """The kinds of the log's entries, oldest first."""
        answer = await self.api.client.get("/v1/log", params=query)
        assert 200 == answer.status_code, answer.text
        return [one["kind"] for one in reversed(answer.json()["items"])]

    async def calls_by_borrower(self) -> dict[str, int]:
        """How many messages each borrower got, by the providers' own books."""
        counts: defaultdict[str, int] = defaultdict(int)
        for one in self.providers.values():
            for message in one.book:
                counts[message.attempt_id.split(".")[0][:40]] += 1
        return counts


@pytest.fixture
async def bench(api: Any) -> Bench:
    """A worker that works when told to."""
    return Bench(api, {channel.value: Provider(channel) for channel in Channel})


NASSAU = {"jurisdiction": "BS", "country": "BS", "postal_code": None, "time_zone": "America/New_York"}
"""The Bahamas keep New York's time and have no law pack."""


@pytest.fixture
def plain(notice: dict[str, Any]) -> dict[str, Any]:
    """A notice that is due at once, to a borrower at noon, under the house's own policy alone."""
    body = {**notice, "fan_out": "all", "channels": ["sms"]}
    body["borrower"] = {**notice["borrower"], **NASSAU, "consents": []}
    body["debt"] = {**notice["debt"], "jurisdiction": None}
    for name in ("not_before", "wait", "expires_at"):
        del body[name]
    return body
