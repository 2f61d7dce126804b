"""Several adapters and channels in one worker: none holds up another, and one that is away is followed by the
next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from channels.adapter import Absent, Adapter, Sighting, Sought
from channels.message import BY_MACHINE, Channel, Medium, Message
from channels.outcome import Accepted, Busy, Outcome, Unknown
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.send.settle import settle
from service.worker.breaker import FAILURES, PAUSES
from service.worker.gauges import Gauges
from service.worker.pace import Pace
from service.worker.pipeline import Pipeline

AWAY = Busy(code="refused", reason="cannot be connected to", account_wide=True)
GONE = Unknown(code="timeout", reason="no answer")


@dataclass(slots=True)
class Door(Adapter):
    """A provider that answers as told, once it is let."""

    channel: Channel
    name: str = "first"
    answer: Callable[[], Outcome] | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    book: list[Message] = field(default_factory=list)
    sending: int = 0
    most: int = 0

    @property
    def medium(self) -> Medium:
        return BY_MACHINE[self.channel]

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        self.book.append(message)
        self.sending += 1
        self.most = max(self.most, self.sending)
        try:
            await self.opened.wait()
        finally:
            self.sending -= 1
        return self.answer() if self.answer else Accepted(ref=f"{self.name}-{len(self.book)}")

    async def look_up(self, sought: Sought) -> Sighting:
        return Absent()

    async def close(self) -> None:
        return


class Counted(Pipeline):
    """A worker that says how often it looked for work."""

    rounds = 0

    async def _claim_all(self) -> bool:
        found = await super()._claim_all()
        self.rounds += 1
        return found


async def looked(pipeline: Counted, times: int = 4) -> None:
    """Until it has looked for work several times more: what it did not do by then it does not do."""
    then = pipeline.rounds + times
    assert await until(lambda: pipeline.rounds >= then)


@asynccontextmanager
async def worker(api: Any, adapters: Mapping[str, Sequence[Adapter]], **pace: Any) -> AsyncIterator[Counted]:
    """A running worker."""
    kept = {
        "batch": 10,
        "loops": 2,
        "poll_seconds": 0.05,
        "concurrency": {"sms": 4, "email": 4, "voice": 4},
        "drain_seconds": 1.0,
    }
    pipeline = Counted(api.runtime, adapters, Pace(**{**kept, **pace}), Gauges(CollectorRegistry()))
    running = asyncio.create_task(pipeline.run())
    try:
        yield pipeline
    finally:
        pipeline.stop()
        await running


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait for something that the worker does."""
    for _ in range(int(seconds / 0.02)):
        if holds():
            return True
        await asyncio.sleep(0.02)
    return holds()


async def full(pipeline: Pipeline) -> int:
    """How many a worker has in hand once it takes no more: the number stays over several of its polls."""
    seen, looks = pipeline.in_hand, 0
    while looks < 15:
        await asyncio.sleep(0.02)
        looks = looks + 1 if seen == pipeline.in_hand > 0 else 0
        seen = pipeline.in_hand
    return seen


def to(notice: dict[str, Any], borrower: int, **further: Any) -> dict[str, Any]:
    """A notice to another borrower, at noon, under the house's policy alone."""
    digits = f"+1{200 + borrower // 100}55501{borrower % 100:02d}"
    addresses = {"sms": digits, "voice": digits, "email": f"b{borrower}@example.com"}
    person = {
        **notice["borrower"],
        "id": f"B-{borrower}",
        "addresses": addresses,
        "jurisdiction": "BS",  # the Bahamas keep New York's time and have no law pack
        "country": "BS",
        "postal_code": None,
        "consents": [],
    }
    body = {
        **notice,
        "borrower": person,
        "debt": {**notice["debt"], "jurisdiction": None},
        "fan_out": "all",
        "channels": ["sms"],
        **further,
    }
    return {name: value for name, value in body.items() if name not in {"not_before", "wait", "expires_at"}}


async def accept(api: Any, *notices: dict[str, Any]) -> list[str]:
    """Post them; their ids."""
    answer = await api.client.post("/v1/notices/batch", json={"notices": list(notices)})
    assert 202 == answer.status_code, answer.text
    return [one["id"] for one in answer.json()["results"]]


async def attempts(api: Any) -> list[tuple[str, str]]:
    """The adapter and the state of every attempt, in the order in which they were reserved."""
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT adapter, state FROM attempts ORDER BY reserved_at, notice_no, number"
        )
    return [(row["adapter"], row["state"]) for row in rows]


async def test_a_provider_that_does_not_answer_holds_up_no_other_channel(
    api: Any, notice: dict[str, Any]
) -> None:
    """A lane full of messages is no reason to leave e-mails waiting."""
    slow, quick = Door(Channel.SMS), Door(Channel.EMAIL)
    quick.opened.set()
    await accept(api, *(to(notice, number) for number in range(40)))
    async with worker(api, {"sms": [slow], "email": [quick]}):
        assert await until(lambda: len(slow.book) == 4)
        await accept(api, *(to(notice, 100 + number, channels=["email"]) for number in range(15)))
        assert await until(lambda: len(quick.book) == 15)
        assert 4 == len(slow.book)
        slow.opened.set()
        assert await until(lambda: len(slow.book) == 40)


async def test_a_channel_that_stands_still_hides_nothing_of_another(api: Any, notice: dict[str, Any]) -> None:
    """However many wait before it, in the same creditor's name and with the same priority."""
    closed, quick = Door(Channel.SMS, answer=lambda: AWAY), Door(Channel.EMAIL)
    closed.opened.set()
    quick.opened.set()
    await accept(api, *(to(notice, number) for number in range(100)))
    async with worker(api, {"sms": [closed], "email": [quick]}):
        assert await until(lambda: len(closed.book) >= 1)
        await accept(api, to(notice, 200, channels=["email"]))
        assert await until(lambda: len(quick.book) == 1)
    assert len(closed.book) <= 4


async def test_what_is_urgent_overtakes_a_lane_full_of_reminders(api: Any, notice: dict[str, Any]) -> None:
    """It is claimed though there is no room, and is the next to be handed over."""
    slow = Door(Channel.SMS)
    await accept(api, *(to(notice, number) for number in range(60)))
    async with worker(api, {"sms": [slow]}) as pipeline:
        before = await full(pipeline)
        [urgent] = await accept(
            api, to(notice, 99, category="payment_confirmation", template="payment-confirmation")
        )
        assert await until(lambda: pipeline.in_hand > before)
        slow.opened.set()
        assert await until(lambda: len(slow.book) >= 9)
    assert urgent in {
        message.attempt_id.replace("att_", "ntc_").partition(".")[0] for message in slow.book[4:9]
    }


async def test_creditors_take_turns_in_a_lane_too(api: Any, notice: dict[str, Any]) -> None:
    """What one creditor has waiting in a slow lane is not all before the first of another's, of the same
    priority."""
    slow = Door(Channel.SMS)
    await accept(api, *(to(notice, number) for number in range(12)))
    async with worker(api, {"sms": [slow]}) as pipeline:
        before = await full(pipeline)
        other = to(notice, 99)
        [late] = await accept(api, {**other, "debt": {**other["debt"], "creditor": "sunrise-lending"}})
        assert await until(lambda: pipeline.in_hand > before)
        slow.opened.set()
        assert await until(lambda: len(slow.book) == 13)
    place = [message.attempt_id.replace("att_", "ntc_").partition(".")[0] for message in slow.book].index(
        late
    )
    assert 4 <= place <= 6


async def test_the_next_adapter_takes_over_while_the_first_is_away_and_gives_back(
    api: Any, notice: dict[str, Any]
) -> None:
    """One hand-over finds that it is away; the rest go through the other, until one that is tried
    succeeds."""
    answers: list[Outcome] = [AWAY]
    first = Door(Channel.SMS, answer=lambda: answers[-1])
    second = Door(Channel.SMS, name="second")
    first.opened.set()
    second.opened.set()
    await accept(api, *(to(notice, number) for number in range(30)))
    async with worker(api, {"sms": [first, second]}) as pipeline:
        # nothing is in hand any more: what is marked when the clock jumps would pass for held up too long
        assert await until(lambda: len(first.book) + len(second.book) == 30 and pipeline.in_hand == 0)
        tried = len(first.book)
        assert tried <= 4
        answers.append(Accepted(ref="again"))
        api.clock.move(
            PAUSES[0] + timedelta(seconds=10)
        )  # what was refused is due again, and one of it tries the first
        assert await until(
            lambda: len(first.book) > tried and len(first.book) + len(second.book) == 30 + tried
        )
        after = len(second.book)
        await accept(api, *(to(notice, 40 + number) for number in range(5)))
        assert await until(lambda: len(first.book) + len(second.book) == 35 + tried)
        assert after == len(second.book)
    found = await attempts(api)
    assert 35 == sum(state == "accepted" for _, state in found)
    assert tried == sum(one == ("first", "refused") for one in found)
    assert (
        1
        == max(  # nobody was sent the same twice
            sum(message.to == address for message in (*second.book, *first.book[tried:]))
            for address in {message.to for message in second.book}
        )
    )


async def test_one_hand_over_at_a_time_tries_a_provider_that_was_silent(
    api: Any, notice: dict[str, Any]
) -> None:
    """Each silence is an attempt that may have gone: a trial costs one, and not a lane full."""
    silent = Door(Channel.SMS, answer=lambda: GONE)
    silent.opened.set()
    await accept(api, *(to(notice, number) for number in range(30)))
    async with worker(api, {"sms": [silent]}) as pipeline:
        assert await until(lambda: len(silent.book) >= FAILURES)
        await looked(pipeline)
        before = len(silent.book)
        silent.most = 0
        silent.opened.clear()
        api.clock.move(PAUSES[0])
        assert await until(lambda: len(silent.book) == before + 1)
        await looked(pipeline)
        assert (before + 1, 1) == (len(silent.book), silent.most)
        silent.opened.set()


async def test_an_unknown_attempt_is_not_handed_to_the_next_adapter(api: Any, notice: dict[str, Any]) -> None:
    """It may have gone."""
    silent, second = Door(Channel.SMS, answer=lambda: GONE), Door(Channel.SMS, name="second")
    silent.opened.set()
    second.opened.set()
    await accept(api, *(to(notice, number) for number in range(20)))
    async with worker(api, {"sms": [silent, second]}) as pipeline:
        assert await until(lambda: len(silent.book) + len(second.book) == 20)
        await looked(pipeline)
    assert len(silent.book) >= FAILURES
    assert 20 == len({message.to for message in (*silent.book, *second.book)})


@pytest.mark.parametrize(("rate", "held"), [(2.0, 4), (0.3, 1)])
async def test_a_slow_rate_is_not_reserved_far_ahead(
    api: Any, notice: dict[str, Any], rate: float, held: int
) -> None:
    """What one worker holds, others cannot send, and it would be decided long before it leaves."""
    slow = Door(Channel.SMS)
    await accept(api, *(to(notice, number) for number in range(20)))
    async with worker(api, {"sms": [slow]}, rates={"sms": rate}, loops=1) as pipeline:
        assert await until(lambda: len(slow.book) >= 1)
        assert pipeline.in_hand <= held
        slow.opened.set()


@pytest.mark.parametrize("stage", ["decide.claim", "send.dial"])
async def test_a_window_that_closes_between_the_mark_and_the_hand_over_stops_the_message(
    api, notice, monkeypatch, stage
):
    """Marked at 20:59:58, with its decision or on its own, its turn at 21:00:01: nothing leaves, the provider
    is not blamed, and it waits for the morning."""
    api.clock.move(timedelta(hours=8, minutes=59, seconds=58))
    [late] = await accept(api, to(notice, 1))
    if stage == "send.dial":
        monkeypatch.setattr("service.worker.pipeline.composed_at_once", lambda *_: None)
    monkeypatch.setattr(
        f"service.dispatch.{stage}.reach",
        lambda point: api.clock.move(timedelta(seconds=3 * (point == "dial.committed"))),
    )
    door = Door(Channel.SMS)
    door.opened.set()
    async with worker(api, {"sms": [door]}):
        assert await until_state(api, late, "deferred")
        api.clock.move(timedelta(minutes=1))
        assert await until_state(api, late, "deferred", due_at="2026-11-25T13:00:00Z")
    assert [] == door.book


async def until_state(api: Any, id_: str, state: str, **further: str) -> bool:
    """Wait until the first delivery of a notice is there."""
    for _ in range(500):
        delivery = (await api.client.get(f"/v1/notices/{id_}")).json()["deliveries"][0]
        if {"state": state, **further}.items() <= delivery.items():
            return True
        await asyncio.sleep(0.02)
    return False


async def test_a_channel_on_which_nothing_waits_is_not_asked_for_with_every_hand_over(
    api: Any, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But again once there is news: what is accepted later is found at once."""
    asked: list[set[str]] = []

    async def counted(*given: Any, **named: Any) -> Any:
        asked.append(set(named["adapters"]))
        return await claim_and_decide(*given, **named)

    monkeypatch.setattr("service.worker.pipeline.claim_and_decide", counted)
    busy, idle = Door(Channel.SMS), Door(Channel.EMAIL)
    busy.opened.set()
    idle.opened.set()
    await accept(api, *(to(notice, number) for number in range(300)))
    async with worker(api, {"sms": [busy], "email": [idle]}, poll_seconds=60.0) as pipeline:
        assert await until(lambda: len(busy.book) == 300)
        claims = [one for one in asked if "email" in one]
        await accept(api, to(notice, 400, channels=["email"]))
        pipeline.wake()
        assert await until(lambda: len(idle.book) == 1)
    assert sum("sms" in one for one in asked) >= 30
    assert len(claims) <= 10


async def test_outcomes_that_come_together_are_settled_together(
    api: Any, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that gather outcomes do not take them from each other."""
    sizes: list[int] = []

    async def counted(runtime: Any, sent: Sequence[Any]) -> Any:
        sizes.append(len(sent))
        return await settle(runtime, sent)

    monkeypatch.setattr("service.worker.settling.settle", counted)
    door = Door(Channel.SMS)
    await accept(api, *(to(notice, number) for number in range(8)))
    async with worker(api, {"sms": [door]}, concurrency={"sms": 8}) as pipeline:
        assert await until(lambda: len(door.book) == 8)
        door.opened.set()
        assert await until(lambda: pipeline.in_hand == 0)
    assert [8] == sizes
