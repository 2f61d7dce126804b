"""A verdict as a delivery keeps it says as much as the one that is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from policies.strictness import Kind
from policies.verdict import Finding, Verdict
from service.dispatch.decide.verdicts import kept, verdict_document, whole

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
REFUSED = Finding(
    policy="house-strict", version="1", rule="cap", kind=Kind.DEFER, until=AT, citation="",
    message="bar.event",
    values={"event": "cease", "date": "2026-11-30"},
)  # fmt: skip


def test_what_a_verdict_does_not_say_is_not_kept_and_is_shown_all_the_same() -> None:
    for verdict in (
        Verdict(kind=Kind.ALLOW),
        Verdict(kind=Kind.ALLOW, valid_until=AT, warnings=("place_conflict",)),
        Verdict(kind=Kind.DEFER, until=AT, too_late=True, findings=(REFUSED,)),
    ):
        shown = verdict_document(verdict, "sms")
        stored = orjson.loads(orjson.dumps(kept(shown)))
        assert len(stored) < len(shown)
        assert orjson.loads(orjson.dumps(shown)) == whole(stored)
        assert list(shown) == list(whole(stored) or {})[: len(shown)]


def test_what_earlier_releases_stored_is_shown_as_it_was() -> None:
    before = {"verdict": "allow", "judged_as": "sms", "until": None, "findings": [], "tzdata": "2025.2"}
    assert before.items() <= (whole(before) or {}).items()
    assert whole(None) is None
