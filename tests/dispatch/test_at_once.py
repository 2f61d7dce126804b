"""What may be handed over at once is marked with its decision, in one transaction, and by the same conditions
as a mark of its own."""

from __future__ import annotations

from typing import Any

import pytest

from service.dispatch.decide.claim import AtOnce, claim_and_decide
from service.dispatch.decide.rounds import Round
from service.dispatch.send.dial import composed_at_once
from service.dispatch.send.settle import settle
from service.store import queue
from tests.dispatch.test_suppressions import NUMBER, having, say

ANY = 1000


async def decide(bench: Any, *, room: int = ANY) -> Round:
    """Claim and decide as a worker does whose lanes have so much room."""
    names = {channel: one.name for channel, one in bench.providers.items()}
    return await claim_and_decide(
        bench.api.runtime,
        bench.zones,
        limit=100,
        adapters=names,
        lease_seconds=30.0,
        at_once=AtOnce(room=dict.fromkeys(names, room), compose=composed_at_once, send_within=15.0),
    )


async def attempts(bench: Any) -> list[tuple[Any, ...]]:
    """State, mark and digest of every attempt."""
    async with bench.api.runtime.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT state, dialed_at IS NOT NULL AS dialed, body_digest IS NOT NULL AS fixed, send_by > "
            "now() AS timed FROM attempts"
        )
    return [tuple(row) for row in rows]


async def test_a_message_is_marked_with_its_decision_and_settled_as_ever(bench, plain):
    """The mark is there before a byte leaves, with the digest of the bytes and the instant until which they
    may."""
    id_ = await bench.accept(plain)
    round_ = await decide(bench)
    assert ([], 1) == (round_.reserved, len(round_.dialed))
    assert [("dialing", True, True, True)] == await attempts(bench)
    await settle(bench.api.runtime, await bench.send(round_.dialed))
    assert {"sms": "accepted"} == await bench.states(id_)
    assert ["notice.accepted", "decision", "attempt.settled"] == await bench.log(notice=id_)


async def test_no_more_is_marked_than_there_is_room_for(bench, plain):
    """The rest waits for a mark of its own."""
    for number in range(3):
        address = {"sms": f"+1202555015{number}"}
        await bench.accept(having(plain, f"M-{number}", **address), reference=str(number))
    round_ = await decide(bench, room=2)
    assert (1, 2) == (len(round_.reserved), len(round_.dialed))
    assert 1 == len(await bench.dial(round_))


async def test_a_stop_between_the_decision_and_its_mark_is_not_passed(bench, plain, monkeypatch):
    """Said from a number of which nobody knows whose it is by now, so that no lock stood in its way: the mark
    sees it by itself."""
    await bench.accept(having(plain, "M-2"))
    unopposed = queue.unopposed

    async def nobody(*_: Any) -> list[Any]:
        return []

    async def die(*_: Any) -> None:
        return None

    async def after_a_stop(*arguments: Any) -> list[queue.Unopposed]:
        await say(bench.api, "STOP")
        return await unopposed(*arguments)

    monkeypatch.setattr("service.store.borrowers.with_address", nobody)
    monkeypatch.setattr("service.dispatch.receive.inbound.reach_others", die)
    monkeypatch.setattr(queue, "unopposed", after_a_stop)
    round_ = await decide(bench)
    assert (1, []) == (len(round_.reserved), round_.dialed)
    assert [] == await bench.dial(round_)
    await bench.work()
    assert [] == bench.providers["sms"].book


async def test_what_was_suppressed_before_is_seen_by_the_decision_and_the_mark_alike(bench, plain):
    """A number that is somebody else's stands against a reply to nobody: what the decision saw is no
    change."""
    await bench.accept(having(plain, "M-3"))
    round_ = await decide(bench)
    await settle(bench.api.runtime, await bench.send(round_.dialed))
    await say(bench.api, "STOP")
    await bench.accept(having(plain, "M-3"), reference="again")
    stopped = await decide(bench)
    sent = [one.reserved.category for one in stopped.dialed]
    assert ["optout_confirmation"] == [one.replace("-", "_") for one in sent]
    assert stopped.dialed[0].reserved.suppressions is not None


@pytest.mark.parametrize("why", ["shared", "voice", "broken"])
async def test_what_must_be_looked_at_first_is_left_to_a_mark_of_its_own(bench, plain, monkeypatch, why):
    """A number that others have, a call, and a text that cannot be rendered, which is then held with the
    reason."""
    if why == "shared":
        await bench.accept(having(plain, "M-0", sms=NUMBER), reference="other")
        await bench.work()
    if why == "broken":
        monkeypatch.setattr("service.dispatch.send.dial.compose", lambda *_: 1 / 0)
    await bench.accept(having(plain, "M-4"), "voice" if why == "voice" else "sms")
    round_ = await decide(bench)
    assert (1, []) == (len(round_.reserved), round_.dialed)
    assert (0 if why == "broken" else 1) == len(await bench.dial(round_))


async def test_a_worker_that_dies_before_the_hand_over_leaves_an_attempt_that_may_have_gone(bench, plain):
    """Marked and never heard of again: nobody sends it blindly a second time."""
    id_ = await bench.accept(plain)
    assert 1 == len((await decide(bench)).dialed)
    async with bench.api.runtime.database.transaction() as connection:
        await connection.execute("UPDATE deliveries SET lease_until = now() - interval '1 s'")
        await connection.execute("UPDATE attempts SET send_by = now() - interval '1 s'")
    await bench.sweep()
    assert {"sms": "unknown"} == await bench.states(id_)
    assert [] == await bench.work()
