"""What is encrypted of an entry's detail: packed, and read whatever release wrote it."""

from __future__ import annotations

import hashlib
from random import Random

import orjson
import pytest

from service.log import detail_codec
from service.log.detail_codec import DICTIONARIES, PACKED, SHORTEST, pack, unpack
from service.log.encode import DETAIL_CONTEXT, commitment, decrypt_detail
from service.vault import DecryptionFailed, encrypt, new_key

DETAIL = {
    "expires_at": "2026-12-03T02:24:18.057128+00:00",
    "facts": {"debts": ["L-1"], "events": [], "proposal": {"channel": "sms", "to": "consumer"}},
    "places": [["US-MA", "stated"]],
    "verdict": {"verdict": "allow", "judged_as": "sms", "findings": [], "warnings": [], "until": None},
    "words": "Ana Ruiz, " * 10,
}
PLAIN = orjson.dumps(DETAIL, option=orjson.OPT_SORT_KEYS)


def test_the_words_that_entries_were_written_with_never_change() -> None:
    """Else no decision of before could be read any more."""
    digest = hashlib.sha256(DICTIONARIES[1]).hexdigest()
    assert "abde124eb224e1715ef618542d20449cae14aaebb4cec7fadd264f2eed691a47" == digest


def test_a_detail_is_half_as_long_and_comes_back_as_it_was() -> None:
    packed = pack(PLAIN)
    assert PACKED == packed[0]
    assert len(packed) < len(PLAIN) / 2
    assert PLAIN == unpack(packed)


def test_a_short_detail_and_one_of_an_earlier_release_are_plain() -> None:
    short = orjson.dumps({"debt": "L-1"})
    assert len(short) < SHORTEST
    assert short == pack(short) == unpack(short)
    assert PLAIN == unpack(PLAIN)


def test_whatever_stands_in_a_detail_comes_back() -> None:
    dice = Random(1)
    for size in (SHORTEST, 4_000, 70_000):
        plain = b'{"text":"' + dice.randbytes(size).hex().encode() + b'"}'
        assert plain == unpack(pack(plain))


@pytest.mark.parametrize(
    "packed", [b"", b"\x02" + pack(PLAIN)[1:], pack(PLAIN)[:-3], b"\x01\xff\xff", b"[]"], ids=range(5)
)
def test_what_is_no_detail_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="expected a detail"):
        unpack(packed)


def test_a_detail_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detail_codec, "LONGEST", 1_000)
    with pytest.raises(ValueError, match="does not end"):
        unpack(pack(b'{"text":"' + b"a" * 100_000 + b'"}'))


def test_the_commitment_is_to_the_plain_text_however_it_is_stored() -> None:
    key = new_key()
    leaf = {"nonce": bytes(12).hex(), "commitment": commitment(key, bytes(12), PLAIN)}
    for stored in (PLAIN, pack(PLAIN)):
        encrypted = encrypt(key, stored, context=DETAIL_CONTEXT)
        assert (DETAIL, True) == decrypt_detail(key, leaf, encrypted)
    with pytest.raises(DecryptionFailed):
        decrypt_detail(key, leaf, encrypt(key, b"\x07" + PLAIN, context=DETAIL_CONTEXT))
