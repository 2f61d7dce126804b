"""Histories drawn at random: every step of a worker, crashes between them, receipts in any order, opt-outs,
cancels, people. Whatever comes first, nobody hears a notice twice, no cap is exceeded, and everything comes
to an end that is known."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from channels.adapter import Absent, CannotTell
from channels.message import Message
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress
from service.dispatch.decide.reserved import Dialed
from service.dispatch.decide.rounds import Round
from service.dispatch.send.settle import Sent, settle

CAP = 3
"""house-strict: contacts in seven days, over all channels."""
STEPS = 60
OUTCOMES: tuple[Outcome, ...] = (
    Accepted(ref=""),
    Accepted(ref="", held=True),
    Unknown(code="timeout", reason="no answer"),
    Busy(code="451", reason="later"),
    Rejected(cause=RefusalCause.OURS, code="21606", reason="no sender"),
)
TAKEN = (Accepted, Unknown)


class History:
    """One lender's day, drawn from a seed."""

    def __init__(self, bench: Any, plain: dict[str, Any], seed: int) -> None:
        self.bench, self.plain, self.dice = bench, plain, random.Random(seed)
        self.ids: list[str] = []
        self.rounds: list[Round] = []
        self.dialed: list[list[Dialed]] = []
        self.sent: list[list[Sent]] = []
        self.heard: list[tuple[Message, datetime]] = []
        """What a provider may have taken, and when."""
        self.again = Counter[str]()
        """How often a person had a delivery decided again."""

    async def accept(self) -> None:
        channels = self.dice.choice([("sms",), ("email",), ("voice",), ("sms", "email")])
        self.ids.append(await self.bench.accept(self.plain, *channels, reference=str(len(self.ids))))

    async def decide(self) -> None:
        self.rounds.append(
            await self.bench.decide(
                lease_seconds=self.dice.choice([0.0, 60.0]), limit=self.dice.choice([1, 5])
            )
        )

    async def dial(self) -> None:
        if self.rounds:
            self.dialed.append(
                await self.bench.dial(self.rounds.pop(self.dice.randrange(len(self.rounds))), send_within=0.0)
            )

    async def send(self) -> None:
        if not self.dialed:
            return
        sent = []
        for one in self.dialed.pop(self.dice.randrange(len(self.dialed))):
            outcome = self.dice.choice(OUTCOMES)
            if isinstance(outcome, TAKEN):
                self.heard.append((one.message, self.bench.api.clock.now()))
            sent.append(Sent(key=one.reserved.key, outcome=outcome, at=self.bench.api.clock.now()))
        self.sent.append(sent)

    async def settle(self) -> None:
        if self.sent:
            batch = self.sent.pop(self.dice.randrange(len(self.sent)))
            await settle(self.bench.api.runtime, batch)
            if self.dice.random() < 0.3:
                await settle(self.bench.api.runtime, batch)  # the reply to the commit was lost

    async def crash(self) -> None:
        """A worker forgets what it had in hand, at whatever stage."""
        for held in (self.rounds, self.dialed, self.sent):
            if held and self.dice.random() < 0.5:
                held.pop()

    async def sweep(self) -> None:
        self.bench.providers["sms"].sightings = [self.dice.choice([Absent(), CannotTell(reason="no list")])]
        await self.bench.sweep()

    async def receipt(self) -> None:
        if self.heard:
            message, _ = self.dice.choice(self.heard)
            word = self.dice.choice(list(Progress))
            outcome = {Progress.DELIVERED: "delivered", Progress.UNDELIVERED: "failed"}.get(word)
            for _ in range(self.dice.choice([1, 1, 3])):
                await self.bench.receipt(message, word, outcome)

    async def wait(self) -> None:
        self.bench.api.clock.move(timedelta(seconds=self.dice.choice([1, 20, 90, 900])))

    async def cancel(self) -> None:
        if self.ids and self.dice.random() < 0.3:
            await self.bench.api.client.post(f"/v1/notices/{self.dice.choice(self.ids)}/cancel")

    async def opt_out(self) -> None:
        if self.ids and self.dice.random() < 0.1:
            await self.bench.event("opt_out", channel=self.dice.choice(["sms", "email"]), scope="medium")

    async def release(self) -> None:
        held = (await self.bench.api.client.get("/v1/holds")).json()["items"]
        if held and self.dice.random() < 0.5:
            delivery, how = (
                self.dice.choice(held)["delivery"],
                self.dice.choice(["decide_again", "close", "delivered"]),
            )
            body = {"deliveries": [delivery], "reason": "seen", "how": how}
            assert (await self.bench.api.client.post("/v1/holds/release", json=body)).is_success
            self.again[delivery.replace("dlv_", "ntc_")] += how == "decide_again"

    async def run(self) -> None:
        steps = [self.accept, self.decide, self.dial, self.send, self.settle, self.crash, self.sweep]
        steps += [self.receipt, self.wait, self.cancel, self.opt_out, self.release]
        weights = [3, 6, 6, 6, 5, 1, 2, 3, 2, 1, 1, 1]
        for step in self.dice.choices(steps, weights, k=STEPS):
            await step()
            self.judge()

    def judge(self) -> None:
        """Nobody heard the same twice unless a person said so; no window holds more than the cap allows."""
        counts = Counter(
            message.attempt_id.replace("att_", "ntc_").rpartition(".")[0] for message, _ in self.heard
        )
        assert {} == {one: count for one, count in counts.items() if count > 1 + self.again[one]}
        assert len(self.heard) <= CAP  # the whole history lies within a day

    async def end(self) -> None:
        """Everything comes to rest: leases lapse, providers are asked for the last time."""
        self.rounds, self.dialed, self.sent = [], [], []
        async with self.bench.api.runtime.database.connection() as connection:
            await connection.execute(
                "UPDATE deliveries SET lease_until = now() - interval '1 hour' WHERE state = 'sending'"
            )
        for _ in range(7):
            self.bench.api.clock.move(timedelta(hours=3))
            await self.bench.sweep()
        states = {state for id_ in self.ids for state in (await self.bench.states(id_)).values()}
        assert set() == states & {"sending", "unknown"}
        async with self.bench.api.runtime.database.connection() as connection:
            left = await connection.fetchval(
                "SELECT count(*) FROM attempts WHERE state IN ('reserved', 'dialing')"
            )
            assert 0 == left
            assert 0 == await connection.fetchval(
                "SELECT count(*) FROM deliveries WHERE state = 'held' AND reason IS NULL"
            )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
async def test_no_history_harms_anybody(bench: Any, plain: dict[str, Any], seed: int) -> None:
    """Replay one by its seed."""
    history = History(bench, plain, seed)
    await history.run()
    await history.end()


WORDS = (Progress.ACCEPTED, Progress.HELD, Progress.DELIVERED, Progress.UNDELIVERED)


@pytest.mark.slow
async def test_the_final_state_does_not_hang_on_the_order_of_the_words(
    bench: Any, plain: dict[str, Any]
) -> None:
    """The answer to the request and every receipt, in every order, each said twice: the borrower heard, and
    that is what stays."""
    found = set()
    for number, order in enumerate(permutations((*WORDS, None))):
        who = {"id": f"B-{number}", "addresses": {"sms": f"+1{202 + number // 100}55501{number % 100:02d}"}}
        id_ = await bench.accept({**plain, "borrower": {**plain["borrower"], **who}})
        [one] = await bench.dial(await bench.decide())
        for word in [word for twice in order for word in (twice, twice)]:
            if word is None:
                sent = Sent(key=one.reserved.key, outcome=Accepted(ref="SM1"), at=bench.api.clock.now())
                await settle(bench.api.runtime, [sent])
            else:
                outcome = {Progress.DELIVERED: "delivered", Progress.UNDELIVERED: "failed"}.get(word)
                await bench.receipt(one.message, word, outcome, ref="SM1")
        [delivery] = (await bench.read(id_)).values()
        [attempt] = delivery["attempts"]
        found.add((delivery["state"], attempt["state"], attempt["outcome"], attempt["provider_ref"]))
    assert {("delivered", "delivered", "delivered", "SM1")} == found


async def test_a_hundred_times_the_same_receipt_is_one(bench: Any, plain: dict[str, Any]) -> None:
    """Kept once, logged once."""
    id_ = await bench.accept(plain)
    [message] = await bench.work()
    effects = [(await bench.receipt(message, Progress.DELIVERED, "delivered")).effect for _ in range(100)]
    assert ["advanced", *["repeated"] * 99] == effects
    assert 1 == (await bench.log(notice=id_)).count("receipt")
