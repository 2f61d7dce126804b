"""How far one hand-over has come, and what an end of it means then: before anything was written nothing was
taken, and of what was begun no refusal says that nothing went."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from channels.outcome import Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.retried import REFUSED
from channels.smpp.codes import Meaning, name_of, refusal
from channels.smpp.session import BindRefused


@dataclass(slots=True)
class Submission:
    """How far one hand-over has come."""

    begun: bool = False
    """Something was written."""
    parts: int = 0
    """Units that the SMSC has taken."""

    def begin(self) -> None:
        """The first octets leave."""
        self.begun = True

    def refused(self, status: int) -> Outcome:
        """What another status than 0 means here: of a message that has begun to go it is no refusal."""
        outcome = refusal(status)
        if self.parts:
            return Unknown(code="partly", reason=f"a part went, and for the next {name_of(status)}")
        return outcome

    def outcome_of(self, error: Exception) -> Outcome:
        """What an exception means for the attempt."""
        if self.begun:
            if isinstance(error, TimeoutError):
                return Unknown(code="timeout", reason="no answer in time after the message was written")
            return Unknown(
                code="cut",
                reason=f"the session ended after the message was written ({type(error).__name__})",
            )
        match error:
            case BindRefused(status=status):
                return _bind_refused(status)
            case ssl.SSLCertVerificationError():
                return Rejected(
                    cause=RefusalCause.ACCOUNT, code="tls", reason="the SMSC's certificate is not trusted"
                )
            case TimeoutError():
                return Busy(code="timeout", reason="no session or no place in its window in time")
            case OSError() | EOFError():
                return Busy(code=REFUSED, reason="the SMSC could not be connected to", account_wide=True)
            case _:
                return Unknown(code="error", reason=f"the hand-over failed with {type(error).__name__}")


def _bind_refused(status: int) -> Outcome:
    """Nothing was submitted: it is the account's, or passes."""
    outcome = refusal(status)
    if isinstance(outcome, Rejected) and outcome.cause.value == Meaning.ACCOUNT:
        return outcome
    return Busy(code=f"0x{status:08X}", reason=f"no session: {name_of(status)}", account_wide=True)
