"""What home alone used to answer is answered over every cell: simulations, the first page of the console, the
story of a notice, what a provider lists after a restore; and a key goes on while home is away."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from channels.adapter import Listed, ListedInbound
from channels.message import Channel
from channels.receipt import Inbound, Progress, Receipt
from service.console.overview import look
from service.dispatch.reconcile.after_restore import Report, reconcile_since
from service.log.sequence import sequence_once
from service.model.actor import Actor, Role
from tests import processes
from tests.cells.conftest import TwoCells
from tests.dispatch.conftest import Provider

OPERATOR = Actor(name="operator:cli", role=Role.ADMIN)


async def one_in_each(two: TwoCells, plain: Mapping[str, Any]) -> list[str]:
    """A notice to a borrower of each cell, with numbers of their own, sent."""
    found = []
    for last, cell in enumerate((two.home, two.other)):
        body = two.notice_in(cell, plain)
        body["borrower"] = {**body["borrower"], "addresses": {"sms": f"+1202555010{last}"}}
        found.append(await two.bench.accept(body))
    assert 2 == len(await two.bench.work())
    return found


async def sequence(two: TwoCells) -> None:
    """What both logs hold gets its index."""
    for cell in (two.home, two.other):
        async with cell.database.connection() as connection:
            await sequence_once(connection, cell.vault)


@pytest.mark.parametrize("sequenced", [False, True])
async def test_a_simulation_takes_the_decisions_of_every_cell(
    two: TwoCells, plain: dict[str, Any], *, sequenced: bool
) -> None:
    """Sequenced or not."""
    await one_in_each(two, plain)
    if sequenced:
        await sequence(two)
    now = two.bench.api.clock.now()
    body = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}
    path = "/v1/policies/house-strict/versions/0/simulate"
    answer = await two.bench.api.client.post(path, json=body)
    assert answer.is_success, answer.text
    assert 2 == answer.json()["decisions"]["judged"], answer.json()


async def test_the_first_page_counts_every_cell(two: TwoCells, plain: dict[str, Any]) -> None:
    """What waits, and how long the logs are."""
    await one_in_each(two, plain)
    await sequence(two)
    at = two.bench.api.clock.now()
    found = await look(two.home, at=at, since=at - timedelta(days=1))
    each = [
        await look(cell_alone(cell), at=at, since=at - timedelta(days=1)) for cell in (two.home, two.other)
    ]
    assert {2} == {one.number for one in found.waits if one.state == "accepted"}
    assert found.sequenced == sum(one.sequenced for one in each) > max(one.sequenced for one in each)


def cell_alone(cell: Any) -> Any:
    """A cell as if there were no other."""
    return replace(cell, joined=None)


def command(databases: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`forbear …` in a process of its own."""
    secret = b64encode(b"k" * 32).decode()
    return processes.command(*arguments, env={**databases, "FORBEAR_SECRET_KEY": secret})


async def test_the_story_of_a_notice_is_told_from_its_own_log(
    two: TwoCells, plain: dict[str, Any], databases: dict[str, str]
) -> None:
    """Whichever cell it is in."""
    for id_ in await one_in_each(two, plain):
        done = command(databases, "log", "explain", id_, "--json")
        assert 0 == done.returncode, done.stderr
        assert "asked to send" in json.loads(done.stdout)[0]


async def test_a_key_goes_on_while_home_is_away_and_not_for_ever(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """One that this process knew: the other cell takes its notices for a quarter of an hour. One that it did
    not know is asked of home."""
    known, unknown = await two.bench.api.key("producer"), await two.bench.api.key("producer")
    client, clock = two.bench.api.client, two.bench.api.clock
    assert 200 == (await client.get("/v1/notices", headers=known)).status_code

    async def posted(headers: Mapping[str, str]) -> int:
        status: int = (
            await client.post("/v1/notices", json=two.notice_in(two.other, plain), headers=headers)
        ).status_code
        return status

    with two.away(two.home):
        for _ in range(3):
            clock.move(timedelta(minutes=4))
            assert 202 == await posted(known)
        assert 503 == await posted(unknown)
        clock.move(timedelta(minutes=4))
        assert 503 == await posted(known)
    assert 202 == await posted(known)


@dataclass(slots=True)
class Listing(Provider):
    """A provider that lists what it sent and heard."""

    list_: Sequence[Listed | ListedInbound] = field(default_factory=list)

    async def _listed(self) -> AsyncIterator[Listed | ListedInbound]:
        for one in self.list_:
            yield one

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        del since
        return self._listed()


async def test_what_left_since_a_backup_is_written_in_the_cell_of_its_borrower(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Each cell is asked: what one of them knows is known, what none does is a contact where the borrower is,
    and a STOP holds in both."""
    await one_in_each(two, plain)
    at = two.bench.api.clock.now()
    refs = [row["provider_ref"] for row in await two.bench.api.rows("SELECT provider_ref FROM attempts")]

    def message(to: str, ref: str) -> Listed:
        receipt = Receipt(
            provider="scripted", ref=ref, progress=Progress.DELIVERED, outcome="delivered",
            code=None, reason="", digest=ref,
        )  # fmt: skip
        return Listed(to=to, at=at, receipt=receipt)

    stop = Inbound(provider="scripted", ref="in-1", from_address="+12025550101", to_address="", words="STOP")
    provider = Listing(
        Channel.SMS,
        list_=[
            message("+12025550101", refs[-1]),
            message("+12025550101", "lost-1"),
            message("+12025550100", "lost-0"),
            message("+12025550199", "strange"),
            ListedInbound(at=at, inbound=stop),
        ],
    )

    async def run(*, apply: bool) -> Report:
        return await reconcile_since(
            two.home, {"sms": [provider]}, OPERATOR, since=at - timedelta(hours=1), apply=apply
        )

    def counted(report: Report) -> tuple[int, ...]:
        [line] = report.lines
        return line.listed, line.known, line.unknown, line.strangers, line.inbound

    assert (4, 1, 2, 1, 1) == counted(await run(apply=False))
    assert 0 == await two.bench.api.count("events WHERE event_id LIKE 'scripted_lost%'")
    assert (4, 1, 2, 1, 1) == counted(await run(apply=True))
    for number, cell in enumerate((two.home, two.other)):
        async with cell.database.connection() as connection:
            assert 1 == await connection.fetchval(
                "SELECT count(*) FROM events WHERE event_id = $1", f"scripted_lost-{number}"
            )
            assert 1 == await connection.fetchval("SELECT count(*) FROM suppressions")
    assert (4, 3, 0, 1, 0) == counted(await run(apply=True))
