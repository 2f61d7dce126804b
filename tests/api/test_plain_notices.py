"""Drafts that are made without the model: the same as the model's, or none."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

from service.api.bodies import read_plain
from service.api.schemas.notices import MOST_NOTICES, NOTICE_EXAMPLE, NoticeBody, notice_draft
from service.api.schemas.plain_notices import plain_draft, plain_drafts
from service.errors import ForbearError
from service.model.notice import NoticeDraft

KNOWN = {**NOTICE_EXAMPLE, "borrower": {"id": "B-1001"}, "fan_out": "cascade", "reference": None}
TIMED = {**NOTICE_EXAMPLE, "not_before": "2026-12-01T09:00:00+09:00", "expires_at": "2026-12-02T00:00:00.5Z"}
BARE = {
    name: NOTICE_EXAMPLE[name]
    for name in ("borrower", "debt", "sender_role", "category", "template", "channels")
}
PLAIN = [NOTICE_EXAMPLE, KNOWN, TIMED, BARE]
OTHERS: list[Any] = [
    *(None, True, 0, 1, -1, 22.0, 10**30, 36_500, -36_501, "", " ", "x", "B 1", " B", "B\n", "é", "\u200b"),
    *("a" * 128, "a" * 129, "é" * 128, [], {}, [{}], {"a": "b"}, {"a": 1}, {"é": "ü\n"}, {"\t": ""}),
    *(["sms"], ["sms", "sms"], ["sms", "whatsapp"], ["fax"], ["voice", "email", "whatsapp"], [1], [None]),
    *("adaptive", "cascade", "all", "third_party", "friendly-reminder", "service_message"),
    *("opt_out_confirmation", "2026-12-01T00:00:00Z", "2026-12-01t00:00:00.123456789-05:00", "2026-12-01"),
    *("2026-02-30", "1969-12-31", "2200-01-01T00:00:00Z", "2026-12-01T00:00:00", "1600000000", 1_600_000_000),
    *("P1D", 3600, "0", "0.0", "1.00", "1.001", "1.0010", "01", "1.", "-1", "1e3", "999999999999999.9999"),
    *("1000000000000000", "USD", "JPY", "KWD", "usd", "XXX", "US", "MA", "US-MA", "GB-ENG", "UK", "DE"),
    *("02108", "2108", "AB1 2CD", "en", "de-CH", "xx", "EN-us", "und", "America/New_York", "Etc/GMT+5"),
    *("Nowhere/Else", "UTC", "+16175550123", "+12025550124", "+12025550124 ", "+1617", "6175550123"),
    *("ana@example.com", "ana@example", "@example.com", "a" * 65 + "@example.com", "Ana <ana@example.com>"),
    *("see example.com now", {"address": "+16175550123", "kind": "mobile"}, [{"channel": "sms"}]),
    *("first-inclusive-bank", "_x"),
]
"""Values that some fields take, and more that none does."""


def _paths(document: Any, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where anything stands in a document, and where one member more could."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*before, name)
            yield from _paths(value, (*before, name))
        yield (*before, "further")


FIELDS = [(), ("borrower",), ("borrower", "addresses"), ("debt",)]
MEMBERS = ["wait", "not_before", "expires_at", "in_response_to", "metadata", "consents", "whatsapp"]
PATHS = sorted(
    {path for body in PLAIN for path in _paths(body)} | {(*at, name) for at in FIELDS for name in MEMBERS}
)
MISSING = object()


def _changed(body: dict[str, Any], changes: list[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    found = copy.deepcopy(body)
    for path, value in changes:
        inner: Any = found
        for name in path[:-1]:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if not isinstance(inner, dict):
            continue
        if value is MISSING:
            inner.pop(path[-1], None)
        else:
            inner[path[-1]] = copy.deepcopy(value)
    return found


def _by_model(body: bytes) -> NoticeDraft | None:
    """The model's draft; None where it refuses the body."""
    try:
        return notice_draft(NoticeBody.model_validate_json(body))
    except (ValidationError, ForbearError):
        return None


def _same(one: NoticeDraft | None, other: NoticeDraft | None) -> bool:
    """Equal, and in the same order: an amount's zeros and the order of addresses are kept."""
    return repr(one) == repr(other) and one == other


def _checked(document: dict[str, Any], *, ascii_: bool = True) -> NoticeDraft | None:
    body = json.dumps(document, ensure_ascii=ascii_).encode()
    found = plain_draft(read_plain(body))
    if found is not None:
        assert _same(_by_model(body), found)
    return found


@pytest.mark.parametrize("body", PLAIN)
def test_what_mostly_comes_is_plain(body: dict[str, Any]) -> None:
    """A whole profile, a known borrower, instants, and nothing that may be left out."""
    assert _checked(body) is not None


@pytest.mark.parametrize("path", PATHS, ids="/".join)
def test_each_value_in_each_place_makes_the_model_s_draft_or_none(path: tuple[str, ...]) -> None:
    """Whatever stands there, and where nothing does."""
    for value in (*OTHERS, MISSING):
        _checked(_changed(TIMED, [(path, value)]))


CHANGES = some.lists(
    some.tuples(some.sampled_from(PATHS), some.one_of(some.sampled_from([*OTHERS, MISSING]), some.text())),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@settings(max_examples=400)
@given(some.sampled_from(PLAIN), CHANGES, some.booleans())
def test_a_plain_draft_is_the_model_s(
    body: dict[str, Any], changes: list[tuple[tuple[str, ...], Any]], ascii_: bool
) -> None:
    """Several changes at once: what fields say together is judged as well."""
    try:
        _checked(_changed(body, changes), ascii_=ascii_)
    except UnicodeEncodeError:
        _checked(_changed(body, changes))  # half of a surrogate pair


def test_a_member_that_is_there_twice_is_left_to_the_model() -> None:
    text = json.dumps(NOTICE_EXAMPLE)
    assert plain_draft(read_plain(text.encode())) is not None
    twice = text.replace('"id": "B-1001"', '"id": "B-1", "id": "B-1001"')
    assert plain_draft(read_plain(twice.encode())) is None


def test_a_batch_is_plain_where_all_of_it_is() -> None:
    """And as long as it may be; a key of its own, or anything beside the notices, is the model's."""
    drafts = [plain_draft(one) for one in PLAIN]
    assert drafts == plain_drafts({"notices": PLAIN})
    keyed = {**NOTICE_EXAMPLE, "idempotency_key": "k"}
    others: list[Any] = [
        None,
        [NOTICE_EXAMPLE],
        {"notices": []},
        {"notices": [*PLAIN, keyed]},
        {"notices": [NOTICE_EXAMPLE] * (MOST_NOTICES + 1)},
        {"notices": NOTICE_EXAMPLE},
        {"notices": PLAIN, "further": 1},
    ]
    assert [None] * len(others) == [plain_drafts(other) for other in others]
