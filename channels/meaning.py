"""What a code of a provider's API says, in one vocabulary, and what an HTTP answer that carries it means for
the message that was to be created. Each provider has a table of its own codes; what follows from them is one
thing for all.

A 4xx answer says that nothing was created. A 5xx may have created, and so may a redirect, a time-out and a
cut: all of these are unknown. A code that no table lists is refused without a retry, and somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from channels.outcome import Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.scrubbed import scrubbed

SUCCESS, REDIRECTS, CLIENT_ERRORS, SERVER_ERRORS = 200, 300, 400, 500
TOO_MANY = 429
OF_THE_ACCOUNT = frozenset({401, 402, 403})
"""Statuses that are the account's where no code says more."""
LONGEST_WAIT = timedelta(hours=1)
SHORTEST_WAIT = timedelta(seconds=1)


class Meaning(StrEnum):
    """What a code says, wherever it is said."""

    ADDRESS = "address"
    """This number cannot get such a message: invalid, not in service, a landline for a text."""
    OPTED_OUT = "opted_out"
    """The person opted out, or the carrier blocks us for them."""
    OURS = "ours"
    """Our sender, our words, our settings: nothing about the person."""
    ACCOUNT = "account"
    LATER = "later"
    """Nothing reached anybody; the same may be tried later."""
    UNCLEAR = "unclear"
    """The carrier does not say: it may have arrived."""


PASSING = frozenset({Meaning.LATER, Meaning.ACCOUNT})
"""What a create meets with another try on schedule, a receipt does too."""


def meaning_of(table: Mapping[int, Meaning], code: object) -> Meaning | None:
    """What a code means, as a number or in digits; None for what is not listed."""
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code[:9])
    return table.get(code) if isinstance(code, int) else None


def refused(
    status: int, *, code: str, meaning: Meaning | None, words: str, headers: Mapping[str, str] | None = None
) -> Outcome:
    """What an HTTP answer other than a success means. `words`: the provider's own, which may repeat the
    address; `headers`: those of the answer, by any case, where they are at hand."""
    if status >= SERVER_ERRORS or status < CLIENT_ERRORS:
        return Unknown(code=code, reason=f"the provider answered HTTP {status}: it may have taken it")
    reason = scrubbed(words) or f"HTTP {status}"
    if status == TOO_MANY or meaning is Meaning.LATER:
        wait = wait_asked_for(headers) if status == TOO_MANY and headers is not None else None
        return Busy(code=code, reason=reason, retry_after=wait, account_wide=status == TOO_MANY)
    if meaning is Meaning.UNCLEAR:
        return Unknown(code=code, reason=reason)
    if meaning is None:
        cause = RefusalCause.ACCOUNT if status in OF_THE_ACCOUNT else RefusalCause.UNLISTED
        return Rejected(cause=cause, code=code, reason=reason)
    return Rejected(cause=RefusalCause(meaning.value), code=code, reason=reason)


def wait_asked_for(headers: Mapping[str, str]) -> timedelta:
    """Retry-After (RFC 9110 §10.2.3), in seconds or as a date, which is held against the answer's own Date;
    within a second and an hour."""
    asked = headers.get("Retry-After", "").strip()
    wait = SHORTEST_WAIT
    if asked.isascii() and asked.isdigit():
        wait = timedelta(seconds=min(int(asked[:9]), LONGEST_WAIT.total_seconds()))
    elif asked:
        try:
            wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("Date", ""))
        except (TypeError, ValueError):
            wait = SHORTEST_WAIT
    return min(LONGEST_WAIT, max(SHORTEST_WAIT, wait))
