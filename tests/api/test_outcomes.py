"""The report of outcomes: exact counts, attribution by debt and by time, what is not mature, who sees
what."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from service.dispatch.audit.outcomes import wilson
from service.model.outcome import MEASURES
from tests.api.as_twilio import accept, send_due

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def said(api: Any, type_: str, at: datetime, **further: Any) -> None:
    """Report an event that happened at an instant."""
    if type_ == "contact":
        further = {"channel": "voice", "outcome": "conversation", "debt_ids": ["L-1"], **further}
    body = {"borrower_id": "B-1", "type": type_, "at": at.isoformat(), **further}
    answer = await api.client.post("/v1/events", json=body)
    assert 202 == answer.status_code, answer.text


async def rows(api: Any, headers: Any = None, **query: str) -> list[dict[str, Any]]:
    """The rows of the last weeks."""
    answer = await api.client.get("/v1/reports/outcomes", params=query, headers=headers)
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def counts(row: dict[str, Any]) -> dict[str, int]:
    """What a row counts, without zeros."""
    return {name: row[name]["count"] for name in MEASURES if row[name]["count"] and name != "reached"}


async def test_each_outcome_goes_to_the_latest_contact_about_its_debt(api: Any, notice: Any) -> None:
    """Within seven days, the last instant not included; what came before every contact, or late, goes to
    none."""
    await accept(api, notice, "sms")
    first = api.clock.now() - 20 * DAY
    await said(api, "payment", first - HOUR, debt_ids=["L-1"])
    await said(api, "contact", first)
    await said(api, "contact", first + 2 * DAY, channel="email", outcome="delivered")
    await said(api, "contact", first + 3 * DAY, debt_ids=["L-2"], outcome="hung_up")
    await said(api, "promise_to_pay", first + DAY, debt_ids=["L-1"])
    await said(api, "payment", first + 4 * DAY, debt_ids=["L-1"])
    await said(api, "payment", first + 5 * DAY, debt_ids=["L-1"])
    await said(api, "complaint", first + 4 * DAY, debt_ids=["L-2"], channel="letter")
    await said(api, "plan_request", first + 9 * DAY, debt_ids=["L-1"])
    await said(api, "inbound", first + 9 * DAY)
    await said(api, "opt_out", first + 19 * DAY, channel="sms")
    found = {row["channel"]: row for row in await rows(api, by="channel")}
    assert {"email", "voice"} == found.keys()
    assert {"payments": 1} == counts(found["email"])
    assert {"promises": 1, "complaints": 1, "hang_ups": 1, "replies": 1} == counts(found["voice"])
    assert (2, 2, 0) == tuple(found["voice"][name] for name in ("contacts", "mature", "not_mature"))
    assert {"count": 1, "mature": 1, "share": 0.5} | wilson(1, 2) == found["voice"]["promises"]


async def test_our_contacts_and_reported_ones_count_alike_and_ripen(api: Any, notice: Any) -> None:
    """A share is of those whose window is over."""
    await accept(api, notice, "sms")
    assert 1 == len(await send_due(api))
    await said(api, "contact", api.clock.now() - 8 * DAY)
    api.clock.move(HOUR)
    await said(api, "payment", api.clock.now(), debt_ids=["L-1"])
    [row] = await rows(api)
    assert (2, 1, 1) == tuple(row[name] for name in ("contacts", "mature", "not_mature"))
    assert (1, 0, 0.0) == tuple(row["payments"][name] for name in ("count", "mature", "share"))
    groups = await rows(api, by="template,tier,creditor,channel")
    names = ("channel", "creditor", "template", "tier")
    bank = "first-inclusive-bank"
    assert [("sms", bank, "overdue-reminder", "early"), ("voice", bank, "unknown", "early")] == [
        tuple(one[name] for name in names) for one in groups
    ]
    api.clock.move(7 * DAY)
    [row] = await rows(api)
    assert (2, 2, 1, 0.5) == (
        row["contacts"],
        row["mature"],
        row["payments"]["mature"],
        row["payments"]["share"],
    )


async def test_an_erasure_takes_both_halves_of_the_share(api: Any, notice: Any) -> None:
    """The contact and what came of it."""
    await accept(api, notice, "sms")
    await said(api, "contact", api.clock.now() - 8 * DAY)
    assert 1 == len(await rows(api))
    await api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})
    assert [] == await rows(api)


async def test_a_limited_key_sees_its_creditors_alone(api: Any, notice: Any) -> None:
    """And a producer nothing."""
    await accept(api, notice, "sms")
    await said(api, "contact", api.clock.now() - DAY)
    for creditors, seen in ((["first-inclusive-bank"], 1), (["other-bank"], 0)):
        key = await api.key("auditor", creditors=creditors)
        assert seen == len(await rows(api, key))
    answer = await api.client.get("/v1/reports/outcomes", headers=await api.key("producer"))
    assert 403 == answer.status_code


async def test_bands_and_weeks_are_the_borrowers(api: Any, notice: Any) -> None:
    """Ten at night in New York on a Sunday is Monday by UTC."""
    await accept(api, notice, "sms")
    await said(api, "contact", datetime(2026, 11, 16, 3, tzinfo=UTC))
    [row] = await rows(api, by="week,band")
    assert ("2026-W46", "20-23") == (row["week"], row["band"])


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2026-01-01T00:00:00Z", "to": "2026-04-04T00:00:00Z"}, "/query/to"),
        ({"from": "2026-04-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}, "/query/to"),
        ({"from": "2026-04-02T00:00:00Z", "to": "2026-04-01T00:00:00Z"}, "/query/to"),
        ({"by": "channel,channel"}, "/query/by"),
        ({"by": "channel,name"}, "/query/by"),
        ({"by": ","}, "/query/by"),
        ({"prices": "sms"}, "/query/prices"),
        ({"prices": "fax:1"}, "/query/prices"),
        ({"prices": "sms:1,sms:2"}, "/query/prices"),
        ({"prices": "sms:-1"}, "/query/prices"),
        ({"prices": "sms:1e3"}, "/query/prices"),
        ({"prices": "sms:0.00000001"}, "/query/prices"),
        ({"prices": "sms:10000"}, "/query/prices"),
    ],
)
async def test_a_query_that_does_not_fit_is_named(api: Any, query: Any, pointer: str) -> None:
    """With what was expected."""
    answer = await api.client.get("/v1/reports/outcomes", params=query)
    assert (422, pointer) == (answer.status_code, answer.json()["errors"][0]["pointer"])


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(10, 100, 0.0552, 0.1744), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_the_published_interval(hits: int, of: int, low: float, high: float) -> None:
    """To the four digits that tables give (1 of 29: Newcombe 1998, table I)."""
    found = wilson(hits, of)
    assert (low, high) == (round(found["low"] or 0, 4), round(found["high"] or 0, 4))


def test_nothing_of_nothing_is_no_share() -> None:
    """And no interval."""
    assert {"share": None, "low": None, "high": None} == wilson(0, 0)


async def test_a_report_is_a_table_too(api: Any, notice: Any) -> None:
    """The same numbers as CSV and as Parquet."""
    await accept(api, notice, "sms")
    await said(api, "contact", api.clock.now() - 8 * DAY)
    await said(api, "payment", api.clock.now() - 8 * DAY, debt_ids=["L-1"])
    [row] = await rows(api, by="creditor")
    for form, read in (("csv", _csv), ("parquet", _parquet)):
        answer = await api.client.get("/v1/reports/outcomes", params={"by": "creditor", "format": form})
        assert (200, True) == (answer.status_code, "attachment" in answer.headers["content-disposition"])
        [line] = read(answer.content)
        assert row["payments"]["low"] == float(line["payments_low"])
        assert (1, 1) == (int(line["contacts"]), int(line["payments_mature"]))
    assert 422 == (await api.client.get("/v1/reports/outcomes", params={"format": "xml"})).status_code


async def test_contacts_of_ours_cost_what_whoever_asks_says(api: Any, notice: Any) -> None:
    """Exactly; those that others made cost us nothing, and what has no price makes the sum unknown."""
    await accept(api, notice, "sms")
    assert 1 == len(await send_due(api))
    await said(api, "contact", api.clock.now() - 8 * DAY)
    assert "cost" not in (await rows(api))[0]
    for prices, cost in (
        ("sms:0.0079", "0.0079"),
        ("sms:0.10,voice:5", "0.1"),
        ("sms:12", "12"),
        ("voice:5", None),
        ("sms:0", "0"),
    ):
        assert [cost] == [one["cost"] for one in await rows(api, prices=prices)]
    found = {one["channel"]: one["cost"] for one in await rows(api, by="channel", prices="sms:0.5")}
    assert {"sms": "0.5", "voice": "0"} == found
    query = {"by": "channel", "prices": "sms:0.5"}
    tables = [
        read((await api.client.get("/v1/reports/outcomes", params={**query, "format": form})).content)
        for form, read in (("csv", _csv), ("parquet", _parquet))
    ]
    for table in tables:
        assert {"sms": 0.5, "voice": 0} == {one["channel"]: float(one["cost"]) for one in table}


def _csv(content: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _parquet(content: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return found
