"""SMPP's codes in our words: one table for answers to submit_sm and bind, and one for the states of receipts
and of query_sm.

An answer with another status than 0 says that nothing was taken, but for three: a system error, an unknown
error and a delivery failure may stand behind a message that went. The statuses are those of SMPP 3.4, 5.1.3;
a vendor's own (0x400 and up) are not listed, so that they are refused without a retry and somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType

from channels.outcome import Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress

TABLE_VERSION = "2026-11-29"


class Status(IntEnum):
    """The statuses that are named anywhere here."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    WRONG_BIND = 0x04
    ALREADY_BOUND = 0x05
    SYSTEM_ERROR = 0x08
    INVALID_ID = 0x0C
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    TRY_AGAIN = 0x64
    """ESME_RX_T_APPN: what we answer where nothing could be stored now."""
    NOT_READ = 0x65
    """ESME_RX_P_APPN: what we answer to what cannot be read."""
    QUERY_FAILED = 0x67


class Meaning(StrEnum):
    """What a status says of a message."""

    ADDRESS = "address"
    OURS = "ours"
    ACCOUNT = "account"
    LATER = "later"
    """Nothing was taken; the same may be tried later."""
    EVERYBODY_LATER = "everybody_later"
    """The same, and every other message meets it too."""
    UNCLEAR = "unclear"


_ADDRESS, _OURS, _ACCOUNT, _LATER, _ALL, _UNCLEAR = Meaning
STATUSES: Mapping[int, Meaning] = MappingProxyType(
    dict.fromkeys(
        (0x01, 0x02, 0x03, 0x06, 0x07, 0x0A, 0x0C, 0x11, 0x13, 0x15, 0x33, 0x34, 0x40, 0x42, 0x43, 0x44,
        0x48, 0x49, 0x50, 0x51, 0x53, 0x54, 0x55, 0x61, 0x62, 0x63, 0x65, 0x66, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4),
        _OURS,
    )
    | {0x0B: _ADDRESS, 0x0D: _ACCOUNT, 0x0E: _ACCOUNT, 0x0F: _ACCOUNT}
    | {0x04: _ALL, 0x05: _ALL, 0x58: _ALL, 0x14: _LATER, 0x45: _LATER, 0x64: _LATER}
    | dict.fromkeys((0x08, 0xFE, 0xFF), _UNCLEAR)
)  # fmt: skip
"""The one table of statuses. 0x0B is an invalid destination; 0x45 says that submitting failed, and not
why."""
NAMES: Mapping[int, str] = MappingProxyType(
    {
        0x01: "ESME_RINVMSGLEN", 0x02: "ESME_RINVCMDLEN", 0x03: "ESME_RINVCMDID", 0x04: "ESME_RINVBNDSTS",
        0x05: "ESME_RALYBND", 0x06: "ESME_RINVPRTFLG", 0x07: "ESME_RINVREGDLVFLG", 0x08: "ESME_RSYSERR",
        0x0A: "ESME_RINVSRCADR", 0x0B: "ESME_RINVDSTADR", 0x0C: "ESME_RINVMSGID", 0x0D: "ESME_RBINDFAIL",
        0x0E: "ESME_RINVPASWD", 0x0F: "ESME_RINVSYSID", 0x14: "ESME_RMSGQFUL", 0x45: "ESME_RSUBMITFAIL",
        0x58: "ESME_RTHROTTLED", 0x64: "ESME_RX_T_APPN", 0x65: "ESME_RX_P_APPN", 0x66: "ESME_RX_R_APPN",
        0x67: "ESME_RQUERYFAIL", 0xFE: "ESME_RDELIVERYFAILURE", 0xFF: "ESME_RUNKNOWNERR",
    }
)  # fmt: skip
"""The specification's names of those that are met."""
BACK_OFF = timedelta(seconds=1)
"""After ESME_RTHROTTLED, where the breaker would wait for less."""

STATES: Mapping[int, tuple[str, Progress, str | None]] = MappingProxyType(
    {
        0: ("SCHEDULED", Progress.HELD, None),
        1: ("ENROUTE", Progress.ACCEPTED, None),
        2: ("DELIVRD", Progress.DELIVERED, "delivered"),
        3: ("EXPIRED", Progress.UNDELIVERED, "bounced"),
        4: ("DELETED", Progress.UNDELIVERED, "bounced"),
        5: ("UNDELIV", Progress.UNDELIVERED, "bounced"),
        6: ("ACCEPTD", Progress.ACCEPTED, None),
        7: ("UNKNOWN", Progress.UNCLEAR, None),
        8: ("REJECTD", Progress.UNDELIVERED, "bounced"),
        9: ("SKIPPED", Progress.UNDELIVERED, "bounced"),
    }
)
"""The one table of states: message_state by its number, `stat:` of a receipt in words by its name. ACCEPTD
has been read by somebody on the person's behalf, which is no delivery; 0 and 9 are SMPP 5.0's."""
BY_NAME: Mapping[str, int] = MappingProxyType(
    {one[0]: number for number, one in STATES.items()}
    | {"DELIVERED": 2, "UNDELIVERABLE": 5, "ACCEPTED": 6, "REJECTED": 8}
)
"""Of `stat:`; some write the words in full."""
GSM_NETWORK, UNKNOWN_SUBSCRIBER = 3, 1
"""network_error_code: the kind of network, and 3GPP TS 29.002's word that there is no such number."""


def name_of(status: int) -> str:
    """The specification's name of a status, or its number."""
    return NAMES.get(status, f"0x{status:08X}")


def refusal(status: int) -> Outcome:
    """What an answer with another status than 0 means for a message."""
    code, meaning = f"0x{status:08X}", STATUSES.get(status)
    reason = f"the SMSC answered {name_of(status)}"
    match meaning:
        case Meaning.UNCLEAR:
            return Unknown(code=code, reason=f"{reason}: it may have taken it")
        case Meaning.LATER:
            return Busy(code=code, reason=reason)
        case Meaning.EVERYBODY_LATER:
            return Busy(code=code, reason=reason, retry_after=BACK_OFF, account_wide=True)
        case None:
            return Rejected(cause=RefusalCause.UNLISTED, code=code, reason=reason)
        case _:
            return Rejected(cause=RefusalCause(meaning.value), code=code, reason=reason)
