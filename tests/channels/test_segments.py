"""SMS segments at their edges, against the table of the standard written out in its own order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.content.gsm import in_gsm
from channels.content.render import render
from channels.content.segments import GSM_BASIC, GSM_EXTENDED, segments
from channels.message import Channel
from tests.channels.specimens import SHIPPED, TEXT

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
    """160 and 153 septets, 70 and 67 code units; a character of two units is never split between two
    segments."""
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


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("You don’t owe", "You don't owe"),
        ("CHF 1’234.50", "CHF 1'234.50"),
        ("CHF\u00a01\u202f234.50", "CHF 1 234.50"),
        ("“now” – or „later‟ — maybe…", '"now" - or "later" - maybe...'),
        ("«ahora» ‹ya›", "\"ahora\" 'ya'"),
        ("pay‑by‐phone − 5", "pay-by-phone - 5"),
        ("soft\u00adhy\u200bphen\ufeff", "softhyphen"),
        ("\u2066$5\u2069 \u200e7", "$5 7"),
        ("an\u0303o, e\u0301te\u0301", "año, été"),
        ("ＰＡＹ　ｎｏｗ：５", "PAY now:5"),
        ("ﬁnal oﬀer", "final offer"),
        ("5 × 3 • 2⁄3", "5 x 3 * 2/3"),
        ("a\u2009b\u2007c\u3000d", "a b c d"),
        ("ΚΑΛΗΜΕΡΑ ΣΑΣ, Η ΔΟΣΗ", "KAΛHMEPA ΣAΣ, H ΔOΣH"),
        ("∆ 5 ˜ 6 ∣ ∑", "Δ 5 ~ 6 | Σ"),
        ("▪ one ● two ── ❝now❞ ʺsoonʺ", '* one * two -- "now" "soon"'),
    ],
)
def test_a_sign_that_gsm_has_in_another_form_makes_no_text_dear(text, sent):
    """The same words at 160 characters a segment."""
    assert sent == in_gsm(text)
    assert "GSM-7" == segments(sent).encoding


@pytest.mark.parametrize(
    "text", ["Sólo hoy – no más…", "您好’", "10² m", "ça va’", "5 ½", "“Привет”", "Ł’", "👍’"]
)
def test_a_text_that_is_dear_anyway_keeps_its_signs(text):
    """A letter or a figure is not exchanged for another, and typography costs nothing there."""
    assert text == in_gsm(text)
    assert "UCS-2" == segments(text).encoding


@given(st.text(max_size=200))
def test_exchanging_never_costs_and_is_done_once(text):
    """Whatever a template and a name bring along."""
    sent = in_gsm(text)
    assert sent == in_gsm(sent)
    assert segments(sent).count <= segments(text).count or segments(sent).encoding == segments(text).encoding


@pytest.mark.parametrize(
    ("language", "currency", "name"),
    [
        ("en-CH", "CHF", "Ana Ruiz"),
        ("de-CH", "CHF", "Ana Ruiz"),
        ("en-US", "USD", "Sean O’Brien"),
        ("en-ZA", "ZAR", "Ana\u00a0Ruiz"),
        ("en-SE", "SEK", "D‘Arcy"),
    ],
)
def test_no_locale_and_no_name_makes_an_english_text_dear(language, currency, name):
    """en-CH writes 1’234.50, en-ZA and en-SE put spaces that do not break into amounts, and people's names
    have apostrophes."""
    text = replace(
        TEXT,
        currency=currency,
        borrower_name=name,
        amount_due=Decimal("1234.50"),
        principal=Decimal("12345.60"),
    )
    content = render(SHIPPED["overdue-reminder"], text, Channel.SMS, language)
    assert ("GSM-7", ()) == (content.encoding, content.forced_by), content.body
