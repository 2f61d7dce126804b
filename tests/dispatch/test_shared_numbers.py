"""A number that several borrowers have: what the phone networks take in an hour holds for the number."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Never

import pytest

from channels.outcome import Unknown
from service.dispatch.intake.borrowers import store_profiles
from service.dispatch.number_limits import shared as dispatch
from service.dispatch.number_limits.hourly import ALIKE, ANY
from service.dispatch.runtime import Overlaps, Runtime
from service.model.notice import Address, BorrowerDraft
from service.store import shared_numbers
from service.worker import background_tasks
from tests.dispatch.conftest import Bench

HOUR = timedelta(hours=1, seconds=1)
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
REASON = "the phone networks take no more messages to this number within the hour"


@pytest.fixture(autouse=True)
def no_other_bound(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No policy's cap: what holds here holds beside every policy."""
    policies = bench.api.runtime.in_force.shipped_policies
    monkeypatch.setattr(
        bench.api.runtime.in_force, "shipped_policies", {"house-8-21": policies["house-8-21"]}
    )
    monkeypatch.setattr(bench.api.runtime.in_force, "names", ("house-8-21",))


def to(plain: dict[str, Any], borrower: str, number: str = "+12025550101", **debt: str) -> dict[str, Any]:
    """A notice to a borrower with this number for everything."""
    profile = {**plain["borrower"], "id": borrower, "addresses": {"sms": number, "voice": number}}
    return {**plain, "borrower": profile, "debt": {**plain["debt"], **debt}}


async def begin(bench: Any, plain: dict[str, Any], *borrowers: str) -> None:
    """Store borrowers with one number. The first message says more than others: it is gone."""
    for borrower in borrowers:
        await bench.accept(to(plain, borrower), "voice", reference=f"first of {borrower}")
    await bench.work()


async def accept(bench: Any, plain: dict[str, Any], borrower: str, count: int) -> None:
    """So many notices in the same words."""
    for number in range(count):
        await bench.accept(to(plain, borrower), reference=f"{borrower}.{number}")


async def rows(bench: Any, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    async with bench.api.runtime.database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(query, *arguments)]


async def waiting(bench: Any) -> list[tuple[str, datetime]]:
    return await rows(bench, "SELECT reason, due_at FROM deliveries WHERE state = 'deferred'")


async def test_two_borrowers_of_one_number_get_no_more_identical_messages_than_the_networks_take(
    bench, plain
):
    """Together, and the rest waits until the hour has passed since the first."""
    await begin(bench, plain, "B-1", "B-2")
    await accept(bench, plain, "B-1", 10)
    await accept(bench, plain, "B-2", 10)
    at = bench.api.clock.now()
    sent = await bench.work()
    assert (ALIKE, 1) == (len(sent), len({message.content.body for message in sent}))
    assert [(REASON, at + timedelta(hours=1))] * 4 == await waiting(bench)
    bench.api.clock.move(HOUR)
    assert 4 == len(await bench.work())


async def test_a_number_that_stands_in_many_profiles_gets_no_more_than_the_networks_take(bench, plain):
    """Each with other words, one notice for each of them."""
    notices = [to(plain, f"B-{number}", amount_due=f"{100 + number}.00") for number in range(120)]
    for first in range(0, 120, 40):
        answer = await bench.api.client.post(
            "/v1/notices/batch", json={"notices": notices[first : first + 40]}
        )
        assert 202 == answer.status_code, answer.text
    assert ANY == len(await bench.work())
    bench.api.clock.move(HOUR)
    assert 40 == len(await bench.work())


async def test_other_words_and_other_numbers_are_not_kept_waiting(bench, plain):
    await begin(bench, plain, "B-1", "B-2")
    await accept(bench, plain, "B-1", ALIKE)
    assert ALIKE == len(await bench.work())
    await bench.accept(to(plain, "B-2", amount_due="99.00"))
    await bench.accept(to(plain, "B-2"), "voice")
    await bench.accept(to(plain, "B-3", "+12025550103"))
    assert 3 == len(await bench.work())


async def test_who_has_a_number_alone_is_not_looked_up(bench, plain, monkeypatch):
    """The claim says so, and nothing is asked, held or written for the number."""

    def never(*_: object, **__: object) -> Never:
        raise AssertionError("nothing is shared")

    await begin(bench, plain, "B-1")
    for name in ("flag", "unflagged", "lock", "hourly_counts", "record"):
        monkeypatch.setattr(shared_numbers, name, never)
    await accept(bench, plain, "B-1", 3)
    await bench.accept(to(plain, "B-2", "+12025550102"))
    round_ = await bench.decide()
    assert [False] * 4 == [reserved.shares for reserved in round_.reserved]
    assert 4 == len(await bench.dial(round_))
    assert (0, 0) == (await bench.api.count("shared_numbers"), await bench.api.count("shared_texts"))


async def test_a_profile_that_joins_a_number_counts_what_the_number_got_before(bench, plain):
    """Their words cannot be compared any more, so that they count as identical to every other until the hour
    is over."""
    await begin(bench, plain, "B-1")
    await bench.accept(to(plain, "B-2", "+12025550102"), "voice")
    await accept(bench, plain, "B-1", ALIKE)
    at = bench.api.clock.now()
    assert ALIKE + 1 == len(await bench.work())
    bench.api.clock.move(timedelta(minutes=10))
    answer = await bench.api.client.put(
        "/v1/borrowers/B-2", json={k: v for k, v in to(plain, "B-2")["borrower"].items() if k != "id"}
    )
    assert 200 == answer.status_code, answer.text
    await bench.accept(to(plain, "B-2"))
    assert 0 == len(await bench.work())
    assert [(REASON, at + timedelta(hours=1))] == await waiting(bench)
    bench.api.clock.move(timedelta(minutes=50, seconds=1))
    assert 1 == len(await bench.work())


def draft(runtime: Runtime, borrower: str) -> tuple[Any, BorrowerDraft]:
    profile = BorrowerDraft(
        id=borrower, name=None, language="en-US", jurisdiction=None, time_zone=None, postal_code=None,
        country="US",
        addresses={"sms": Address("+12025550101")}, consents=(),
    )  # fmt: skip
    return runtime.vault.borrower_key(borrower), profile


async def store_at_once(first: Runtime, second: Runtime) -> None:
    """Two transactions that do not see each other: the first begins first, and commits last."""
    one, two = draft(first, "B-1"), draft(second, "B-2")
    async with dispatch.storing_numbers(first) as storing, first.database.transaction() as connection:
        await store_profiles(first, connection, dict([one]), {}, storing)
        async with dispatch.storing_numbers(second) as other, second.database.transaction() as beside:
            await store_profiles(second, beside, dict([two]), {}, other)


async def test_two_profiles_that_are_stored_at_once_are_found_to_share_a_number(bench, plain):
    """Whoever commits last looks again, before anything is answered."""
    runtime = bench.api.runtime
    await store_at_once(runtime, runtime)
    assert 2 == await bench.api.count("shared_numbers")
    assert {} == runtime.overlaps._by_number


async def test_what_two_processes_store_at_once_is_found_by_the_next_pass(bench, plain, monkeypatch):
    """Also where the pass takes many pages, and one number more than a page; texts that went meanwhile are
    counted."""
    monkeypatch.setattr(dispatch, "PAGE", 3)
    monkeypatch.setattr(dispatch, "FLAGS_AT_A_TIME", 2)
    await store_at_once(bench.api.runtime, replace(bench.api.runtime, overlaps=Overlaps()))
    for number in range(10, 20):
        await bench.accept(to(plain, f"B-{number}", f"+120255501{number}"))
    assert 10 == len(await bench.work())
    await rows(
        bench,
        "INSERT INTO addresses SELECT gen_random_uuid(), 'sms', digest FROM addresses, generate_series(1, "
        "7) WHERE channel = 'sms' AND borrower_id = $1",
        draft(bench.api.runtime, "B-15")[0],
    )
    assert 0 == await bench.api.count("shared_numbers")
    for _ in range(2):
        await dispatch.flag_missed(bench.api.runtime)
        assert (2 + 8, 1) == (await bench.api.count("shared_numbers"), await bench.api.count("shared_texts"))


async def test_notices_that_arrive_at_once_for_two_new_borrowers_are_counted_together(bench, plain):
    """However they are put together for the store."""
    bodies = [(f"B-{number % 2}", number) for number in range(60)]
    await asyncio.gather(
        *(bench.accept(to(plain, borrower), reference=str(number)) for borrower, number in bodies)
    )
    sent = await bench.work()
    counts = [
        len([one for one in sent if one.content.body == words])
        for words in {one.content.body for one in sent}
    ]
    assert ALIKE == max(counts)
    assert len(sent) < 2 * ALIKE  # the first message to each, which says more, and the others


async def test_a_number_in_many_profiles_is_not_gone_through_again(bench, plain, monkeypatch):
    """Who joins is marked, and of the others no more is read than were stored, and one."""
    await begin(bench, plain, "B-1", "B-2")

    def never(*_: object, **__: object) -> Never:
        raise AssertionError("the others are marked")

    monkeypatch.setattr(shared_numbers, "unflagged", never)
    await begin(bench, plain, "B-3", "B-4")
    assert 4 == await bench.api.count("shared_numbers")


async def test_what_an_erased_sharer_got_counts_until_the_hour_is_over(bench, plain):
    """The number stays what it is: what is left names no words, and nobody has the number."""
    await begin(bench, plain, "B-1", "B-2")
    await accept(bench, plain, "B-1", 10)
    assert 10 == len(await bench.work())
    erased = bench.api.runtime.vault.borrower_key("B-1")
    assert 200 == (await bench.api.client.post("/v1/borrowers/B-1/erase")).status_code
    assert [(10,)] == await rows(
        bench, "SELECT count(*) FROM shared_texts WHERE borrower_id = $1 AND words IS NULL", erased
    )
    assert [(0,)] == await rows(bench, "SELECT count(*) FROM shared_numbers WHERE borrower_id = $1", erased)
    await accept(bench, plain, "B-2", 10)
    assert ALIKE - 10 == len(await bench.work())
    bench.api.clock.move(HOUR)
    await background_tasks.tidy(bench.api.runtime)
    bench.api.clock.move(HOUR)
    await background_tasks.tidy(bench.api.runtime)
    assert 0 == await bench.api.count("shared_texts")


async def test_a_mark_of_a_borrower_who_was_erased_meanwhile_goes_with_the_next_pass(bench, plain):
    await begin(bench, plain, "B-1", "B-2")
    await rows(
        bench, "INSERT INTO shared_numbers SELECT gen_random_uuid(), digest FROM shared_numbers LIMIT 1"
    )
    await dispatch.flag_missed(bench.api.runtime)
    assert 2 == await bench.api.count("shared_numbers")


async def test_another_worker_counts_what_the_one_that_is_gone_had_marked(bench, plain):
    """It may have left: nobody knows whether the bytes went before the end."""
    await begin(bench, plain, "B-1", "B-2")
    await accept(bench, plain, "B-1", 10)
    assert 10 == len(await bench.dial(await bench.decide()))
    await accept(bench, plain, "B-2", 10)
    successor = Bench(bench.api, bench.providers)
    assert ALIKE - 10 == len(await successor.work())


async def test_a_hand_over_whose_end_nobody_knows_counts(bench, plain):
    await begin(bench, plain, "B-1", "B-2")
    bench.providers["sms"].answers = [Unknown(code="timeout", reason="no answer")]
    await accept(bench, plain, "B-1", 1)
    await accept(bench, plain, "B-2", ALIKE)
    assert ALIKE == len(await bench.work())


async def test_two_workers_that_mark_at_once_let_no_more_through_than_one(bench, plain, monkeypatch):
    """The second is alone with the number only after the first has committed."""
    written, go, record = asyncio.Event(), asyncio.Event(), shared_numbers.record

    async def recorded(*arguments: Any) -> None:
        await record(*arguments)
        written.set()
        await go.wait()

    monkeypatch.setattr(shared_numbers, "record", recorded)
    await begin(bench, plain, "B-1", "B-2")
    for borrower in ("B-1", "B-2"):
        await accept(bench, plain, borrower, ALIKE)
    rounds = [await bench.decide(limit=ALIKE), await bench.decide(limit=ALIKE)]
    first = asyncio.create_task(bench.dial(rounds[0]))
    await written.wait()
    written.clear()
    second = asyncio.create_task(bench.dial(rounds[1]))
    while not written.is_set() and not await rows(bench, WAITING):
        await asyncio.sleep(0)
    go.set()
    dialed = [await first, await second]
    assert [ALIKE, ALIKE] == [len(one.reserved) for one in rounds]
    assert ALIKE == sum(len(one) for one in dialed)


async def test_the_migration_finds_who_shares_a_number_and_what_it_got(bench, plain):
    await begin(bench, plain, "B-1", "B-2")
    await accept(bench, plain, "B-1", 3)
    await bench.accept(to(plain, "B-3", "+12025550103"))
    assert 4 == len(await bench.work())
    tables = ("shared_numbers", "shared_texts")
    before = [await rows(bench, f"SELECT digest, borrower_id FROM {table} ORDER BY 1, 2") for table in tables]
    await rows(bench, "UPDATE attempts SET at = now()")
    step = import_module("service.store.migrations.versions.0012_shared_numbers")
    async with bench.api.runtime.database.connection() as connection:
        trial = connection.transaction()
        await trial.start()
        try:
            await connection.execute(f"DROP TABLE {', '.join(tables)}")
            for statement in step.UP:
                await connection.execute(statement)
            after = [
                [
                    tuple(row)
                    for row in await connection.fetch(
                        f"SELECT digest, borrower_id FROM {table} ORDER BY 1, 2"
                    )
                ]
                for table in tables
            ]
        finally:
            await trial.rollback()  # what later steps hung on the tables stays for the next test
    assert [2, 3] == [len(one) for one in before]
    assert before == after


async def test_the_numbers_of_the_sandbox_are_anybodys(bench, plain):
    """It delivers to every address, and no phone network stands behind one."""
    bench.providers["sms"].name = "sandbox"
    await begin(bench, plain, "B-1", "B-2")
    await accept(bench, plain, "B-1", 10)
    await accept(bench, plain, "B-2", 10)
    assert 20 == len(await bench.work())
