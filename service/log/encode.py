"""The canonical text of a log entry: what is hashed, exactly. It never changes for an entry that was written.

One line of JSON, keys sorted, no white space, UTF-8. What is personal does not stand in it: the leaf holds a
salted commitment to the detail, and the salt comes from the borrower's data key. With the key destroyed the
commitment tells nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from service.ids import SYSTEM, DeliveryId, NoticeId, notice_text
from service.log.detail_codec import pack, unpack
from service.log.entry import Entry
from service.vault import DecryptionFailed, authenticate, decrypt, encrypt, random_bytes

LEAF_VERSION = 1
DETAIL_CONTEXT = b"log-detail"
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NAIVE_UTC
_NONCE_BYTES = 12


def public_part(public: Mapping[str, Any]) -> orjson.Fragment:
    """The public part of many entries, encoded as each of their leaves holds it."""
    return orjson.Fragment(orjson.dumps(public, option=_OPTIONS))


@lru_cache(maxsize=64)
def instant(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, which is what the store keeps."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def encode(entry: Entry) -> tuple[bytes, bytes | None]:
    """The leaf in UTF-8, and the encrypted detail."""
    leaf: dict[str, Any] = {
        "actor": entry.actor,
        "at": instant(entry.at),
        "kind": entry.kind,
        "v": LEAF_VERSION,
    }
    if entry.borrower != SYSTEM:
        borrower = leaf["borrower"] = entry.borrower.hex
        if entry.notice_no is not None:
            leaf["notice"] = notice_text(borrower, entry.notice_no)
    if entry.channel is not None:
        leaf["channel"] = entry.channel
    if entry.attempt is not None:
        leaf["attempt"] = entry.attempt
    if entry.verdict is not None:
        leaf["verdict"] = entry.verdict
    if entry.policies:
        leaf["policies"] = list(entry.policies)
    if entry.public:
        leaf["public"] = entry.public
    detail = _commit(leaf, entry)
    return orjson.dumps(leaf, option=_OPTIONS), detail


def _commit(leaf: dict[str, Any], entry: Entry) -> bytes | None:
    """Put the commitment into the leaf; returns the encrypted detail."""
    if entry.detail is None:
        return None
    plain = orjson.dumps(entry.detail, option=_OPTIONS)
    if entry.data_key is None:
        if entry.borrower == SYSTEM:
            leaf["detail"] = orjson.loads(plain)
        return None  # of a borrower who was erased meanwhile nothing is kept
    nonce = random_bytes(_NONCE_BYTES)
    leaf["commitment"] = commitment(entry.data_key, nonce, plain)
    leaf["nonce"] = nonce.hex()
    return encrypt(entry.data_key, pack(plain), context=DETAIL_CONTEXT)


def commitment(data_key: bytes, nonce: bytes, plain: bytes) -> str:
    """SHA-256 of salt and detail, in hex; the salt is HMAC-SHA256 of the nonce under the borrower's key."""
    salt = authenticate(data_key, b"log-salt\0" + nonce)
    return hashlib.sha256(salt + plain).hexdigest()


def decrypt_detail(data_key: bytes, leaf: Mapping[str, Any], encrypted: bytes) -> tuple[dict[str, Any], bool]:
    """The detail of an entry, and whether it is what the leaf committed to. Raises DecryptionFailed."""
    try:
        plain = unpack(decrypt(data_key, encrypted, context=DETAIL_CONTEXT))
    except ValueError as error:
        raise DecryptionFailed(str(error)) from error
    holds = commitment(data_key, bytes.fromhex(leaf["nonce"]), plain) == leaf["commitment"]
    detail: dict[str, Any] = orjson.loads(plain)
    return detail, holds


def delivery_of(leaf: Mapping[str, Any]) -> DeliveryId | None:
    """The delivery that a leaf is about."""
    notice = NoticeId.parse(leaf.get("notice", ""))
    if notice is None or "channel" not in leaf:
        return None
    return DeliveryId(notice, leaf["channel"])
