"""A worker process whose providers answer at once: `python -m benchmarks.instant`, settings from the
environment.

Prints `ready`, works, prints each second how many deliveries were handed over, and ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from time import monotonic

from channels.adapter import Absent, Adapter, Sighting, Sought
from channels.message import BY_MACHINE, Channel, Medium, Message
from channels.outcome import Accepted, Outcome
from service.cli.logs import configure_logs
from service.cli.working import run_loop, spare_collector
from service.settings import load
from service.wiring import open_service, running_worker


@dataclass(slots=True)
class Instant(Adapter):
    """Accepts everything at once and remembers when."""

    channel: Channel
    name: str = "instant"
    taken: int = 0
    first: float = 0.0
    last: float = 0.0

    @property
    def medium(self) -> Medium:
        return BY_MACHINE[self.channel]

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        del timeout
        self.last = monotonic()
        self.first = self.first or self.last
        self.taken += 1
        return Accepted(ref=message.attempt_id)

    async def look_up(self, sought: Sought) -> Sighting:
        del sought
        return Absent()

    async def close(self) -> None:
        return


async def main() -> None:
    """Work until SIGTERM."""
    settings = load()
    configure_logs(settings)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with open_service(settings) as service:
        service.adapters = {channel.value: [Instant(channel)] for channel in Channel}
        spare_collector()
        async with running_worker(service):
            print("ready", flush=True)
            await stop.wait()


if __name__ == "__main__":
    run_loop(main())
