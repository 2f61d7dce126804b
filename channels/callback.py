"""What a provider posts to us, and what it can amount to: a receipt, a message from a borrower, or a turn of
a call that is under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import orjson

from channels.receipt import Inbound, Receipt
from channels.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One request of a provider, as it came."""

    url: str = field(repr=False)
    """As the provider was told it: under our public base, raw path and query, and never from the request's
    own Host header."""
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name."""
    body: bytes = field(repr=False)
    kind: str
    """The part of the path that says what it is about: a channel."""
    step: str | None = None
    """What stands behind the attempt's token in the path; None for its receipts."""


class Listener(StrEnum):
    """Who answered, as far as the provider can tell."""

    PERSON = "person"
    MACHINE = "machine"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Somebody or something answered the call, and waits for its words."""

    ref: str
    """The provider's id of the call."""
    by: Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A key was pressed."""

    ref: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The script was said up to its `ReportEnd`."""

    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HungUp:
    """Whoever answered hung up."""

    ref: str


Turn = Answered | Pressed | Played | HungUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained:
    """The person called the message spam, and their provider says so."""

    kind: str
    """The feedback's type: `abuse`, `fraud`, `other` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeted:
    """The provider asked whether this URL is ours, and was answered; nothing is said of any message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a provider is answered."""

    body: str = field(repr=False)
    media_type: str


class CallbackError(Exception):
    """A request that is no provider's, or none that can be read."""


class NoSuchCallback(CallbackError):
    """The provider posts nothing under this kind and step."""


class Forged(CallbackError):
    """Its signature does not fit."""


class OtherType(CallbackError):
    """It has another content type than the one that is named."""


class Unreadable(CallbackError):
    """It is signed, and is not what the provider sends; the message says what was expected."""

    def __init__(self, pointer: str, expected: str) -> None:
        """`pointer`: the field, as a JSON pointer; empty for the whole."""
        super().__init__(expected)
        self.pointer = pointer


JSON = "application/json"


def check_json(callback: Callback) -> None:
    """Raises OtherType for a request that says it is something else."""
    if callback.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise OtherType(JSON)


def json_object(callback: Callback, expected: str) -> dict[str, Any]:
    """The document of a request that is believed by now. Raises Unreadable, which says what was `expected`
    where it is JSON and no object."""
    try:
        document = orjson.loads(callback.body)
    except orjson.JSONDecodeError:
        raise Unreadable("", "a JSON document") from None
    if not isinstance(document, dict):
        raise Unreadable("", expected)
    return document


class Receiver(Protocol):
    """One provider's side of what is posted to us: verify, then parse, then reply."""

    def verify(self, callback: Callback) -> None:
        """Return where an account of ours at this provider signed it. Raises CallbackError; nothing of it is
        believed before."""

    def parse(self, callback: Callback) -> Receipt | Turn | Complained | Greeted:
        """What was posted about an attempt of ours. Raises CallbackError."""

    def parse_inbound(self, callback: Callback) -> Inbound:
        """What a borrower wrote. It must be taken whatever stands in it; raises CallbackError only for what
        is no message."""

    def reply(self, script: Script | None, receipt_url: str) -> Reply:
        """The answer to a turn of a call: what is said next; without a script the answer to a borrower's
        message."""


@runtime_checkable
class AccountReceiver(Protocol):
    """Of a provider that posts to one URL for a whole account, what it does besides."""

    async def prepare(self, callback: Callback) -> None:
        """Fetch what verifying needs, and answer what the provider asks of a new URL; before `verify`, so
        that nothing but what the provider's own hosts hold is looked at. Raises CallbackError."""

    def token_of(self, callback: Callback) -> str:
        """The token of the receipt's URL, which the message carried there and back. Raises CallbackError."""
