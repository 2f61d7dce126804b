"""A notice whose beginning was archived: its story and its decisions say where they are, and come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.dispatch.audit import archives as use
from service.dispatch.audit.proofs import proof_file, prove
from service.dispatch.what_if.replay import replay, replay_archived
from service.dispatch.what_if.simulate import Range, run_simulation
from service.errors import Conflict, InvalidRequest, NotFound
from service.ids import NoticeId
from service.log.archived import DETAILS, digest_of
from service.log.explain import explain, explain_archived
from service.log.read import known_verifier_keys
from service.log.verify import read_by_any, verify_lines
from service.model.actor import Actor
from tests.dispatch.test_story import decisions, sequence

OPERATOR = Actor(name="operator:test")


async def archived(bench: Any, folder: Any) -> Any:
    """Archive everything that there is, and drop it."""
    runtime = bench.api.runtime
    await sequence(bench)
    planned = await use.plan(runtime, runtime.clock.now() + timedelta(seconds=1))
    path = folder / "old.jsonl"
    path.write_bytes(b"".join([one async for one in use.lines(runtime, planned)]))
    beside = folder / ("old.jsonl" + DETAILS)
    beside.write_bytes(b"".join([one async for one in use.details(runtime, planned)]))
    digests = {"digest": digest_of(path), "details_digest": digest_of(beside)}
    await use.tell(runtime, OPERATOR, planned, **digests, place="shelf 4")
    await sequence(bench)
    assert 0 == await use.drop(runtime, OPERATOR, (await use.archive_of(runtime, digests["digest"]))[0])
    await sequence(bench)
    keys = await known_verifier_keys(runtime.database, runtime.vault)
    lines = path.read_bytes().splitlines(keepends=True)
    assert verify_lines(lines, [read_by_any(planned.note, keys)], keys=keys).holds
    return path


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequencer runs when it is told to."""
    monkeypatch.setattr("service.dispatch.audit.log.SEQUENCED_WITHIN", 0.0)


async def test_a_decision_that_was_archived_says_where_it_is_and_is_taken_again_from_there(
    bench: Any, plain: Any, tmp_path: Any
) -> None:
    """The same verdict from the file, for as long as the borrower's key is here; never from a file that was
    changed."""
    id_ = await bench.accept(plain)
    await bench.work()
    (index,) = await decisions(bench)
    runtime, find = bench.api.runtime, bench.api.runtime.in_force.find_policy
    before = await replay(runtime.database, runtime.vault, find, index)
    assert before.same
    path = await archived(bench, tmp_path)
    said = f"entry {index} is in the archive of entries 0 to .* shelf 4"
    with pytest.raises(NotFound, match=said):
        await replay(runtime.database, runtime.vault, find, index)
    with pytest.raises(NotFound, match=said):
        await prove(runtime, index, OPERATOR)
    with pytest.raises(NotFound, match=said):
        await proof_file(runtime, [index], OPERATOR)
    assert before == await replay_archived(runtime.database, runtime.vault, find, index, path)
    with pytest.raises(NotFound, match="no decision and no choice has the index"):
        await replay_archived(runtime.database, runtime.vault, find, 0, path)
    answer = await bench.api.client.post(
        f"/v1/borrowers/{plain['borrower']['id']}/erase", json={"reason": "asked"}
    )
    assert answer.is_success, answer.text
    gone = await replay_archived(runtime.database, runtime.vault, find, index, path)
    assert (None, ("the facts were erased with the borrower",)) == (gone.verdict, gone.gone)
    path.write_bytes(path.read_bytes() + b"{}")
    with pytest.raises(Conflict, match="is not what the log tells of"):
        await replay_archived(runtime.database, runtime.vault, find, index, path)
    assert NoticeId.parse(id_)


async def test_a_story_without_its_beginning_says_where_that_is(
    bench: Any, plain: Any, tmp_path: Any
) -> None:
    """What came after the drop is told as ever; the archive tells what came before it."""
    first = await bench.accept(plain)
    for number in range(3):
        first = await bench.accept(plain, reference=str(number))
    await bench.work()
    runtime = bench.api.runtime
    notice = NoticeId.parse(first)
    assert notice is not None
    whole = await explain([(runtime.database, None)], runtime.vault, notice)
    assert "accepted." in whole[0]
    path = await archived(bench, tmp_path)
    (only,) = await explain([(runtime.database, None)], runtime.vault, notice)
    assert "Its beginning is not here: older entries are in the archive of entries 0 to" in only
    assert whole == await explain_archived(runtime.database, runtime.vault, notice, path)
    await bench.api.client.post(f"/v1/notices/{first}/cancel")
    after = await explain([(runtime.database, None)], runtime.vault, notice)
    assert (only, True) == (after[0], "cancelled" in after[1])
    fresh = await bench.accept(plain, reference="new")
    told = await explain([(runtime.database, None)], runtime.vault, NoticeId.parse(fresh))  # type: ignore[arg-type]
    assert "accepted." in told[0]


async def test_a_simulation_that_reaches_into_what_was_archived_is_refused(
    bench: Any, plain: Any, tmp_path: Any
) -> None:
    """What is left would pass for the whole; from the first entry that is here it runs."""
    await bench.accept(plain)
    await bench.work()
    runtime, since = bench.api.runtime, bench.api.clock.now()
    await archived(bench, tmp_path)
    bench.api.clock.move(timedelta(days=2))
    policy = next(iter(runtime.in_force.shipped_policies.values()))
    until = bench.api.clock.now()
    with pytest.raises(InvalidRequest) as refused:
        await run_simulation(runtime, policy, Range(since=since - timedelta(hours=1), until=until), show=5)
    assert "what is older of the log was archived" in refused.value.field_errors[0].detail
    await run_simulation(runtime, policy, Range(since=since, until=until), show=5)
