"""Filtered readings of the log: by its contents they find what a look at every entry finds, in the same
order, whatever is noted yet."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from service.store import log_contents, log_entries
from service.store.log_entries import EntryFilter

MANY = 4_000
ENTRIES = """
INSERT INTO log_entries (borrower_id, at, kind, actor, verdict, policies, leaf)
SELECT md5((i % 50)::text)::uuid, '2026-01-01Z'::timestamptz + i * interval '1 min' + CASE WHEN i % 97 = 0
THEN interval '-1 day' ELSE '0' END,
       CASE WHEN i = 1500 THEN 'policy.activated' WHEN i % 3 = 0 THEN 'decision' ELSE 'attempt.settled' END,
       CASE WHEN i BETWEEN 900 AND 1100 THEN 'ops' ELSE 'worker' END,
       CASE WHEN i % 3 = 0 THEN (CASE WHEN i > 3900 THEN 'hold' ELSE 'allow' END) END,
       CASE WHEN i % 3 = 0 THEN ARRAY['house@2', 'us-' || i % 5 || '@1'] END, '{}'
FROM generate_series($1::int, $2::int) i
"""
SEQUENCED = """
INSERT INTO log_sequence (first, entries, span)
SELECT min(place), array_agg(entry_id ORDER BY place), int8range(min(entry_id), max(entry_id), '[]')
FROM (SELECT entry_id, row_number() OVER (ORDER BY entry_id) - 1 AS place FROM log_entries ORDER BY entry_id
LIMIT $1) e GROUP BY place / 256
"""
CHECKPOINT = "INSERT INTO log_checkpoints (size, root, note) VALUES ($1, '', '')"
WAITS_NO_MORE = "DELETE FROM log_pending WHERE entries[1] < (SELECT max(upper(span)) FROM log_sequence)"
EXPECTED = """
SELECT entry_id FROM log_entries e
WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR verdict =
$3)
  AND ($4::text IS NULL OR EXISTS (SELECT FROM unnest(policies) p WHERE split_part(p, '@', 1) = $4))
  AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
ORDER BY entry_id DESC
"""
NAMES = ("kind", "actor", "verdict", "policy", "since", "before")
MIDDLE = datetime(2026, 1, 2, 12, tzinfo=UTC)
VALUES: list[tuple[str, Any]] = [
    ("kind", "decision"), ("kind", "policy.activated"), ("kind", "nothing"), ("actor", "ops"),
    ("actor", "nobody"), ("verdict", "allow"),
    ("verdict", "hold"), ("policy", "us-3"), ("policy", "house"), ("policy", "us"), ("since", MIDDLE),
    ("before", MIDDLE),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("sequenced", "noted"), [(MANY, MANY), (MANY, 0), (3_000, 1_500), (0, 0)])
async def test_what_the_contents_lead_to_is_what_is_there(
    api: Any, monkeypatch: pytest.MonkeyPatch, sequenced: int, noted: int
) -> None:
    """Every two filters together: all is noted, nothing yet, a part of it, and a log of which nothing is
    sequenced."""
    monkeypatch.setattr(log_entries, "FIRST_LOOK", 1)
    chosen = [dict(pair) for pair in itertools.combinations_with_replacement(VALUES, 2)]
    async with api.runtime.database.connection() as connection:
        await _plant(connection, sequenced, noted)
        for given in chosen:
            arguments = [given.get(name) for name in NAMES]
            expected = [row[0] for row in await connection.fetch(EXPECTED, *arguments)]
            for limit in (97, 5_000):
                assert expected == await _all_pages(connection, given, limit), (given, limit)


async def _plant(connection: Any, sequenced: int, noted: int) -> None:
    tables = (
        "log_entries, log_sequence, log_pending, log_checkpoints, log_words, log_contents, log_spans, "
        "log_covered"
    )
    await connection.execute(f"TRUNCATE {tables}")
    for first in range(0, MANY, 500):
        await connection.execute(ENTRIES, first + 1, first + 500)
    if sequenced:
        await connection.execute(SEQUENCED, sequenced)
        await connection.execute(WAITS_NO_MORE)
        await connection.execute(CHECKPOINT, sequenced)
    for _ in range(noted // 500):
        async with connection.transaction():
            assert 500 == await log_contents.note(connection, 500)


async def _all_pages(connection: Any, given: dict[str, Any], limit: int) -> list[int]:
    found, below = list[int](), None
    while True:
        page = await log_entries.find(connection, EntryFilter(**given, below=below), limit)
        found += [one.entry_id for one in page]
        if len(page) < limit:
            return found
        below = found[-1]


async def test_a_log_of_which_nothing_is_noted_is_read_itself(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that was just brought to this release: more is to be noted than can be looked through."""
    monkeypatch.setattr(log_contents, "FAR_BEHIND", 1_000)
    async with api.runtime.database.connection() as connection:
        await _plant(connection, MANY, 0)
        assert await log_contents.beyond(connection) is None
        expected = [row[0] for row in await connection.fetch(EXPECTED, "decision", *[None] * 5)]
        assert expected == await _all_pages(connection, {"kind": "decision"}, 300)


async def test_what_is_noted_is_noted_once(api: Any) -> None:
    """Each stretch has each combination of words once, and its first and last instant; there is no more to
    note then."""
    async with api.runtime.database.connection() as connection:
        await _plant(connection, MANY, MANY)
        first = await connection.fetchval("SELECT min(entry_id) FROM log_entries")
        rows = await connection.fetch("SELECT stretch, earliest, latest FROM log_spans ORDER BY stretch")
        expected = await connection.fetch(
            "SELECT entry_id >> 10 AS stretch, min(at) AS earliest, max(at) AS latest FROM log_entries "
            "GROUP BY 1 ORDER BY 1"
        )
        assert [tuple(row) for row in expected] == [tuple(row) for row in rows]
        assert {first >> 10, (first + MANY - 1) >> 10} <= {row["stretch"] for row in rows}
        async with connection.transaction():
            assert 0 == await log_contents.note(connection, 500)
