"""Retention runs by policy: counted from events, tried before it is done, over kill -9; a hold keeps
everything."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.dispatch.records.retention import BATCH, run_retention
from service.log.export import export
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.sequence import sequence_once
from service.log.verify import read_checkpoint, verify_lines
from service.model.actor import Actor
from tests import processes

OPERATOR = Actor(name="operator:test")
THREE_YEARS = timedelta(days=1096)
"""12 CFR 1006.100(a), as the shipped pack counts it."""
TERM = timedelta(days=1100)
"""For as long the same pack looks back at contacts: nothing goes that a rule may still ask for."""
ROWS = ("notices", "deliveries", "attempts", "receipts")


def collected(notice: dict[str, Any], **debt: Any) -> dict[str, Any]:
    """The notice, sent by a debt collector: Regulation F binds."""
    return {**notice, "sender_role": "third_party", "debt": {**notice["debt"], **debt}}


async def finish(api: Any) -> None:
    """End what is open, as the passing of time does."""
    await api.rows("UPDATE deliveries SET state = 'expired', due_at = NULL")


async def accept(api: Any, body: dict[str, Any]) -> str:
    """Accept a notice; its id."""
    answer = await api.client.post("/v1/notices", json=body)
    assert 202 == answer.status_code, answer.text
    id_: str = answer.json()["id"]
    return id_


async def contacted(api: Any, at: datetime) -> None:
    """Give every delivery an attempt at `at` and a receipt, as sending does."""
    await api.rows(
        "INSERT INTO attempts (borrower_id, notice_no, channel, number, state, outcome, at, "
        "reserved_at, lease_token, decided_revision,"
        " address_digest, debt_id, creditor, category, medium)"
        " SELECT borrower_id, notice_no, channel, 1, 'delivered', 'delivered', $1, $1, 0, 1, '', "
        "'L-1', creditor, 'collection', channel"
        " FROM deliveries",
        at,
    )
    await api.rows(
        "INSERT INTO receipts SELECT borrower_id, notice_no, channel, 1, 'd', $1, 'delivered', "
        "'delivered', NULL, 'applied' FROM attempts",
        at,
    )


async def run(api: Any, *, apply: bool) -> dict[str, Any]:
    """A run, as the command prints it."""
    return (await run_retention(api.runtime, OPERATOR, apply=apply)).document()


async def test_the_dry_run_says_what_would_go_and_why_and_changes_nothing(
    api: Any, notice: dict[str, Any]
) -> None:
    """By rule and citation, to the day: after the term of the last contact and not a second before."""
    await accept(api, collected(notice))
    last = api.clock.now() + timedelta(days=2)
    await contacted(api, last)
    await finish(api)
    api.clock.move(last + TERM - timedelta(seconds=1) - api.clock.now())
    early = await run(api, apply=False)
    assert (0, 1, []) == (early["notices"], early["kept"], early["rules"])
    api.clock.move(timedelta(seconds=1))
    before = [await api.count(table) for table in (*ROWS, "log_entries", "borrowers")]

    due = await run(api, apply=False)

    assert (False, 1, 1) == (due["applied"], due["notices"], due["borrowers_erased"])
    rule = due["rules"][0]
    assert ("us-reg-f", "12 CFR 1006.100", 1, 1) == (
        rule["policy"],
        rule["citation"],
        rule["notices"],
        rule["debts"],
    )
    assert before == [await api.count(table) for table in (*ROWS, "log_entries", "borrowers")]
    assert 200 == (await api.client.get("/v1/borrowers/B-1")).status_code


async def test_what_may_go_goes_with_all_that_came_of_it(api: Any, notice: dict[str, Any]) -> None:
    """Rows, receipts, the borrower's key; it is logged with its citation, and the log verifies from before to
    after."""
    id_ = await accept(api, collected(notice))
    await contacted(api, api.clock.now())
    await finish(api)
    database = api.cell_of().database
    async with database.connection() as connection:
        await sequence_once(connection, api.runtime.vault)
    before = await latest_checkpoint(database)
    api.clock.move(TERM + timedelta(days=1))

    done = await run(api, apply=True)

    assert (True, 1, 1) == (done["applied"], done["notices"], done["borrowers_erased"])
    assert [0, 0, 0, 0] == [await api.count(table) for table in ROWS]
    assert 404 == (await api.client.get(f"/v1/notices/{id_}")).status_code
    assert 404 == (await api.client.get("/v1/borrowers/B-1")).status_code
    entries = (await api.client.get("/v1/log", params={"borrower": "B-1"})).json()["items"]
    assert ["borrower.erased", "retention.applied"] == [one["kind"] for one in entries[:2]]
    assert ["12 CFR 1006.100"] == entries[1]["public"]["citations"]
    assert all(one["detail"] in (None, {"erased": True}) for one in entries)
    async with database.connection() as connection:
        await sequence_once(connection, api.runtime.vault)
    key = (await current_verifier_keys(database, api.runtime.vault))[0]
    kept = [
        read_checkpoint(note, key) for note in (before, await latest_checkpoint(database)) if note is not None
    ]
    assert verify_lines(
        b"".join([one async for one in export(database, "jsonl")]).splitlines(keepends=True), kept
    ).holds
    assert 0 == (await run(api, apply=True))["notices"]


async def test_a_debt_with_activity_keeps_its_older_notices_and_lets_others_go(
    api: Any, notice: dict[str, Any]
) -> None:
    """The clock runs by debt: a payment that was reported begins it again; another debt of the borrower
    goes."""
    old = await accept(api, collected(notice))
    other = await accept(api, collected(notice, id="L-2"))
    await finish(api)
    api.clock.move(timedelta(days=1000))
    at = (api.clock.now() - timedelta(hours=1)).isoformat()
    paid = {
        "borrower_id": "B-1",
        "type": "payment",
        "at": at,
        "debt_ids": ["L-1"],
        "creditor": "first-inclusive-bank",
    }
    assert 202 == (await api.client.post("/v1/events", json=paid)).status_code
    about = {
        "borrower_id": "B-1",
        "type": "dispute",
        "at": "2026-11-24T16:00:00Z",
        "debt_ids": ["L-2"],
        "creditor": "first-inclusive-bank",
    }
    assert 202 == (await api.client.post("/v1/events", json=about)).status_code
    api.clock.move(timedelta(days=200))

    done = await run(api, apply=True)

    assert (1, 1, 0) == (done["notices"], done["kept"], done["borrowers_erased"])
    assert [200, 404] == [(await api.client.get(f"/v1/notices/{id_}")).status_code for id_ in (old, other)]
    assert {"consent", "payment"} == {row["type"] for row in await api.rows("SELECT type FROM events")}


async def test_an_open_notice_stays_and_so_does_one_that_no_rule_speaks_of(
    api: Any, notice: dict[str, Any]
) -> None:
    """Nothing says when a creditor's own notice may go: it stays, and the report says so."""
    await accept(api, collected(notice))
    await accept(api, {**notice, "debt": {**notice["debt"], "id": "L-2"}})
    api.clock.move(THREE_YEARS * 2)
    done = await run(api, apply=True)
    assert (0, 1, 1) == (done["notices"], done["kept"], done["without_rule"])


async def test_a_hold_keeps_everything_until_it_is_released(api: Any, notice: dict[str, Any]) -> None:
    """From retention and from an erasure; placing and releasing are logged, and repeatable."""
    await accept(api, collected(notice))
    await finish(api)
    api.clock.move(THREE_YEARS + timedelta(days=8))
    url = "/v1/borrowers/B-1/legal-hold"
    assert 404 == (await api.client.get(url)).status_code
    assert [201, 200] == [
        (await api.client.put(url, json={"because": "case 4711"})).status_code for _ in range(2)
    ]
    assert "case 4711" == (await api.client.get(url)).json()["because"]

    done = await run(api, apply=True)

    assert (0, 1) == (done["notices"], done["on_hold"])
    refused = await api.client.post("/v1/borrowers/B-1/erase")
    assert 409 == refused.status_code
    assert "legal hold" in refused.json()["detail"]
    assert [204, 404] == [(await api.client.delete(url)).status_code for _ in range(2)]
    assert 1 == (await run(api, apply=True))["notices"]
    kinds = [
        one["kind"] for one in (await api.client.get("/v1/log", params={"borrower": "B-1"})).json()["items"]
    ]
    assert ["borrower.erased", "retention.applied", "hold.released", "hold.placed"] == kinds[:4]
    assert 404 == (await api.client.put("/v1/borrowers/nobody/legal-hold", json={"because": "x"})).status_code


async def test_an_erasure_keeps_what_law_demands_without_the_person(api: Any, notice: dict[str, Any]) -> None:
    """The bare rows stay for three years from the last contact, which the answer says, and then go."""
    await accept(api, collected(notice))
    await contacted(api, api.clock.now())
    contact = api.clock.now()
    api.clock.move(timedelta(days=30))
    answer = (await api.client.post("/v1/borrowers/B-1/erase")).json()
    assert ["12 CFR 1006.100"] == [one["citation"] for one in answer["kept"]]
    assert contact + THREE_YEARS == datetime.fromisoformat(answer["kept"][0]["until"])
    assert answer["kept"] == (await api.client.post("/v1/borrowers/B-1/erase")).json()["kept"]
    await finish(api)
    api.clock.move(TERM - timedelta(days=31))
    early = await run(api, apply=True)
    assert (0, 1) == (early["notices"], early["kept"])
    api.clock.move(timedelta(days=1))
    late = await run(api, apply=True)
    assert (1, ["us-reg-f"]) == (late["notices"], [one["policy"] for one in late["rules"]])
    assert [0, 0, 0, 0] == [await api.count(table) for table in ROWS]


async def test_without_a_rule_the_bare_rows_of_an_erased_borrower_go_when_no_cap_counts_them(
    api: Any, notice: dict[str, Any]
) -> None:
    """A person who comes back is not contacted more than the caps allow; after that nothing needs them."""
    await accept(api, notice)
    await contacted(api, api.clock.now())
    assert [] == (await api.client.post("/v1/borrowers/B-1/erase")).json()["kept"]
    await finish(api)
    ((counted,),) = await api.rows("SELECT keep_until FROM borrowers")
    assert timedelta(days=7) < counted - api.clock.now() < timedelta(days=1200)
    api.clock.move(counted - api.clock.now() - timedelta(hours=1))
    assert 0 == (await run(api, apply=True))["notices"]
    api.clock.move(timedelta(hours=1))
    assert 1 == (await run(api, apply=True))["notices"]


def command(
    databases: Mapping[str, str], *arguments: str, failpoint: str = ""
) -> subprocess.CompletedProcess[str]:
    """`forbear retention …` in a process of its own, three years and two weeks later."""
    env = {
        **databases,
        "FORBEAR_SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        "FORBEAR_FAILPOINT": failpoint,
    }
    return processes.command("retention", *arguments, env=env)


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", ["retention.written:1", "retention.committed:1", "retention.written:2"])
async def test_a_killed_run_is_gone_on_with(
    api: Any, notice: dict[str, Any], databases: dict[str, str], failpoint: str
) -> None:
    """After kill -9 a notice is there with all that belongs to it or gone with all of it, and the next run
    finishes."""
    number = BATCH + 20
    bodies = [
        {**collected(notice), "borrower": {**notice["borrower"], "id": f"B-{one}"}} for one in range(number)
    ]
    assert 202 == (await api.client.post("/v1/notices/batch", json={"notices": bodies})).status_code
    await finish(api)
    await api.rows("UPDATE notices SET accepted_at = accepted_at - interval '1200 days'")
    await api.rows("UPDATE events SET at = at - interval '1200 days'")

    assert -signal.SIGKILL == command(databases, "run", "--apply", failpoint=failpoint).returncode

    assert 0 == await api.count(
        "deliveries d LEFT JOIN notices n USING (borrower_id, notice_no) WHERE n IS NULL"
    )
    dry = json.loads(command(databases, "run", "--json").stdout)
    assert dry["notices"] == await api.count("notices") > 0
    done = json.loads(command(databases, "run", "--apply", "--json").stdout)
    assert dry["notices"] == done["notices"]
    assert 0 == await api.count("notices")
    assert number == await api.count("log_entries WHERE kind = 'retention.applied'")


@pytest.mark.slow
async def test_the_commands_hold_list_and_release(
    api: Any, notice: dict[str, Any], databases: dict[str, str]
) -> None:
    """With the upstream id, and exit code 1 where there is nothing to release."""
    await accept(api, notice)
    assert "No legal hold" in command(databases, "holds").stdout
    assert 0 == command(databases, "hold", "B-1", "--because", "case 4711").returncode
    listed = json.loads(command(databases, "holds", "--json").stdout)
    assert [("B-1", "operator:cli", "case 4711")] == [
        (one["borrower"], one["placed_by"], one["because"]) for one in listed
    ]
    assert [0, 1] == [command(databases, "release", "B-1").returncode for _ in range(2)]
