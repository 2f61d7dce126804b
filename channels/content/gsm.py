"""Signs that GSM 03.38 lacks though it has the same sign in another form: a curly apostrophe makes a text of
160 characters one of 70.

They are exchanged only where that spares the text UCS-2: where a letter forces it anyway, the text keeps its
own typography."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from types import MappingProxyType

from channels.content.segments import GSM_BASIC, GSM_EXTENDED, is_gsm

GSM = GSM_BASIC | GSM_EXTENDED
SAME = MappingProxyType(
    dict.fromkeys(
        "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u2032\u2035\u00b4\u0060"
        "\u2039\u203a\uff07", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f\uff02", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys(
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
        "\u202f\u205f\u3000\t", " ")
    | dict.fromkeys("\u2028\u2029\u0085\u000b", "\n")
    | dict.fromkeys(
        "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
        "\u2066\u2067\u2068\u2069\u061c\ufe0e\ufe0f", "")
    | dict.fromkeys("\u2022\u2023\u25e6\u2219\u00b7\u2217\u204e", "*")
    | dict(zip("\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABEZHIKMNOPTYX", strict=True))
    | dict.fromkeys("\u275b\u275c\ua78c\u055a", "'")
    | dict.fromkeys("\u02ba\u02ee\u275d\u275e", '"')
    | dict.fromkeys("\u2500\u2501", "-") | dict.fromkeys("\u25aa\u25cf", "*")
    | dict.fromkeys("\u180e\u034f\u206a\u206b\u206c\u206d\u206e\u206f", "")
    | {"\u2206": "\u0394", "\u2211": "\u03a3", "\u220f": "\u03a0", "\u02dc": "~", "\u301c": "~",
    "\u02c6": "^", "\u2223": "|", "\u2e3a": "--", "\u2e3b": "---"}
    | {"\u2026": "...", "\u2024": ".", "\u2025": "..", "\u2044": "/", "\u2215": "/", "\u00d7": "x",
    "\u2236": ":", "\u037e": ";", "\u20a4": "\u00a3"}
)  # fmt: skip
"""Apostrophes, quotation marks, dashes, spaces and marks that take no room, dots and strokes; Greek capitals,
for which the GSM alphabet has the Latin ones that look the same, and signs of mathematics that are
letters."""
_COMPATIBLE = ("<wide>", "<narrow>", "<noBreak>", "<compat>", "<font>")
"""Forms of one sign in Unicode's own table. Superscripts are none: `10²` is not 102."""


def in_gsm(text: str) -> str:
    """The text in the GSM alphabet where the same signs say it; else as it was, letters and marks put
    together (NFC)."""
    if is_gsm(text):
        return text
    composed = unicodedata.normalize("NFC", text)
    said = "".join(map(_same, composed))
    return said if is_gsm(said) else composed


@lru_cache(maxsize=4096)
def _same(sign: str) -> str:
    if sign in GSM:
        return sign
    if sign in SAME:
        return SAME[sign]
    if unicodedata.decomposition(sign).startswith(_COMPATIBLE):
        plain = "".join(SAME.get(one, one) for one in unicodedata.normalize("NFKC", sign))
        return plain if GSM.issuperset(plain) else sign
    return sign
