"""A worker that stands still between the mark and the hand-over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.message import Channel
from service.worker.sending import Sending
from tests.worker.test_lanes import Door, accept, to, until, until_state, worker


async def test_a_worker_that_came_too_late_hands_nothing_over_and_says_so(
    api: Any, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot under the cap is free again, and the message goes with the next attempt."""
    stood: list[Any] = []

    async def sluggish(self: Sending, lane: Any, one: Any) -> None:
        """Stands still between the mark and the hand-over, once."""
        if not stood:
            stood.append(one)
            one = replace(one, deadline=api.runtime.clock.monotonic() - 1)
        await plain(self, lane, one)

    plain = Sending._send
    monkeypatch.setattr(Sending, "_send", sluggish)
    door = Door(Channel.SMS)
    door.opened.set()
    [id_] = await accept(api, to(notice, 1))
    async with worker(api, {"sms": [door]}):
        assert await until_state(api, id_, "deferred")
        assert [] == door.book
        assert [("refused", "not_sent", "late")] == [
            tuple(row) for row in await api.rows("SELECT state, outcome, code FROM attempts")
        ]
        api.clock.move(timedelta(minutes=1))
        assert await until(lambda: len(door.book) == 1)
