"""Notices over two cells: each in its borrower's, a key once, a dead cell alone."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from service.api.bodies import parse
from service.api.schemas.notices import NoticeBody, notice_draft
from service.dispatch.intake import of_cells
from service.dispatch.intake.accept import Intake, Keyed
from service.dispatch.intake.group import AcceptedNotice
from service.errors import Moved, Unavailable
from service.model.actor import Actor
from tests.cells.conftest import TwoCells


async def test_each_notice_lies_in_its_borrowers_cell_and_lists_show_both(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Reads, lists in pages, and cancelling by reference know of no cells."""
    client = two.bench.api.client
    ids = []
    for number in range(6):
        two.bench.api.clock.move(timedelta(seconds=1))
        cell = (two.home, two.other)[number % 2]
        ids.append(await two.bench.accept(two.notice_in(cell, plain), reference=f"r-{number // 2}"))
    for cell in (two.home, two.other):
        async with cell.database.connection() as connection:
            assert 3 == await connection.fetchval("SELECT count(*) FROM notices")
    listed, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/notices", params=query)).json()
        listed += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert ids[::-1] == listed
    cancelled = await client.post("/v1/notices/cancel", json={"reference": "r-1"})
    assert sorted(ids[2:4]) == sorted(one["id"] for one in cancelled.json()["items"])


async def test_a_dead_cell_refuses_its_own_items_of_a_batch_alone(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """503 for those, 202 for the others; repeated with their keys, each is there once."""
    client = two.bench.api.client
    items = [
        {**two.notice_in(cell, plain), "idempotency_key": f"k-{number}"}
        for number, cell in enumerate((two.home, two.other) * 3)
    ]
    with two.away(two.other):
        answer = await client.post("/v1/notices/batch", json={"notices": items})
        listed = await client.get("/v1/notices")
    assert 202 == answer.status_code
    assert [None, 503] * 3 == [one.get("problem", {}).get("status") for one in answer.json()["results"]]
    assert 503 == listed.status_code, "a list without a cell is none"
    again = (await client.post("/v1/notices/batch", json={"notices": items})).json()["results"]
    assert [True, None] * 3 == [one.get("replayed") for one in again]
    assert 6 == await two.bench.api.count("notices")


@pytest.mark.parametrize("round_", range(8))
async def test_a_key_for_two_bodies_of_two_cells_is_taken_once(
    two: TwoCells, plain: dict[str, Any], round_: int
) -> None:
    """At once, in either order: one 202, one 422, one notice."""
    key = {"Idempotency-Key": f"key-{round_}"}
    bodies = [two.notice_in(cell, plain) for cell in (two.home, two.other)]
    answers = await asyncio.gather(
        *(
            two.bench.api.client.post("/v1/notices", json=one, headers=key)
            for one in bodies[:: 1 - 2 * (round_ % 2)]
        )
    )
    assert [202, 422] == sorted(one.status_code for one in answers)
    assert 1 == await two.bench.api.count("notices")


@pytest.mark.parametrize("point", ["claim.written", "claim.committed"])
@pytest.mark.parametrize("round_", range(4))
async def test_a_process_that_dies_between_the_two_commits_leaves_one_notice(
    two: TwoCells, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch, point: str, round_: int
) -> None:
    """The same body again is one 202 and then its replay; another body is 422."""
    client, home = two.bench.api.client, two.home
    name = next(
        f"key-{round_}-{number}"
        for number in range(100)
        if home.cells.of_digest(home.vault.text_digest("idempotency", f"key-{round_}-{number}")) is home
    )
    key, body = {"Idempotency-Key": name}, two.notice_in(two.other, plain)

    def die(passed: str) -> None:
        if passed == point:
            raise RuntimeError("killed")

    with monkeypatch.context() as killed:
        killed.setattr(of_cells, "reach", die)
        assert 500 == (await client.post("/v1/notices", json=body, headers=key)).status_code
    assert 0 == await two.bench.api.count("notices")
    first = await client.post("/v1/notices", json=body, headers=key)
    second = await client.post("/v1/notices", json=body, headers=key)
    assert [202, 202] == [first.status_code, second.status_code], first.text
    assert first.json()["id"] == second.json()["id"]
    assert "true" == second.headers["Idempotent-Replayed"]
    other = await client.post("/v1/notices", json=two.notice_in(two.home, plain), headers=key)
    assert 422 == other.status_code
    assert 1 == await two.bench.api.count("notices")


async def test_a_refused_notice_gives_its_key_back_wherever_it_was_claimed(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """A corrected body may use it again."""
    client = two.bench.api.client
    for number in range(6):
        key = {"Idempotency-Key": f"again-{number}"}
        body = two.notice_in((two.home, two.other)[number % 2], plain)
        refused = await client.post("/v1/notices", json={**body, "template": "no-such"}, headers=key)
        assert 422 == refused.status_code
        assert 202 == (await client.post("/v1/notices", json=body, headers=key)).status_code


async def test_an_event_name_for_two_borrowers_of_two_cells_is_a_conflict(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """And its repeat is harmless, in whichever cell the name is claimed."""
    client = two.bench.api.client
    for cell in (two.home, two.other):
        await two.bench.accept(two.notice_in(cell, plain))
    at = two.bench.api.clock.now().isoformat()
    for number in range(4):
        event = {"type": "payment", "at": at, "event_id": f"pay-{number}"}
        mine = {**event, "borrower_id": two.name_in((two.home, two.other)[number % 2])}
        theirs = {**event, "borrower_id": two.name_in((two.other, two.home)[number % 2])}
        assert (await client.post("/v1/events", json=mine)).json()["recorded"]
        assert not (await client.post("/v1/events", json=mine)).json()["recorded"]
        assert 409 == (await client.post("/v1/events", json=theirs)).status_code


async def test_a_row_of_another_cells_borrower_is_refused_by_the_database(two: TwoCells) -> None:
    """Whoever goes by an old map writes nothing."""
    stray = two.home.vault.borrower_key(two.name_in(two.other))
    with pytest.raises(Unavailable, match="moved to another cell"):
        async with two.home.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO events (borrower_id, event_id, at, learned_at, type, document)"
                " VALUES ($1, 'e', now(), now(), 'payment', '{}')",
                stray,
            )


async def test_who_has_moved_spoils_nobody_elses_acceptance(two: TwoCells, plain: dict[str, Any]) -> None:
    """Two notices share a transaction by an old map: one is stored, one is told to come again."""
    bodies = [two.notice_in(cell, plain) for cell in (two.home, two.other)]
    drafts = [Keyed(notice_draft(parse(NoticeBody, json.dumps(body).encode()))) for body in bodies]
    accepted, refused = await Intake(two.home, backlog=10).accept_many(drafts, Actor(name="test"))
    assert isinstance(accepted, AcceptedNotice)
    assert isinstance(refused, Moved)


async def test_the_log_is_read_over_both_cells_and_proved_in_each(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Each entry says its cell; a page goes on where the last one ended, in each of them."""
    client = two.bench.api.client
    for number in range(6):
        two.bench.api.clock.move(timedelta(seconds=1))
        await two.bench.accept(two.notice_in((two.home, two.other)[number % 2], plain))
    whole = (await client.get("/v1/log", params={"kind": "notice.accepted"})).json()["items"]
    assert [1, 0] * 3 == [one["cell"] for one in whole]
    found, cursor = [], None
    while True:
        query = {"kind": "notice.accepted", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/log", params=query)).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert whole == found
    assert 422 == (await client.get("/v1/log/key", params={"cell": 2})).status_code
    keys = [(await client.get("/v1/log/key", params={"cell": cell})).text for cell in (0, 1)]
    assert 2 == len(set(keys)), "each log has a key of its own"
