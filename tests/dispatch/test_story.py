"""What the log tells afterwards: the story of a notice, the timeline of a borrower, a decision taken again,
exports in every form."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from policies.policy import canonical_text, parse_policy
from service.dispatch.what_if.replay import replay
from service.errors import NotFound
from service.ids import NoticeId
from service.log.explain import explain
from service.log.sequence import sequence_once
from service.store.policies import keep_texts


async def sequence(bench) -> None:
    """Sequence what is there."""
    async with bench.api.runtime.database.connection() as connection:
        await sequence_once(connection, bench.api.runtime.vault)


async def decisions(bench) -> list[int]:
    """The indexes of the decisions, oldest first."""
    await sequence(bench)
    items = (await bench.api.client.get("/v1/log", params={"kind": "decision"})).json()["items"]
    return [one["index"] for one in reversed(items)]


async def test_the_story_of_a_notice_in_sentences(bench, plain):
    """Accepted, allowed, handed over; the fourth one waits, and says why with its citation."""
    first = await bench.accept(plain)
    for number in range(2):
        await bench.accept(plain, reference=str(number))
    await bench.work()
    last = await bench.accept(plain, reference="last")
    await bench.work()
    told = [
        await explain([(bench.api.runtime.database, None)], bench.api.runtime.vault, NoticeId.parse(one))  # type: ignore[arg-type]
        for one in (first, last)
    ]
    assert "asked to send “overdue-reminder@0” by sms; accepted." in told[0][0]
    assert "sms: allowed by house-strict@" in told[0][1]
    assert re.search(
        r"attempt 1: scripted accepted it as sms-[123]\.", told[0][2]
    )  # all three were accepted at one instant
    assert "sms: deferred until 2026-12-01T" in told[1][1]
    assert told[1][2].startswith("    because ")
    assert "3" in told[1][2]
    assert [] == await explain(
        [(bench.api.runtime.database, None)],
        bench.api.runtime.vault,
        NoticeId(NoticeId.parse(first).borrower, 1),
    )


async def test_the_story_says_who_cancelled_and_what_that_stopped(bench, plain):
    """In time, and too late."""
    first, second = await bench.accept(plain), await bench.accept(plain, reference="2")
    await bench.api.client.post(f"/v1/notices/{first}/cancel")
    await bench.work()
    await bench.api.client.post(f"/v1/notices/{second}/cancel")
    told = [
        await explain([(bench.api.runtime.database, None)], bench.api.runtime.vault, NoticeId.parse(one))  # type: ignore[arg-type]
        for one in (first, second)
    ]
    assert told[0][1].endswith(": key:bootstrap cancelled it; stopped: sms.")
    assert told[1][3].endswith(": key:bootstrap cancelled it; stopped: nothing, it was too late.")


async def test_a_decision_is_taken_again_from_its_entry_alone(bench, plain):
    """The same; after the erasure the facts are gone, and it says so."""
    for number in range(4):
        await bench.accept(plain, reference=str(number))
    await bench.work()
    runtime = bench.api.runtime
    entries = await decisions(bench)
    results = [
        await replay(runtime.database, runtime.vault, runtime.in_force.find_policy, one) for one in entries
    ]
    assert ["allow", "allow", "allow", "defer"] == [one.logged for one in results]
    assert all(one.same and not one.gone for one in results)
    assert "The same again: defer was logged." == results[3].sentence()
    assert (await bench.api.client.post("/v1/borrowers/B-1/erase")).is_success
    gone = await replay(runtime.database, runtime.vault, runtime.in_force.find_policy, entries[0])
    assert (None, False) == (gone.verdict, gone.same)
    assert "erased" in gone.sentence()
    others = {one["index"] for one in (await bench.api.client.get("/v1/log")).json()["items"]} - set(entries)
    assert 0 in others, "the first acceptance"
    for index in (*others - {None}, -1, 10**9):
        with pytest.raises(NotFound, match="no decision and no choice has the index"):
            await replay(runtime.database, runtime.vault, runtime.in_force.find_policy, index)


async def test_a_policy_that_is_not_at_hand_is_named(bench, plain):
    await bench.accept(plain)
    await bench.work()
    runtime = bench.api.runtime
    result = await replay(runtime.database, runtime.vault, lambda *_: None, (await decisions(bench))[0])
    assert result.verdict is None
    assert "house-strict@" in result.gone[0]


async def test_a_policy_that_ships_no_more_is_known_by_the_text_that_was_kept(bench, plain):
    """Years later, another release: its own policies are others, and the decision comes out the same from the
    kept text."""
    await bench.accept(plain)
    await bench.work()
    runtime = bench.api.runtime
    async with runtime.database.connection() as connection:
        shipped = runtime.in_force.shipped_policies.values()
        kept = [(one.digest, one.name, one.version, canonical_text(one.document)) for one in shipped]
        assert all(parse_policy(text).digest == digest for digest, _, _, text in kept)
        for _ in range(2):
            await keep_texts(connection, kept)
    result = await replay(runtime.database, runtime.vault, lambda *_: None, (await decisions(bench))[0])
    assert (True, ()) == (result.same, result.gone)


async def test_the_timeline_shows_what_reached_the_borrower_and_what_is_left(bench, plain):
    """Two of three contacts are used; the next one may go now, on every channel that has an address."""
    for number in range(2):
        await bench.accept(plain, reference=str(number))
    await bench.work()
    answer = await bench.api.client.get("/v1/borrowers/B-1/timeline")
    assert 200 == answer.status_code
    shown = answer.json()
    assert 2 <= len(shown["items"])
    assert {"sms", "email", "voice"} == {one["channel"] for one in shown["channels"]}
    left = {
        budget["remaining"] for one in shown["channels"] for budget in one["budgets"] if budget["limit"] == 3
    }
    assert {1} == left
    assert {"allow"} == {one["verdict"] for one in shown["channels"]}
    assert 404 == (await bench.api.client.get("/v1/borrowers/B-9/timeline")).status_code


async def test_exports_say_the_same_in_every_form(bench, plain):
    """JSON lines, CSV and Parquet hold the same entries, in the order of the index."""
    await bench.accept(plain)
    await bench.work()
    await sequence(bench)
    forms = {}
    for form in ("jsonl", "csv", "parquet"):
        answer = await bench.api.client.get("/v1/log/export", params={"format": form})
        assert 200 == answer.status_code
        forms[form] = answer.content
    lines = [json.loads(line) for line in forms["jsonl"].splitlines()]
    rows = list(csv.DictReader(io.StringIO(forms["csv"].decode())))
    table = pq.read_table(io.BytesIO(forms["parquet"])).to_pylist()
    assert list(range(len(lines))) == [line["index"] for line in lines]
    assert [line["leaf"] for line in lines] == [row["leaf"] for row in rows] == [row["leaf"] for row in table]
    assert [line["hash"] for line in lines] == [row["hash"] for row in rows] == [row["hash"] for row in table]
    assert 3 == (await bench.api.client.get("/v1/log", params={"kind": "log.exported"})).text.count(
        '"log.exported"'
    )


async def test_the_log_is_read_by_what_is_asked_for(bench, plain):
    """Each filter narrows; pages follow each other without gap while entries arrive."""
    ids = [await bench.accept(plain, reference=str(number)) for number in range(3)]
    await bench.work()
    read = bench.api.client.get
    assert {ids[1]} == {
        one["notice"] for one in (await read("/v1/log", params={"notice": ids[1]})).json()["items"]
    }
    assert {"allow"} == {
        one["verdict"] for one in (await read("/v1/log", params={"verdict": "allow"})).json()["items"]
    }
    assert 3 == len((await read("/v1/log", params={"policy": "house-strict"})).json()["items"])
    assert [] == (await read("/v1/log", params={"policy": "us-reg-f"})).json()["items"]
    assert (
        []
        == (
            await read("/v1/log", params={"from": (bench.api.clock.now() + timedelta(days=1)).isoformat()})
        ).json()["items"]
    )
    whole = [one["leaf"] for one in (await read("/v1/log")).json()["items"]]
    found, cursor = [], None
    while True:
        page = (await read("/v1/log", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        found += [one["leaf"] for one in page["items"]]
        await bench.accept(plain, reference=f"later {len(found)}")
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert whole == found


async def test_an_export_ends_with_its_own_entry_and_leads_to_its_checkpoint(bench, plain):
    """While somebody sequences: a log at rest is as long as its last export. Afterwards it grows, and that
    checkpoint is still there."""
    await bench.accept(plain)
    stop = asyncio.Event()

    async def sequencer() -> None:
        while not stop.is_set():
            await sequence(bench)
            await asyncio.sleep(0)

    sequencing = asyncio.create_task(sequencer())
    answer = await bench.api.client.get("/v1/log/export")
    stop.set()
    await sequencing
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "log.exported" == lines[-1]["kind"]
    path = answer.headers["link"].split(">")[0].removeprefix("<")
    assert f"/v1/log/checkpoint?size={len(lines)}" == path
    note = (await bench.api.client.get(path)).text
    assert note == (await bench.api.client.get("/v1/log/checkpoint")).text
    await bench.accept(plain, reference="2")
    await sequence(bench)
    assert note == (await bench.api.client.get(path)).text
    assert note != (await bench.api.client.get("/v1/log/checkpoint")).text
    for size, status in (("0", 404), (str(len(lines) + 1000), 404), ("-1", 422), ("x", 422)):
        assert status == (await bench.api.client.get("/v1/log/checkpoint", params={"size": size})).status_code


async def test_a_timeline_has_pages(bench, plain):
    """Every item once, in one order, also where many have the same instant and an id is as long as an id can
    be."""
    await bench.accept(plain, "sms", "email", "voice")
    await bench.work()
    for number in range(5):
        await bench.event("payment", event_id=f"{number}" + "\U0001f98a" * 127)
    read = bench.api.client.get
    whole = (await read("/v1/borrowers/B-1/timeline")).json()
    assert whole["next_cursor"] is None
    seen, cursor = [], None  # type: ignore[var-annotated]
    while cursor is not None or not seen:
        answer = (
            await read(
                "/v1/borrowers/B-1/timeline", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
            )
        ).json()
        assert len(answer["items"]) <= 2
        seen, cursor = [*seen, *answer["items"]], answer["next_cursor"]
    assert whole["items"] == seen
    assert 11 <= len(seen)
    assert 422 == (await read("/v1/borrowers/B-1/timeline", params={"cursor": "x"})).status_code
