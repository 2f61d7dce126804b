"""Answers of Amazon SES in our words.

A 4xx answer means that nothing was taken. A 5xx may have been taken, and so may a time-out, a cut and an
answer that cannot be read: SES has no token that would make a repeat harmless, so all of these are
unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from channels.outcome import Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.scrubbed import scrubbed

TABLE_VERSION = "2026-11-29"
_OURS, _ACCOUNT = RefusalCause.OURS, RefusalCause.ACCOUNT
REFUSALS: Mapping[str, RefusalCause] = MappingProxyType(
    {
        "MessageRejected": _OURS,
        "MailFromDomainNotVerifiedException": _OURS,
        "NotFoundException": _OURS,
        "AccountSuspendedException": _ACCOUNT,
        "SendingPausedException": _ACCOUNT,
        "AccessDeniedException": _ACCOUNT,
        "UnrecognizedClientException": _ACCOUNT,
        "InvalidClientTokenId": _ACCOUNT,
        "InvalidSignatureException": _ACCOUNT,
        "SignatureDoesNotMatch": _ACCOUNT,
        "ExpiredTokenException": _ACCOUNT,
        "MissingAuthenticationTokenException": _ACCOUNT,
    }
)
"""By the type of the error. Any other, `BadRequestException` too, is refused without a retry, and seen."""
BUSY = frozenset({"TooManyRequestsException", "LimitExceededException", "ThrottlingException", "Throttling"})
"""A rate, or the quota of a day: nothing was taken, and every mail meets it."""
TOO_MANY, SERVER_ERRORS, REFUSED = 429, 500, 400
FORBIDDEN = frozenset({401, 403})
SHORTEST_WAIT = timedelta(seconds=1)


def refusal(status: int, kind: str, document: Any) -> Outcome:
    """What an HTTP answer other than a success means. `kind`: the error's type, as the header or the body has
    it."""
    name = kind.partition(":")[0].rpartition("#")[2].strip()[:64]
    code = name or str(status)
    if status >= SERVER_ERRORS or status < REFUSED:
        return Unknown(code=code, reason=f"the provider answered HTTP {status}: it may have taken it")
    words = document.get("message") or document.get("Message") if isinstance(document, Mapping) else None
    reason = scrubbed(_without_mailboxes(str(words or f"HTTP {status}")))
    if name in BUSY or status == TOO_MANY:
        return Busy(code=code, reason=reason, retry_after=SHORTEST_WAIT, account_wide=True)
    cause = REFUSALS.get(name, _ACCOUNT if status in FORBIDDEN else RefusalCause.UNLISTED)
    return Rejected(cause=cause, code=code, reason=reason)


def _without_mailboxes(words: str) -> str:
    return " ".join("[address]" if "@" in word else word for word in words.split())
