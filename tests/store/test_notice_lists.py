"""Lists of notices on a store with a past: no statement reads a table, and pages add up however little is
looked at for each."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ids import NoticeId
from service.store import notice_lists
from service.store.notice_filter import NoticeFilter
from tests.store.test_plans import nodes

FILTERS: dict[str, Any] = {
    "borrower": None,
    "references": [b"none"],
    "ids": [],
    "creditors": ["none"],
    "category": "none",
    "template": "none",
    "delivery_state": "exhausted",
    "open": True,
    "accepted_from": None,
    "updated_since": None,
}


async def _past(connection: Any, many: int) -> None:
    """A store with a past: notices of some creditors, almost all delivered long ago."""
    await connection.execute(
        """
INSERT INTO notices (borrower_id, notice_no, accepted_at, accepted_by, creditor, category, template,
template_version, sender_role,
                     fan_out, wait, channels, debt_id, days_past_due, expires_at, sealed)
SELECT md5((i % 5000)::text)::uuid, (i::bigint * 1000) << 22, '2025-01-01Z'::timestamptz + i * interval '1
second', 'key', 'c' || i % 7,
       'collection', 't' || i % 3, 0, 'third_party', 'all', '1 day', '{sms,email}', 'd', 1, '2027-01-01Z', ''
FROM generate_series(1, $1::int) i""",
        many,
    )
    await connection.execute(
        """
INSERT INTO deliveries (borrower_id, notice_no, channel, state, first_due_at, priority, creditor, expires_at,
updated_at) SELECT borrower_id, notice_no, c, CASE c WHEN 'sms' THEN 'delivered' ELSE 'accepted' END,
accepted_at, 4, creditor, expires_at,
       accepted_at + interval '1 minute'
FROM notices, unnest(channels) c"""
    )
    await connection.execute("ANALYZE notices, deliveries")


@pytest.mark.slow
async def test_no_filter_reads_a_whole_table(api: Any) -> None:
    """Each, and every two of them, in both orders, also where nothing matches: no sequential scan of notices
    or deliveries, and no key of which every row is read."""
    at = api.clock.now()
    values = FILTERS | {
        "borrower": NoticeId.parse("ntc_" + "0" * 48).borrower,  # type: ignore[union-attr]
        "accepted_from": at + timedelta(days=1),
        "updated_since": at + timedelta(days=1),
        "ids": [NoticeId.parse("ntc_" + "1" * 48)],
    }
    combined = [
        dict(chosen) for count in (1, 2) for chosen in itertools.combinations(values.items(), count)
    ] + [{"open": False}, {"open": False, "creditors": ["none"]}, {"creditors": ["c1", "c2"]}, {}]
    whole: list[str] = []
    async with api.runtime.database.transaction() as connection:
        await _past(connection, 60_000)
        for given in combined:
            for name, (text, arguments) in _statements(NoticeFilter(**given)):
                plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *arguments))
                if any(is_whole(node) for node in nodes(plan[0]["Plan"])):
                    whole.append(f"{name} {sorted(given)}")
        await connection.execute("DELETE FROM notices")
    assert [] == whole


def is_whole(node: dict[str, Any]) -> bool:
    """It reads a table, or all that a key has."""
    key = node.get("Index Name", "").endswith("_pkey") and "Index Cond" not in node
    return key or node["Node Type"] == "Seq Scan"


def _statements(wanted: NoticeFilter) -> Iterator[tuple[str, notice_lists.Statement]]:
    """Every statement that a list with this filter may be answered by."""
    given = [name for name in FILTERS if getattr(wanted, name) is not None]
    named = [name for name in notice_lists.NARROW if name in given]
    leads = [name for name in (*notice_lists.OWN, *notice_lists.STATES) if name in given]
    for lead in [*named, *(one for one in (*leads, "updated_since") if one in given and one != "open")]:
        if lead not in named:
            yield f"probe by {lead}", notice_lists.probe(wanted, lead)
        yield f"gathered by {lead}", notice_lists.gathered(wanted, 101, lead)
        yield f"gathered along changes by {lead}", notice_lists.gathered_by_change(wanted, 101, lead)
    if not named:
        first = next(iter(leads), None)
        yield f"walked by {first}", notice_lists.walked(wanted, 101, first, 1000)
        yield f"end of a walk by {first}", notice_lists.end_of_walk(wanted, first, 1000)
        yield from (("walked along changes", one) for one in notice_lists.walked_by_change(wanted, 101))
        yield from (("end of a walk along changes", one) for one in notice_lists.end_by_change(wanted))


@pytest.mark.parametrize("channels", [("sms", "email"), ("email", "sms")])
async def test_no_change_is_lost_between_pages_where_deliveries_moved_in_one_instant(
    api: Any, monkeypatch: pytest.MonkeyPatch, channels: tuple[str, str]
) -> None:
    """They share their place in the list, and one of them alone stands for the notice: a page may end between
    them."""
    monkeypatch.setattr(notice_lists, "LOOK", 1)
    monkeypatch.setattr(notice_lists, "FEW", 0)
    async with api.runtime.database.transaction() as connection:
        await _past(connection, 3)
        await connection.execute("DELETE FROM deliveries")
        for channel in channels:
            await connection.execute(
                """
INSERT INTO deliveries (borrower_id, notice_no, channel, state, first_due_at, priority, creditor, expires_at,
updated_at) SELECT borrower_id, notice_no, $1, 'delivered', accepted_at, 4, creditor, expires_at, accepted_at
FROM notices""",
                channel,
            )
        pages = await _all_pages(connection, {}, 10, by_change=True)
        kept = [
            tuple(row)
            for row in await connection.fetch(
                "SELECT borrower_id, notice_no FROM notices ORDER BY accepted_at"
            )
        ]
        await connection.execute("DELETE FROM notices")
        await connection.execute("DELETE FROM deliveries")
    assert kept == pages


MIXED = """
INSERT INTO notices (borrower_id, notice_no, accepted_at, accepted_by, creditor, category, template,
template_version, sender_role,
                     fan_out, wait, channels, debt_id, days_past_due, expires_at, sealed, cancelled_at)
SELECT md5((i % 50)::text)::uuid, (i::bigint * 1000) << 22, '2025-01-01Z'::timestamptz + i * interval '1 s',
'key', 'c' || i % 3, 'k' || i % 4, 't' || i % 2, 0, 'third_party',
       'all', '1 day', '{sms,email}', 'd', 1, '2027-01-01Z', '', CASE WHEN i % 11 = 0 THEN
           '2025-01-01Z'::timestamptz + 2 * i * interval '1 s' END
FROM generate_series(1, 300) i"""
MIXED_DELIVERIES = """
INSERT INTO deliveries (borrower_id, notice_no, channel, state, first_due_at, priority, creditor, expires_at,
updated_at)
SELECT borrower_id, notice_no, c, (ARRAY['due', 'held', 'accepted', 'delivered', 'expired'])[1 + (ascii(c) +
notice_no / 4194304000) % 5], accepted_at, 4,
       creditor, expires_at, accepted_at + interval '1 second' * (notice_no / 4194304000 * 7 % 90)
FROM notices, unnest(channels) c"""
EXPECTED = """
SELECT n.borrower_id, n.notice_no FROM notices n CROSS JOIN LATERAL (
    SELECT GREATEST(max(d.updated_at), n.cancelled_at) AS changed, array_agg(d.state) AS states,
           bool_or(d.state IN ('due', 'held') OR d.state = 'accepted' AND d.channel <> 'email') AS owed
    FROM deliveries d WHERE d.borrower_id = n.borrower_id AND d.notice_no = n.notice_no
) x
WHERE ($1::text[] IS NULL OR n.creditor = ANY ($1)) AND ($2::text IS NULL OR category = $2) AND ($3::text IS
NULL OR template = $3)
  AND ($4::text IS NULL OR $4 = ANY (x.states)) AND ($5::boolean IS NULL OR x.owed = $5) AND ($6::timestamptz
      IS NULL OR x.changed >= $6)
  AND ($7::timestamptz IS NULL OR accepted_at >= $7) AND ($8::timestamptz IS NULL OR accepted_at < $8)
ORDER BY """
NAMES = (
    "creditors",
    "category",
    "template",
    "delivery_state",
    "open",
    "updated_since",
    "accepted_from",
    "accepted_to",
)


@pytest.mark.parametrize(
    ("few", "look", "limit"),
    [
        pytest.param(2_000, 10_000, 40, marks=pytest.mark.slow),
        pytest.param(0, 10_000, 40, marks=pytest.mark.slow),
        pytest.param(0, 25, 7, marks=pytest.mark.slow),
        pytest.param(20, 9, 3, marks=pytest.mark.slow),
        pytest.param(60, 30, 300, marks=pytest.mark.slow),
    ],
)
async def test_pages_add_up_to_what_fits_however_little_is_looked_at_for_each(
    api: Any, monkeypatch: pytest.MonkeyPatch, few: int, look: int, limit: int
) -> None:
    """Every two filters together, in both orders: gathered, walked, and walked in many short pages, the same
    notices in the same order."""
    monkeypatch.setattr(notice_lists, "FEW", few)
    monkeypatch.setattr(notice_lists, "LOOK", look)
    at = datetime(2025, 1, 1, 0, 2, 30, tzinfo=UTC)
    values = [
        ("creditors", ["c1"]), ("creditors", ["c0", "c2", "none"]), ("creditors", []), ("category", "k2"),
        ("template", "t1"), ("delivery_state", "held"),
        ("delivery_state", "cancelled"), ("open", True), ("open", False), ("updated_since", at),
        ("accepted_from", at), ("accepted_to", at),
    ]  # fmt: skip
    chosen = [dict(pair) for pair in itertools.combinations_with_replacement(values, 2)]
    async with api.runtime.database.transaction() as connection:
        await connection.execute("DELETE FROM notices")
        await connection.execute(MIXED)
        await connection.execute(MIXED_DELIVERIES)
        for given in [{}, *chosen]:
            arguments = [given.get(name) for name in NAMES]
            for order, by_change in (
                ("notice_no DESC, borrower_id DESC", False),
                ("changed, notice_no, borrower_id", True),
            ):
                expected = [tuple(row) for row in await connection.fetch(EXPECTED + order, *arguments)]
                assert expected == await _all_pages(connection, given, limit, by_change), (given, by_change)
        await connection.execute("DELETE FROM notices")
        await connection.execute("DELETE FROM deliveries")


async def _all_pages(
    connection: Any, given: dict[str, Any], limit: int, by_change: bool
) -> list[tuple[Any, int]]:
    found, key = list[tuple[Any, int]](), None
    while True:
        place = {} if key is None else {"after" if by_change else "before": key}
        page = await notice_lists.find(connection, NoticeFilter(**given, **place), limit, by_change=by_change)
        assert len(page.keys) <= limit
        found += [(one.borrower_id, one.notice_no) for one in page.keys]
        if page.next_key is None:
            return found
        key = page.next_key
