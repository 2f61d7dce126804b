"""The text of an entry's detail as it is encrypted: packed, since it is made of words that every detail has.

DEFLATE (RFC 1951) with a dictionary of such words makes 150 bytes of 800; encrypted text cannot be packed any
more, and most of what is written for a delivery is log. The commitment of the leaf is to the plain text. A
detail of an earlier release, and a short one, is the plain text itself, which begins with a brace."""

from __future__ import annotations

import zlib

import orjson

PACKED = 1
"""The first byte of a packed detail: the number of its dictionary."""
SHORTEST = 256
"""Bytes from which it is worth while."""
_WINDOW, _MEMORY, _LEVEL = -12, 4, 1
"""A window of four kilobytes, raw: what a detail repeats stands close together, and the state that is copied
for each stays small."""
LONGEST = 1 << 26
"""No detail comes near it."""

_CONTACT = {
    "account_id": "",
    "address": "",
    "address_kind": "mobile",
    "category": "collection",
    "channel": "sms",
    "creditor": "",
    "debt_ids": [""],
    "outcome": "delivered",
    "type": "contact",
}
_WORDS = {
    "expires_at": "2026-12-03T02:24:18.057128+00:00",
    "facts": {
        "alike": [{"at": "", "common": _CONTACT, "end": ".sms.1", "id": ""}],
        "borrower": {
            "area": "",
            "dpd": 1,
            "groups": [],
            "jurisdiction": "US-",
            "place": {"held": None, "warnings": ["place_conflict", "zone_conflict", "place_unknown"]},
            "zones": {
                "address": ["America/Chicago", "America/Denver", "America/Los_Angeles"],
                "phone": ["America/New_York"],
                "stated": ["America/New_York"],
            },
        },
        "debts": [""],
        "events": [{"at": "2026-11-30T02:24:18.057128+00:00", "event_id": "", "recorded": 1, "type": ""}],
        "holidays": [],
        "proposal": {
            "account_id": "",
            "address": "",
            "category": "collection",
            "channel": "sms",
            "creditor": "",
            "elements": ["creditor_name", "contact_phone"],
            "sender_role": "original_creditor",
            "template": "overdue-reminder",
            "to": "consumer",
        },
    },
    "places": [["US-", "stated"], ["US-", "postal_code"], ["US", "country"], ["US-", "phone"]],
    "unsure": [],
    "verdict": {
        "bound_by": [{"evidence": "stated", "place": "US-", "policy": "us-reg-f@1"}],
        "findings": [
            {"citation": "", "policy": "", "reason": "", "rule": "", "until": None, "verdict": "defer"}
        ],
        "judged_as": "sms",
        "too_late": False,
        "tzdata": "2026.1",
        "until": None,
        "valid_until": "2026-11-30T10:00:00+00:00",
        "verdict": "allow",
        "warnings": ["place_conflict"],
    },
}
DICTIONARIES = {PACKED: orjson.dumps(_WORDS, option=orjson.OPT_SORT_KEYS)}
"""By number. One that was written with never changes: whoever knows better words adds another."""
_packer = zlib.compressobj(
    _LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, DICTIONARIES[PACKED]
)


def pack(plain: bytes) -> bytes:
    """A detail as it is encrypted."""
    if len(plain) < SHORTEST:
        return plain
    packer = _packer.copy()
    return b"".join((bytes((PACKED,)), packer.compress(plain), packer.flush()))


def unpack(packed: bytes) -> bytes:
    """The text of a detail, of this release or an earlier one. Raises ValueError for what is neither."""
    if packed[:1] == b"{":
        return packed
    dictionary = DICTIONARIES.get(packed[0]) if packed else None
    if dictionary is None:
        raise ValueError("expected a detail; it is packed with words that this release does not know")
    unpacker = zlib.decompressobj(_WINDOW, dictionary)
    try:
        plain = unpacker.decompress(packed[1:], LONGEST)
    except zlib.error as error:
        raise ValueError("expected a detail; it cannot be unpacked") from error
    if not unpacker.eof:
        raise ValueError("expected a detail; it does not end")
    return plain
