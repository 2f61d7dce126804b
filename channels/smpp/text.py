"""Words as octets of a short message, and octets as words: alphabets by data_coding (SMPP 3.4, 5.2.19), parts
by a user data header (3GPP TS 23.040, 9.2.3.24.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from channels.content.segments import GSM_PART, GSM_SINGLE, UCS_PART, UCS_SINGLE, is_gsm

Alphabet = Literal["gsm7", "latin1", "ucs2"]
"""What the SMSC takes data_coding 0 for, or that it is to be given UCS-2 alone."""
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPE = 0x1B
_FURTHER = MappingProxyType(
    {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|",
    0x65: "€"}
)  # fmt: skip
_TO_GSM = MappingProxyType(
    {sign: bytes((at,)) for at, sign in enumerate(_BASIC) if at != ESCAPE}
    | {sign: bytes((ESCAPE, at)) for at, sign in _FURTHER.items()}
)
DEFAULT, ASCII, LATIN_1, UCS_2 = 0x00, 0x01, 0x03, 0x08
BINARY = frozenset({0x02, 0x04})
CODECS = MappingProxyType(
    {ASCII: "ascii", LATIN_1: "latin-1", 0x05: "shift_jis", 0x06: "iso8859-5", 0x07: "iso8859-8",
    UCS_2: "utf-16-be", 0x0D: "euc_jp", 0x0E: "euc_kr"}
)  # fmt: skip
LATIN_SINGLE, LATIN_PART = 140, 134
PART_HEADER, WIDE_PART_HEADER = 0x00, 0x08
"""Elements of a user data header: parts of one message, with a reference of one octet or of two."""
_GROUPS = 0xC0
_CLASSES = 0xF0


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A text for the wire."""

    data_coding: int
    units: Sequence[bytes] = field(repr=False)
    """Its characters, none of which may be split."""
    single: int
    """Octets that fit one message of the network."""
    part: int
    """Octets that fit a part of several, beside its header."""

    @property
    def octets(self) -> bytes:
        """The whole."""
        return b"".join(self.units)

    @property
    def is_long(self) -> bool:
        """Whether the network needs several messages for it."""
        return sum(map(len, self.units)) > self.single

    def parts(self, reference: int) -> Iterator[bytes]:
        """The parts of a long text, each behind its header."""
        found: list[list[bytes]] = [[]]
        used = 0
        for unit in self.units:
            if used + len(unit) > self.part:
                found.append([])
                used = 0
            found[-1].append(unit)
            used += len(unit)
        for number, some in enumerate(found, 1):
            yield bytes((5, PART_HEADER, 3, reference & 0xFF, len(found), number)) + b"".join(some)


def encode(text: str, alphabet: Alphabet) -> Encoded:
    """The text in the narrowest alphabet that the SMSC takes and that has all of it."""
    if alphabet == "gsm7" and is_gsm(text):
        units = [_TO_GSM[sign] for sign in text]
        return Encoded(data_coding=DEFAULT, units=units, single=GSM_SINGLE, part=GSM_PART)
    if alphabet == "latin1":
        try:
            units = [bytes((one,)) for one in text.encode("latin-1")]
        except UnicodeEncodeError:
            pass
        else:
            return Encoded(data_coding=LATIN_1, units=units, single=LATIN_SINGLE, part=LATIN_PART)
    units = [sign.encode("utf-16-be") for sign in text]
    return Encoded(data_coding=UCS_2, units=units, single=2 * UCS_SINGLE, part=2 * UCS_PART)


def decode(octets: bytes, data_coding: int, alphabet: Alphabet) -> tuple[str, tuple[str, ...]] | None:
    """What was written, and what else the same octets may say; None for what is no text. It never fails: what
    has no sign in the alphabet is replaced."""
    coding = _plain_coding(data_coding)
    if coding in BINARY:
        return None
    if coding in CODECS:
        return octets.decode(CODECS[coding], "replace"), ()
    readings = (from_gsm(octets), octets.decode("latin-1"))
    first, other = readings[::-1] if alphabet == "latin1" else readings
    return first, () if first == other else (other,)


def _plain_coding(data_coding: int) -> int:
    """GSM's own groups (3GPP TS 23.038, 4), which some pass on, as the code of SMPP that means the same."""
    if data_coding & _CLASSES == _CLASSES:
        return 0x04 if data_coding & 0x04 else DEFAULT
    if data_coding & _GROUPS == 0 and data_coding & 0x10:
        return (DEFAULT, 0x04, UCS_2, DEFAULT)[data_coding >> 2 & 0x03]
    return data_coding


def from_gsm(octets: bytes) -> str:
    """GSM 03.38, a septet an octet; an escape before what its extension lacks is a space (6.2.1)."""
    found: list[str] = []
    escaped = False
    for one in octets:
        if escaped:
            found.append(_FURTHER.get(one, " " + _BASIC[one & 0x7F]))
            escaped = False
        elif one == ESCAPE:
            escaped = True
        else:
            found.append(_BASIC[one & 0x7F])
    return "".join(found)


def split_header(octets: bytes) -> tuple[bytes, tuple[int, int, int] | None]:
    """The text behind a user data header, and (reference, total, number) where it is a part of several."""
    if not octets:
        return octets, None
    header, rest = octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
    found, at = None, 0
    while at + 1 < len(header):
        element, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if element == PART_HEADER and len(value) == 3:  # noqa: PLR2004 - reference, total, number
            found = (value[0], value[1], value[2])
        if element == WIDE_PART_HEADER and len(value) == 4:  # noqa: PLR2004 - the reference has two octets
            found = (int.from_bytes(value[:2], "big"), value[2], value[3])
        at += 2 + length
    return rest, found
