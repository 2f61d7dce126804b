"""The octets of SMPP 3.4: what an ESME writes and reads (sections 4 and 5 of the specification, issue 1.2).

Written by hand: the package that speaks SMPP here answers a reply before anybody has stored it, and cannot
query (docs/smpp.md). It reads what we write in the tests."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

_HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
HEADER = _HEADER.size
LONGEST = 128 * 1024
"""Octets of the longest unit that is read: a payload of 64 KiB with all that can stand beside it."""
RESPONSE = 0x80000000
INTERFACE = 0x34


class Command(IntEnum):
    """The commands that are written or read; a response has the highest bit set."""

    GENERIC_NACK = RESPONSE
    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    QUERY_SM = 0x03
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15


class Tag(IntEnum):
    """The optional parameters that are written or read."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    NETWORK_ERROR = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Malformed(Exception):
    """Octets that are no unit of SMPP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """One unit of the protocol."""

    command: int
    sequence: int
    status: int = 0
    body: bytes = field(default=b"", repr=False)

    @property
    def is_response(self) -> bool:
        """Whether it answers one of ours."""
        return bool(self.command & RESPONSE)

    def encode(self) -> bytes:
        """The octets."""
        return _HEADER.pack(HEADER + len(self.body), self.command, self.status, self.sequence) + self.body


async def read_pdu(reader: asyncio.StreamReader) -> Pdu:
    """The next unit. Raises Malformed, and IncompleteReadError where the connection ends."""
    length, command, status, sequence = _HEADER.unpack(await reader.readexactly(HEADER))
    if not HEADER <= length <= LONGEST:
        raise Malformed(f"a unit of {length} octets")
    return Pdu(
        command=command,
        sequence=sequence,
        status=status,
        body=await reader.readexactly(length - HEADER),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An address with its type of number and its numbering plan."""

    ton: int
    npi: int
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """What submit_sm and deliver_sm have in common."""

    source: Party
    destination: Party
    esm_class: int = 0
    data_coding: int = 0
    registered: int = 0
    validity: str = ""
    """How long the SMSC may hold it, in SMPP's own form; empty for its own default."""
    octets: bytes = field(default=b"", repr=False)
    options: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> bytes:
        """The text's octets, wherever they stand."""
        return self.options.get(Tag.MESSAGE_PAYLOAD, b"") or self.octets


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """Of bind_transmitter, bind_receiver and bind_transceiver."""
    return _text(system_id) + _text(password) + _text(system_type) + bytes((INTERFACE, 0, 0, 0))


def message_body(message: ShortMessage) -> bytes:
    """Of submit_sm and deliver_sm."""
    return b"".join(
        (
            b"\0",
            _party(message.source),
            _party(message.destination),
            bytes((message.esm_class, 0, 0)),
            b"\0",
            _text(message.validity),
            bytes((message.registered, 0, message.data_coding, 0, len(message.octets))),
            message.octets,
            *(_TLV.pack(tag, len(value)) + value for tag, value in message.options.items()),
        )
    )


def query_body(ref: str, source: Party) -> bytes:
    """Of query_sm: the message's id, and who sent it."""
    return _text(ref) + _party(source)


def parse_message(body: bytes) -> ShortMessage:
    """Of deliver_sm and submit_sm. Raises Malformed."""
    read = _Reader(body)
    read.text()
    source, destination = read.party(), read.party()
    esm_class, _, _ = read.octet(), read.octet(), read.octet()
    _, validity = read.text(), read.text()
    registered, _, data_coding, _, length = (read.octet() for _ in range(5))
    return ShortMessage(
        source=source,
        destination=destination,
        esm_class=esm_class,
        data_coding=data_coding,
        registered=registered,
        validity=validity,
        octets=read.take(length),
        options=read.options(),
    )


def parse_id(body: bytes) -> str:
    """The message's id in submit_sm_resp. Raises Malformed."""
    return _Reader(body).text()


def parse_state(body: bytes) -> tuple[int, int]:
    """The message_state and the network's error of query_sm_resp. Raises Malformed."""
    read = _Reader(body)
    read.text(), read.text()
    return read.octet(), read.octet()


class _Reader:
    """Walks a body. Raises Malformed where it ends too early."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    def take(self, count: int) -> bytes:
        found = self._octets[self._at : self._at + count]
        if len(found) != count:
            raise Malformed("a body that ends too early")
        self._at += count
        return found

    def octet(self) -> int:
        return self.take(1)[0]

    def text(self) -> str:
        end = self._octets.find(b"\0", self._at)
        if end < 0:
            raise Malformed("a text without an end")
        found = self.take(end - self._at)
        self.take(1)
        return found.decode("latin-1")

    def party(self) -> Party:
        return Party(ton=self.octet(), npi=self.octet(), address=self.text())

    def options(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while len(self._octets) - self._at >= _TLV.size:
            tag, length = _TLV.unpack(self.take(_TLV.size))
            found.setdefault(tag, self.take(length))
        return found


def _party(party: Party) -> bytes:
    return bytes((party.ton, party.npi)) + _text(party.address)


def _text(text: str) -> bytes:
    return text.encode("latin-1") + b"\0"
