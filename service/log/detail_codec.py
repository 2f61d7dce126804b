"""The text of an entry's detail as it is encrypted: packed, since it is made of words that every detail has.

DEFLATE (RFC 1951) with a dictionary of such words makes 150 bytes of 800; encrypted text cannot be packed any
more, and most of what is written for a delivery is log. The commitment of the leaf is to the plain text. A
detail of an earlier release, and a short one, is the plain text itself, which begins with a brace."""

from __future__ import annotations

import zlib

import orjson

PACKED, CHOICE = 1, 2
"""The first byte of a packed detail: the number of its dictionary. Learned choices have one of their own: of
a decision's words they have few."""
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
_HOURS = ("08:00-11:00", "11:00-14:00", "14:00-17:00", "17:00-20:00")
_CHOICE_WORDS = {
    "allowed": [*(f"{channel}/{hours}" for channel in ("sms", "email", "voice") for hours in _HOURS), "none"],
    "chosen": "sms/17:00-20:00",
    "draw": 1234567,
    "facts": {
        "answered_at": None,
        "answered_on": None,
        "contacts": ["2026-11-30T02:24:18.057128+00:00"],
        "days_past_due": 1,
    },
    "plain": "sms/08:00-11:00",
    "planned_at": "2026-11-30T22:24:18.057128+00:00",
    "reason": None,
    "segment": "early|0|none",
    "total": 2304000,
    "weight": 1,
}
DICTIONARIES = {
    number: orjson.dumps(words, option=orjson.OPT_SORT_KEYS)
    for number, words in ((PACKED, _WORDS), (CHOICE, _CHOICE_WORDS))
}
"""By number. One that was written with never changes: whoever knows better words adds another."""
_packers = {
    number: zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, words)
    for number, words in DICTIONARIES.items()
}


def pack(plain: bytes, number: int = PACKED) -> bytes:
    """A detail as it is encrypted, by the dictionary of that number."""
    if len(plain) < SHORTEST:
        return plain
    packer = _packers[number].copy()
    return b"".join((bytes((number,)), packer.compress(plain), packer.flush()))


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
