"""Lists of what workers did: by stretches and by pages they find what a look at every entry finds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from service.store import activity, log_contents, log_entries
from service.store.activity import WHAT, ActivityFilter
from tests.store.test_log_contents import CHECKPOINT, SEQUENCED, WAITS_NO_MORE

MANY = 6_000
KINDS = ("decision", "attempt.settled", "delivery.held", "receipt")
VERDICTS = ("allow", "defer", "suppress", "hold")
OUTCOMES = ("accepted", "accepted", "accepted", "busy", "rejected", "unknown")
RULES = ("us/hours", "us/cap", 'odd "quoted"/rule')
SINCE, BEFORE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)
INSERT = """
INSERT INTO log_entries (borrower_id, at, kind, actor, notice_no, channel, verdict, policies, leaf)
SELECT md5((i % 50)::text)::uuid, '2026-01-01Z'::timestamptz + i * interval '1 min', kind, 'system', i,
    channel, verdict, ARRAY['us@1'], leaf
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[]) AS u (i, kind, channel, verdict, leaf)
"""


class _Entry:
    """One entry, and by which words it is to be found."""

    def __init__(self, number: int) -> None:
        self.number, self.kind = number, KINDS[number % 4]
        self.channel = ("sms", "email")[number // 4 % 2]
        self.at = datetime(2026, 1, 1, tzinfo=UTC).timestamp() + number * 60
        self.verdict: str | None = None
        self.what = self.rule = self.adapter = None
        public: dict[str, Any] = {"reason": 'he said "outcome":"accepted"'}
        if self.kind == "decision":
            self.verdict = VERDICTS[number // 8 % 4]
            self.what = None if self.verdict == "allow" else self.verdict
            if self.what is not None:
                self.rule = RULES[number % 3]
                public["rules"] = [self.rule, *(one for one in RULES if one != self.rule)]
        elif self.kind == "attempt.settled":
            outcome = OUTCOMES[number // 4 % 6]
            self.adapter = ("sandbox", "sand")[number // 16 % 2]
            public |= {"adapter": self.adapter, "outcome": outcome}
            self.what = {"accepted": "handed_over", "unknown": "unknown"}.get(outcome, "failed")
        elif self.kind == "delivery.held":
            self.what = "hold"
        self.leaf = orjson.dumps({"public": public}).decode()

    def fits(self, wanted: ActivityFilter) -> bool:
        return (
            self.what is not None
            and (not wanted.what or self.what in wanted.what)
            and wanted.channel in {None, self.channel}
            and wanted.rule in {None, self.rule}
            and wanted.adapter in {None, self.adapter}
            and (wanted.since is None or self.at >= wanted.since.timestamp())
            and (wanted.before is None or self.at < wanted.before.timestamp())
        )


FILTERS: tuple[dict[str, Any], ...] = (
    {}, *({"what": (word,)} for word in WHAT), {"what": ("failed", "unknown")}, {"channel": "sms"},
    *({"rule": rule} for rule in RULES), {"rule": "us/nothing"}, {"adapter": "sand"},
    {"what": ("suppress",), "rule": "us/cap", "channel": "email"}, {"since": SINCE, "before": BEFORE},
    {"what": ("hold",), "since": SINCE}, {"before": SINCE, "adapter": "sandbox"},
)  # fmt: skip


@pytest.mark.parametrize(("sequenced", "noted"), [(MANY, MANY), (4_500, 2_000), (0, 0)])
async def test_every_filter_finds_its_own_page_by_page(
    api: Any, monkeypatch: pytest.MonkeyPatch, sequenced: int, noted: int
) -> None:
    """All is noted, a part, nothing; also where a page ends early, since no more is looked through for it."""
    monkeypatch.setattr(log_entries, "FIRST_LOOK", 1)
    monkeypatch.setattr(activity, "MOST_LOOKED", 2)
    entries = [_Entry(number) for number in range(MANY)]
    async with api.runtime.database.connection() as connection:
        await _plant(connection, entries, sequenced, noted)
        for given in FILTERS:
            wanted = ActivityFilter(**given)
            expected = [one.number for one in reversed(entries) if one.fits(wanted)]
            assert expected == await _all_pages(connection, given), given


async def test_a_log_of_which_nothing_is_noted_is_read_itself(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that was just brought to a release that notes."""
    monkeypatch.setattr(log_contents, "FAR_BEHIND", 1_000)
    entries = [_Entry(number) for number in range(MANY)]
    async with api.runtime.database.connection() as connection:
        await _plant(connection, entries, MANY, 0)
        assert await log_contents.beyond(connection) is None
        wanted = ActivityFilter(what=("failed",))
        expected = [one.number for one in reversed(entries) if one.fits(wanted)]
        assert expected == await _all_pages(connection, {"what": ("failed",)})


async def _plant(connection: Any, entries: list[_Entry], sequenced: int, noted: int) -> None:
    tables = (
        "log_entries, log_sequence, log_pending, log_checkpoints, log_words, log_contents, log_spans, "
        "log_covered"
    )
    await connection.execute(f"TRUNCATE {tables}")
    for first in range(0, MANY, 500):
        rows = [
            (one.number, one.kind, one.channel, one.verdict, one.leaf) for one in entries[first : first + 500]
        ]
        await connection.execute(INSERT, *map(list, zip(*rows, strict=True)))
    if sequenced:
        await connection.execute(SEQUENCED, sequenced)
        await connection.execute(WAITS_NO_MORE)
        await connection.execute(CHECKPOINT, sequenced)
    for _ in range(noted // 500):
        async with connection.transaction():
            assert 500 == await log_contents.note(connection, 500)


async def _all_pages(connection: Any, given: dict[str, Any]) -> list[int]:
    found, below = list[int](), None
    while True:
        rows, below = await activity.find(connection, ActivityFilter(**given, below=below), 97)
        assert len(rows) <= 97
        found += [one.notice_no for one in rows]
        if below is None:
            return found
