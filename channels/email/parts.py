"""The pieces of a mail as strangers write them: decoded headers and texts, and the field blocks of a
machine's report.

Nothing here raises for what is in a mail, and nothing looks at more of it than a bounded piece."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

MOST_TEXT = 256 * 1024
"""Characters of one part that are looked at."""
RETURNED = frozenset(
    {
        "message/rfc822",
        "text/rfc822-headers",
        "message/global",
        "message/global-headers",
        "text/rfc822-headers-only",
    }
)
"""What a report returns of our mail (RFC 6522, RFC 6533)."""
_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:[ \t]*(.*)")
_XTEXT = re.compile(r"\+([0-9A-Fa-f]{2})")
_UNITEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def plain(text: object) -> str:
    """A header's or a payload's text with no lone surrogates, which stand for octets of no known set."""
    return str(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def values(part: Message, name: str) -> list[str]:
    """Every header of this name as it stands. The email package's own access puts a mark for each octet that
    is not ASCII, and RFC 6532 has headers in UTF-8."""
    return [plain(value) for given, value in part.raw_items() if given.lower() == name.lower()]


def header(part: Message, name: str) -> str:
    """A header in one line, encoded words (RFC 2047) read; empty where it is missing."""
    found = values(part, name)
    return words_of(found[0]) if found else ""


def words_of(text: str) -> str:
    """The text of one header's value."""
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return " ".join(text.split())
    return " ".join("".join(_decoded(piece, charset) for piece, charset in pieces).split())


def _decoded(piece: bytes | str, charset: str | None) -> str:
    return plain(piece) if isinstance(piece, str) else decoded(piece, charset)


def decoded(octets: bytes, charset: str | None) -> str:
    """Octets as text: in the set that they claim, else in UTF-8, else as Windows writes them; never
    refused."""
    for one in (charset, "utf-8", "cp1252"):
        try:
            return octets.decode(one or "ascii")
        except (LookupError, UnicodeError, ValueError):
            continue
    return octets.decode("latin-1")


def text_of(part: Message) -> str:
    """The decoded text of a part that is no container, bounded."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return (
        decoded(payload[: MOST_TEXT * 4], part.get_content_charset())[:MOST_TEXT]
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )


def leaves(mail: Message) -> Iterator[Message]:
    """The parts of a mail itself; what it returns or forwards is one part and not looked into."""
    if (
        mail.get_content_type() in RETURNED
        or not isinstance(mail.get_payload(), list)
        or mail.get_content_maintype() == "message"
    ):
        yield mail
        return
    for part in mail.get_payload():
        if isinstance(part, Message):
            yield from leaves(part)


def blocks(part: Message) -> list[Mapping[str, str]]:
    """The blocks of fields in a report's machine-readable part, names in lower case.

    The email package splits `message/delivery-status` and takes its newer kin for a mail of its own, so that
    both are put together and split here."""
    found = [_fields(one) for one in re.split(r"\n[ \t]*\n", machine_text(part))]
    return [one for one in found if one]


def machine_text(part: Message) -> str:
    """The text of a machine-readable part; RFC 6533 allows it an encoding. Empty where that is broken."""
    text = _flat(part)
    encoding = header(part, "Content-Transfer-Encoding").lower()
    if encoding == "base64":
        try:
            text = decoded(base64.b64decode(text.encode("ascii", "ignore"), validate=False), "utf-8")
        except binascii.Error:
            return ""
    elif encoding == "quoted-printable":
        text = decoded(quopri.decodestring(text.encode("utf-8", "replace")), "utf-8")
    return text.replace("\r\n", "\n")


def _flat(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, str):
        return plain(payload)[:MOST_TEXT]
    pieces: list[str] = []
    for one in payload if isinstance(payload, list) else []:
        if isinstance(one, Message):
            pieces.append("\n".join(f"{name}: {plain(value)}" for name, value in one.raw_items()))
            body = one.get_payload()
            if isinstance(body, str) and body.strip():
                pieces.append(plain(body))
    return _SOFT_BREAK.sub("=\n", "\n\n".join(piece for piece in pieces if piece))[:MOST_TEXT]


_SOFT_BREAK = re.compile(r"=\n\n(?=\S)")
"""Where the email package took the rest of a field that is broken softly for the body: there is no such line
as an empty one after a soft break."""


def _fields(block: str) -> dict[str, str]:
    """One block: folded lines put together; the first of two fields with one name counts."""
    fields: dict[str, str] = {}
    last = ""
    for line in block.split("\n"):
        found = _FIELD.match(line)
        if line[:1] in {" ", "\t"} and last:
            fields[last] = f"{fields[last]} {line.strip()}"
        elif found is not None:
            last = found[1].lower()
            if last in fields:
                last = f"{last}#"
            fields[last] = found[2].strip()
    return fields


def typed_addresses(value: str) -> tuple[str, ...]:
    r"""The address in a field like `rfc822; ana@example.com` or `utf-8; an\x{E1}@example.com` (RFC 3464
    §2.1.2, RFC 6533 §3): as it stands, and with its xtext spelt out, since both are written; none where the
    field is empty."""
    kind, semicolon, rest = value.partition(";")
    bare = re.sub(r"\s\(.*\)\s*$", "", rest if semicolon else kind).strip().strip("<>").strip()
    if semicolon and kind.strip().lower() in {"utf-8", "utf8"}:
        bare = _UNITEXT.sub(lambda one: _letter(int(one[1], 16)), bare)
    return tuple(dict.fromkeys(one for one in (bare, from_xtext(bare)) if one))


def _letter(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else ""  # noqa: PLR2004 - the bounds of Unicode


def from_xtext(text: str) -> str:
    """What `xtext` (RFC 3461 §4) spells: `+40` is an at sign."""
    return _XTEXT.sub(lambda one: chr(int(one[1], 16)), text)
