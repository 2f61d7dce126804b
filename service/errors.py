"""What can be wrong with a request or with the set-up, as exceptions that the edges turn into problems and
exit codes.

Each class has a stable `slug` (the last part of the problem's `type`) and an HTTP status. Messages never hold
an address, a name or a body: they may be logged.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing that is wrong with a document: where, what was expected, what came."""

    pointer: str
    """JSON pointer (RFC 6901) to the member; empty for the whole document."""
    detail: str
    """One sentence: what was expected and what came."""
    code: str = "invalid"


class ForbearError(Exception):
    """Base of all: something the caller can be told."""

    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 500

    def __init__(
        self, detail: str, *, field_errors: Sequence[FieldError] = (), retry_after: int | None = None
    ) -> None:
        """`detail` is one sentence for a person; `retry_after` whole seconds."""
        super().__init__(detail)
        self.detail = detail
        self.field_errors = tuple(field_errors)
        self.retry_after = retry_after


class InvalidRequest(ForbearError):
    """The body, a parameter or a header does not fit; nothing was stored."""

    slug = "invalid-request"
    title = "The request is not valid"
    status = 422


class Unauthenticated(ForbearError):
    """No API key, or one that is unknown, expired or revoked."""

    slug = "unauthenticated"
    title = "A valid API key is needed"
    status = 401


class Forbidden(ForbearError):
    """The key's role or its creditors do not cover this."""

    slug = "forbidden"
    title = "This key may not do that"
    status = 403


class NotFound(ForbearError):
    """Nothing with this id is here, or it was erased."""

    slug = "not-found"
    title = "Not found"
    status = 404


class Conflict(ForbearError):
    """The present state does not allow it."""

    slug = "conflict"
    title = "The present state does not allow this"
    status = 409


class AnotherCreditor(Forbidden):
    """The key is limited to creditors, and others have this borrower too."""

    slug = "another-creditor"
    title = "Other creditors have this borrower too"


class TooManyEvents(Conflict):
    """A borrower has as many events as there may be."""

    slug = "too-many-events"
    title = "This borrower has too many events"


class IdempotencyMismatch(ForbearError):
    """The same Idempotency-Key came with another body (draft-ietf-httpapi-idempotency-key-header §2.7)."""

    slug = "idempotency-key-reused"
    title = "This Idempotency-Key was used with another body"
    status = 422


class TooManyRequests(ForbearError):
    """A limit of this key, or back-pressure of the whole service; `retry_after` says when to come back."""

    slug = "too-many-requests"
    title = "Too many requests"
    status = 429


class Unavailable(ForbearError):
    """The store cannot be reached now; nothing was lost, the request may be repeated."""

    slug = "unavailable"
    title = "The service cannot do this right now"
    status = 503


class Moved(Unavailable):
    """The borrower has moved to another cell, which this process is about to learn; the request may be
    repeated."""


class InternalError(ForbearError):
    """A failure of ours; the server's log has the trace under the request's id."""


class SetupError(ForbearError):
    """A missing or wrong setting: the start ends with this one line."""

    slug = "setup"
    title = "A setting is missing or wrong"


FRAMES = 12
"""The innermost ones tell."""


def where(error: BaseException) -> list[str]:
    """Where it broke, without the words of the error: those may hold what a request or a row held."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
