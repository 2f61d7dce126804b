"""Twilio's codes and exceptions to outcomes (`channels/meaning.py`): a table with a version. That a 5xx is
unknown is Twilio's own word: its page on 20500 says that a repeat may reach the person twice."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from twilio.base.exceptions import TwilioException, TwilioRestException

from channels import posting
from channels.meaning import TOO_MANY, Meaning, meaning_of, refused, wait_asked_for
from channels.outcome import Busy, Outcome

TABLE_VERSION = "2026-11-29"


_ADDRESS, _OUT, _OURS, _ACCOUNT = Meaning.ADDRESS, Meaning.OPTED_OUT, Meaning.OURS, Meaning.ACCOUNT
_LATER, _UNCLEAR = Meaning.LATER, Meaning.UNCLEAR

CODES: Mapping[int, Meaning] = MappingProxyType(
    {
        21211: _ADDRESS, 21217: _ADDRESS, 21214: _ADDRESS, 13224: _ADDRESS, 21614: _ADDRESS, 21635: _ADDRESS,
            30006: _ADDRESS, 30005: _ADDRESS,
        21610: _OUT, 30004: _OUT,
        21612: _OURS, 21606: _OURS, 21212: _OURS, 21659: _OURS, 21660: _OURS, 21661: _OURS, 21703: _OURS,
            21408: _OURS, 21215: _OURS,
        13227: _OURS, 21602: _OURS, 21604: _OURS, 21617: _OURS, 21205: _OURS, 21609: _OURS, 30007: _OURS,
            30032: _OURS, 30034: _OURS, 30033: _OURS,
        30002: _ACCOUNT, 20003: _ACCOUNT, 20005: _ACCOUNT, 63038: _ACCOUNT,
        30001: _LATER, 21611: _LATER, 30022: _LATER, 20429: _LATER,
        30008: _UNCLEAR,
        63003: _ADDRESS, 63024: _ADDRESS,
        63014: _OUT,
        63002: _OURS, 63005: _OURS, 63007: _OURS, 63008: _OURS, 63013: _OURS, 63016: _OURS, 63019: _OURS,
            63021: _OURS, 63022: _OURS, 63027: _OURS, 63028: _OURS, 63030: _OURS, 21654: _OURS, 21656: _OURS,
        63001: _ACCOUNT, 63020: _ACCOUNT,
        63018: _LATER,
    }
)  # fmt: skip
"""The one table: of answers to a create, of callbacks and of look-ups. Codes from 63001 on are WhatsApp's;
where it does not say why it brings a message to nobody (63010, 63012, 63032, 63049), none is listed: nothing
is tried again, and nothing is said of the number."""


class TooManyRequests(Exception):
    """HTTP 429, with the wait that its headers ask for: the package's own exception does not carry them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """Read the headers."""
        super().__init__("the provider answered HTTP 429")
        self.retry_after = wait_asked_for(headers)


def outcome_of(error: BaseException) -> Outcome:
    """What an exception of the package, of aiohttp, or of a time-out means for the attempt."""
    match error:
        case TooManyRequests():
            return Busy(
                code=str(TOO_MANY),
                reason="too many requests",
                retry_after=error.retry_after,
                account_wide=True,
            )
        case TwilioRestException():
            return refusal(error.status, error.code, error.msg or "")
        case TwilioException() if isinstance(status := getattr(error, "status", None), int):
            return refusal(status, getattr(error, "code", None), str(getattr(error, "detail", "")))
        case _:
            return posting.outcome_of(error)


def refusal(status: int, given: Any, message: str) -> Outcome:
    """What an HTTP error answer means. `given` is the code as the body has it, of whatever type."""
    code = given if isinstance(given, int) else None
    return refused(status, code=str(code or status), meaning=meaning_of(CODES, code), words=message)
