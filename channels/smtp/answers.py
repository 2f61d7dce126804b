"""What a mail server's refusal, or a connection that failed, means for an attempt."""

from __future__ import annotations

import re
import ssl

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from channels.email.refusals import ENHANCED, judge
from channels.outcome import Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.retried import REFUSED
from channels.scrubbed import scrubbed

PERMANENT = 500
TRANSIENT = 400
CLOSING = 421
_OURS = ("5.7.", "5.5.", "5.1.7", "5.1.8", "5.1.90")
"""Policy, protocol, and what is said of the sender."""
_MAILBOX_IN_TEXT = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_UNREACHED = Busy(code=REFUSED, reason="the server could not be connected to", account_wide=True)


def keeps(outcome: Outcome) -> bool:
    """Whether the connection may be used again after this outcome."""
    return not (isinstance(outcome, Busy) and outcome.code.startswith(str(CLOSING)))


def refused(error: SMTPResponseException, cause: RefusalCause | None = None) -> Outcome:
    """A refusal in so many words: nothing was taken. `cause` where the stage tells it: MAIL names no borrower
    yet."""
    code, words = error.code, error.message
    reason = scrubbed(_MAILBOX_IN_TEXT.sub("[address]", words))
    found = ENHANCED.match(words)
    shown = f"{code} {found[0]}" if found else str(code)
    if code < PERMANENT:
        return Busy(code=shown, reason=reason)
    return Rejected(cause=cause or _cause(code, found[0] if found else "", words), code=shown, reason=reason)


def _cause(code: int, enhanced: str, words: str) -> RefusalCause:
    """Whose business a permanent refusal is. Only a word about the mailbox itself is a refusal of the
    address, since it ends every later mail to it; what else is refused is ours where the code says so, and
    else nobody's yet."""
    if judge(enhanced, f"{code} {words}").dead:
        return RefusalCause.ADDRESS
    if enhanced.startswith(_OURS) or (not enhanced and code in {530, 535, 554}):
        return RefusalCause.OURS
    return RefusalCause.UNLISTED


def after_data(error: BaseException) -> Outcome:
    """A connection that failed while the message was handed over: nobody knows whether it was taken."""
    return Unknown(code=type(error).__name__, reason="the connection ended while the message was handed over")


def before_data(error: BaseException) -> Outcome:
    """A connection that failed before the message was handed over: nothing was taken."""
    match error:
        case SMTPAuthenticationError():
            return _login_refused(error)
        case Exception() if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return _setup("tls", "no encrypted connection: the server's certificate is not trusted")
        case SMTPConnectError():
            return _UNREACHED
        case SMTPServerDisconnected() | TimeoutError():
            reason = "the server ended the connection, or fell silent, before it took anything"
            return Busy(code=type(error).__name__, reason=reason)
        case OSError():
            return _UNREACHED
        case SMTPResponseException():
            return Busy(code=str(error.code), reason="the server would not be talked to", account_wide=True)
        case SMTPException():
            reason = "the server does not offer the encryption or the login that the settings demand"
            return _setup("setup", reason)
        case _:
            return Busy(code=type(error).__name__, reason="the message could not be begun")


def _login_refused(error: SMTPAuthenticationError) -> Outcome:
    """A 4xx says that the credentials cannot be checked, which passes; a 5xx that they are wrong."""
    code = str(error.code)
    if error.code < PERMANENT:
        return Busy(code=code, reason="the server cannot check our credentials just now", account_wide=True)
    return _setup(code, "the server refused our credentials")


def _setup(code: str, reason: str) -> Outcome:
    return Rejected(cause=RefusalCause.ACCOUNT, code=code, reason=reason)
