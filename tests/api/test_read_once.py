"""A body that is read once is taken and refused as one that is read twice: the same notice, or word for word
the same errors."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from service.api.bodies import parse, parse_once
from service.api.routers.notices import _batch
from service.api.schemas.notices import NOTICE_EXAMPLE, BatchBody, BatchItem, NoticeBody
from service.errors import ForbearError

WHOLE = {
    **NOTICE_EXAMPLE,
    "expires_at": "2026-12-01T00:00:00Z",
    "metadata": {'quo":ted': 'a":b', "zip\u00e9": "\u2603 \\ :", "k": "x"} | NOTICE_EXAMPLE["metadata"],
    "borrower": {
        **NOTICE_EXAMPLE["borrower"],
        "addresses": {"sms": {"address": "+12025550123", "kind": "mobile"}, "email": "ana@example.com"},
        "consents": [{"channel": "sms"}, {"channel": "email", "at": "2026-01-01T00:00:00Z"}],
    },
    "channels": ["sms", "email"],
}
PIECES = [b'"', b":", b'":', b'" :', b'"\n:', b"{", b"}", b"[", b"]", b",", b"NaN", b"Infinity", b"1" * 5000,
b"\\ud800", b"\\u0064", b"\\u003a", b"\xff", b"\xef\xbb\xbf", b"null", b"0", b" ",
b'"id":"L-1",', b'"i\\u0064":"x",', b'"reference" :null,', b'"metadata":{"a":"b","a":"c"},', b"true",
b"\x01"]  # fmt: skip


def outcome(read: Any, model: Any, body: bytes) -> tuple[str, Any]:
    """What came of it."""
    try:
        return "taken", read(model, body)
    except ForbearError as error:
        return type(error).__name__, (error.detail, error.field_errors)


def spoiled(body: bytes, chance: random.Random) -> bytes:
    """A body with a few pieces put in, cut out or doubled."""
    for _ in range(chance.randint(1, 3)):
        at, length = chance.randrange(len(body)), chance.randint(0, 12)
        match chance.randrange(4):
            case 0:
                body = body[:at] + chance.choice(PIECES) + body[at:]
            case 1:
                body = body[:at] + body[at + length :]
            case 2:
                members = [place for place in range(len(body)) if body.startswith(b',"', place)] or [at]
                one = chance.choice(members)
                end = body.find(b',"', one + 1)
                body = body[: one + 1] + body[one + 1 : end] + b"," + body[one + 1 :] if end > 0 else body
            case _:
                body = body[:at] + chance.choice(PIECES) + body[at + length :]
    return body


@pytest.mark.parametrize("seed", range(4))
def test_a_spoiled_notice_is_refused_in_the_same_words(seed: int) -> None:
    """Pieces of JSON put in, cut out and doubled: members named twice, numbers that are none, halves of
    pairs, octets that are no text."""
    chance = random.Random(seed)
    bodies = [
        json.dumps(WHOLE, separators=kept).encode() for kept in ((",", ":"), (", ", ": "), (" ,", " : "))
    ]
    seen: set[str] = set()
    for _ in range(500):
        body = spoiled(chance.choice(bodies), chance)
        expected = outcome(parse, NoticeBody, body)
        assert expected == outcome(parse_once, NoticeBody, body), body
        seen.add(expected[0])
    assert {"taken", "MalformedBody", "InvalidRequest"} == seen


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(WHOLE).encode(),
        json.dumps(WHOLE, indent=1, separators=(",", " : ")).encode(),
        json.dumps(WHOLE, ensure_ascii=False).encode(),
        json.dumps({**WHOLE, "borrower": {"id": "B-1"}}).encode(),
        json.dumps(WHOLE).replace('"id": "L-77"', '"id": "L-77", "i\\u0064": "L-78"').encode(),
        json.dumps(WHOLE).replace('"id": "L-77"', '"id": "L-77", "id" : "L-78"').encode(),
        json.dumps(WHOLE).replace('"metadata": {', '"metadata": {"k": "y", ').encode(),
        json.dumps(WHOLE).replace('"metadata": {', '"metadata": {"m": "\\u003a", "k": "y", ').encode(),
        json.dumps(WHOLE).replace('"metadata": {', '"metadata": {"k": "\\u003a", ').encode(),
        json.dumps(WHOLE).replace('"metadata": {', '"metadata": {"k": "\\u003A", ').encode(),
        json.dumps(WHOLE).replace('"metadata": {', '"metadata": {"k": ":", ').encode(),
    ],
)
def test_a_member_is_named_once_however_it_is_written(body: bytes) -> None:
    """With white space before its colon, with escapes, in an object of names of the caller's own."""
    assert outcome(parse, NoticeBody, body) == outcome(parse_once, NoticeBody, body)


def test_of_a_batch_the_same_is_true() -> None:
    """One spoiled item, or a spoiled frame."""
    chance = random.Random(7)
    good = json.dumps(WHOLE).encode()
    for _ in range(150):
        body = b'{"notices":[' + good + b"," + spoiled(good, chance) + b"]}"
        whole = outcome(parse, BatchBody, body)
        try:
            items: list[Any] = _batch(body)
        except ForbearError as error:
            assert whole == (type(error).__name__, (error.detail, error.field_errors))
        else:
            assert isinstance(items[0], BatchItem)
            assert (whole[0] == "taken") == all(isinstance(one, BatchItem) for one in items)
