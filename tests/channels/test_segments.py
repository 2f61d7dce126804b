"""SMS segments at their edges, against the table of the standard written out in its own order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.content.segments import GSM_BASIC, GSM_EXTENDED, segments

TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå" "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ" " !\"#¤%&'()*+,-./" "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO" "PQRSTUVWXYZÄÖÑÜ§" "¿abcdefghijklmno" "pqrstuvwxyzäöñüà"
)  # fmt: skip
"""3GPP TS 23.038 §6.2.1, eight columns of sixteen; 0x1B is the escape to the extension table."""


def test_the_alphabet_is_the_standards():
    """127 characters and the escape; ten in the extension table (§6.2.1.1)."""
    assert 128 == len(TABLE)
    assert set(TABLE) - {"\x1b"} == GSM_BASIC
    assert {
        "\f": 0x0A,
        "^": 0x14,
        "{": 0x28,
        "}": 0x29,
        "\\": 0x2F,
        "[": 0x3C,
        "~": 0x3D,
        "]": 0x3E,
        "|": 0x40,
        "€": 0x65,
    }.keys() == GSM_EXTENDED


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 79 + "aaa", "GSM-7", 161, 2),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        ("a" * 152 + "€" + "a" * 151, "GSM-7", 305, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("您" * 70, "UCS-2", 70, 1),
        ("您" * 71, "UCS-2", 71, 2),
        ("您" * 134, "UCS-2", 134, 2),
        ("您" * 135, "UCS-2", 135, 3),
        ("a" * 70 + "ó", "UCS-2", 71, 2),
        ("€" * 69 + "ó", "UCS-2", 70, 1),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("您" * 66 + "😀" + "您" * 65, "UCS-2", 133, 2),
        ("您" * 66 + "😀" + "您" * 66, "UCS-2", 134, 3),
    ],
)
def test_the_edges(text, encoding, units, count):
    """160 and 153 septets, 70 and 67 code units; a character of two units is never split between two segments."""
    found = segments(text)
    assert (encoding, units, count) == (found.encoding, found.units, found.count)


def test_the_characters_that_make_a_text_dear_are_named():
    """Each once, in order: an editor can offer others."""
    assert ("ó", "—", "您") == segments("ó—ó您").forced_by
    assert () == segments("plain [text] €").forced_by


@given(st.text(max_size=400))
def test_units_are_those_of_the_encoding(text):
    """UTF-16 code units, or septets with two for an extension; the segments hold them, and none is empty."""
    found = segments(text)
    if found.encoding == "UCS-2":
        assert len(text.encode("utf-16-le")) // 2 == found.units
    else:
        assert len(text) + sum(text.count(one) for one in GSM_EXTENDED) == found.units
    single, part = (160, 153) if found.encoding == "GSM-7" else (70, 67)
    assert (
        found.count == 1
        if found.units <= single
        else (found.count - 1) * (part - 1) < found.units <= found.count * part
    )
