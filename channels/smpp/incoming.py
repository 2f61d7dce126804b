"""What an SMSC delivers to us, as a receipt or as what a borrower wrote.

A receipt is one by its esm_class, or by the optional parameters that only a receipt has; what it says stands
in them, or in its text in the form of SMPP 3.4, appendix B."""

from __future__ import annotations

import hashlib
import re

from channels.receipt import Inbound, Progress, Receipt
from channels.smpp.codes import BY_NAME, GSM_NETWORK, STATES, UNKNOWN_SUBSCRIBER
from channels.smpp.pdu import Malformed, Party, ShortMessage, Tag
from channels.smpp.text import Alphabet, decode, split_header

KIND, RECEIPT, HANDSET_RECEIPT, INTERMEDIATE = 0x3C, 0x04, 0x08, 0x20
"""Bits 5 to 2 of esm_class, and the kinds of a delivery that they name."""
HAS_HEADER = 0x40
INTERNATIONAL, NATIONAL, ALPHANUMERIC, UNKNOWN_TON = 1, 2, 5, 0
LONG_NUMBER = 8
"""Digits from which a number of an unknown type is an international one; a short code has fewer."""
_FIELD = re.compile(r"\b(id|stat|err):\s*([^\s:]+)", re.IGNORECASE)
_OWN_WORDS = re.compile(r"\btext:", re.IGNORECASE)
_PLAIN_CODE = re.compile(r"[A-Za-z0-9]{1,8}")


def is_receipt(message: ShortMessage) -> bool:
    """Whether it speaks of a message of ours, and is none of a borrower's."""
    kind = message.esm_class & KIND
    return kind in {RECEIPT, INTERMEDIATE} or (kind == 0 and Tag.RECEIPTED_MESSAGE_ID in message.options)


def is_from_handset(message: ShortMessage) -> bool:
    """Whether a telephone acknowledges a message by itself: it says nothing that a receipt does not."""
    return message.esm_class & KIND == HANDSET_RECEIPT


def receipt_of(message: ShortMessage, provider: str) -> Receipt:
    """A receipt; its optional parameters are believed before its text. Raises Malformed where neither names a
    message and its state."""
    said = {name.lower(): value for name, value in _fields(message)}
    id_ = message.options.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1")
    ref, state = id_ or said.get("id", ""), _state(message, said.get("stat", ""))
    if not ref or state is None:
        raise Malformed("a receipt that names no message, or no state")
    return state_receipt(
        ref, state, provider=provider, code=_error(message, said.get("err", "")), dead=_no_such(message)
    )


def state_receipt(
    ref: str, state: int, *, provider: str, code: str | None = None, dead: bool = False
) -> Receipt:
    """The receipt that a state amounts to, whoever told it. A state that is not known is unclear and settles
    nothing."""
    name, progress, outcome = STATES.get(state, ("a state that is not known", Progress.UNCLEAR, None))
    failed = progress is Progress.UNDELIVERED
    return Receipt(
        provider=provider,
        ref=ref,
        progress=progress,
        outcome="not_in_service" if failed and dead else outcome,
        code=code if failed or progress is Progress.UNCLEAR else None,
        reason=name,
        digest=hashlib.sha256(f"{ref}\0{state}\0{code or ''}".encode()).hexdigest()[:32],
        address_dead=failed and dead,
        raw={"state": name} | ({"error": code} if code else {}),
    )


def readings_of(ref: str) -> tuple[str, ...]:
    """The ways in which an SMSC may have written the same id when it took the message: as in the receipt, in
    the other case, or as the same number in hexadecimal or decimal."""
    found = [ref, ref.upper(), ref.lower(), ref.lstrip("0") or ref]
    if ref.isascii() and ref.isdigit() and len(ref) <= LONGEST_NUMBER:
        plain = f"{int(ref):x}"
        found += [plain, plain.upper(), *(one.zfill(8) for one in (plain, plain.upper()))]
    if re.fullmatch(r"[0-9A-Fa-f]{1,16}", ref):
        found.append(str(int(ref, 16)))
    return tuple(dict.fromkeys(found))


LONGEST_NUMBER = 20


def inbound_of(
    message: ShortMessage, octets: bytes, *, provider: str, ref: str, alphabet: Alphabet, country: str | None
) -> Inbound:
    """What a borrower wrote. `octets`: its text without a header, the parts of several put together."""
    read = decode(octets, message.data_coding, alphabet)
    words, also = ("", ()) if read is None else read
    return Inbound(
        provider=provider,
        ref=ref,
        from_address=number_of(message.source, country),
        to_address=number_of(message.destination, country),
        words=words,
        also=also,
        media=1 if read is None else 0,
    )


def text_of(message: ShortMessage) -> tuple[bytes, tuple[int, int, int] | None]:
    """The octets of a text, and (reference, total, number) where it is a part of several."""
    octets, part = message.words, None
    if message.esm_class & HAS_HEADER:
        octets, part = split_header(octets)
    sar = [message.options.get(tag, b"") for tag in (Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER)]
    if part is None and all(sar):
        reference, total, number = (int.from_bytes(one, "big") for one in sar)
        part = reference, total, number
    if part is not None and not 1 <= part[2] <= part[1]:
        part = None
    return octets, part


def number_of(party: Party, country: str | None) -> str:
    """An address as we know it. A national number is one of `country`, the calling code of whoever runs the
    SMSC; where that is not set it stays as it came, and so does a short code or a name."""
    plain = party.address.strip()
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or party.ton == ALPHANUMERIC:
        return plain
    if plain.startswith("+") or party.ton == INTERNATIONAL:
        return f"+{digits.removeprefix('00')}"
    if party.ton == NATIONAL and country is not None:
        return f"+{country}{digits.removeprefix('0')}"
    if party.ton == UNKNOWN_TON and len(digits.lstrip("0")) >= LONG_NUMBER:
        if digits.startswith("00"):
            return f"+{digits[2:]}"
        if digits.startswith("0"):
            return plain if country is None else f"+{country}{digits[1:]}"
        return f"+{digits}"
    return plain


def _fields(message: ShortMessage) -> list[tuple[str, str]]:
    """The fields in words, without what a receipt repeats of our own text."""
    text = message.words.decode("latin-1")
    own = _OWN_WORDS.search(text)
    return _FIELD.findall(text if own is None else text[: own.start()])


def _state(message: ShortMessage, name: str) -> int | None:
    option = message.options.get(Tag.MESSAGE_STATE, b"")
    if option:
        return option[0]
    return BY_NAME.get(name.upper())


def _error(message: ShortMessage, word: str) -> str | None:
    """The network's error: `3/001` of the optional parameter, or what stands behind `err:`; None for none."""
    option = message.options.get(Tag.NETWORK_ERROR, b"")
    if len(option) == 3:  # noqa: PLR2004 - the kind of network, and a code of two octets
        return f"{option[0]}/{int.from_bytes(option[1:], 'big'):03d}"
    return word if _PLAIN_CODE.fullmatch(word) and word.strip("0") else None


def _no_such(message: ShortMessage) -> bool:
    """Whether the network says that there is no such number. `err:` of the text is every vendor's own and is
    not believed for that."""
    option = message.options.get(Tag.NETWORK_ERROR, b"")
    return option == bytes((GSM_NETWORK, 0, UNKNOWN_SUBSCRIBER))
