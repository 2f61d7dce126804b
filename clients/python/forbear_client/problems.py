"""Generated from the OpenAPI document by `make clients`; not to be edited."""

from __future__ import annotations

from .problem import ProblemError


class MalformedBody(ProblemError):
    """The body is not JSON (RFC 8259) in UTF-8, or nests too deep, or names a member twice."""


class Unauthenticated(ProblemError):
    """No API key, or one that is unknown, expired or revoked."""


class Forbidden(ProblemError):
    """The key's role or its creditors do not cover this."""


class AnotherCreditor(ProblemError):
    """The key is limited to creditors, and others have this borrower too."""


class BadSignature(ProblemError):
    """The provider's signature is missing or does not fit."""


class NotFound(ProblemError):
    """Nothing with this id is here, or it was erased."""


class SlowBody(ProblemError):
    """The body did not arrive in time."""


class Conflict(ProblemError):
    """The present state does not allow it."""


class TooManyEvents(ProblemError):
    """A borrower has as many events as there may be."""


class ContentTooLarge(ProblemError):
    """The body is larger than this route takes."""


class UnsupportedMediaType(ProblemError):
    """The Content-Type is not what this route takes."""


class InvalidRequest(ProblemError):
    """The body, a parameter or a header does not fit; nothing was stored."""


class IdempotencyMismatch(ProblemError):
    """The same Idempotency-Key came with another body (draft-ietf-httpapi-idempotency-key-header §2.7)."""


class TooManyRequests(ProblemError):
    """A limit of this key, or back-pressure of the whole service; `retry_after` says when to come back."""


class InternalError(ProblemError):
    """A failure of ours; the server's log has the trace under the request's id."""


class Unavailable(ProblemError):
    """The store cannot be reached now; nothing was lost, the request may be repeated."""


BY_SLUG: dict[str, type[ProblemError]] = {
    "malformed-body": MalformedBody,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "another-creditor": AnotherCreditor,
    "bad-signature": BadSignature,
    "not-found": NotFound,
    "slow-body": SlowBody,
    "conflict": Conflict,
    "too-many-events": TooManyEvents,
    "content-too-large": ContentTooLarge,
    "unsupported-media-type": UnsupportedMediaType,
    "invalid-request": InvalidRequest,
    "idempotency-key-reused": IdempotencyMismatch,
    "too-many-requests": TooManyRequests,
    "internal-error": InternalError,
    "unavailable": Unavailable,
}
"""By the last part of a problem's type."""
