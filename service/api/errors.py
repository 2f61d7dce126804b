"""What only HTTP can get wrong, beside the errors of service/errors.py. docs/api.md lists every type."""

from __future__ import annotations

from service.errors import ForbearError


class MalformedBody(ForbearError):
    """The body is not JSON (RFC 8259) in UTF-8, or nests too deep, or names a member twice."""

    slug = "malformed-body"
    title = "The body cannot be read"
    status = 400


class MalformedRequest(ForbearError):
    """The bytes are no HTTP/1.1 request, or no safe one."""

    slug = "malformed-request"
    title = "The request cannot be read"
    status = 400


class RouteNotFound(ForbearError):
    """No such path."""

    slug = "not-found"
    title = "Not found"
    status = 404


class MethodNotAllowed(ForbearError):
    """The path is there, the method is not; `Allow` names those that are."""

    slug = "method-not-allowed"
    title = "This path does not take that method"
    status = 405


class SlowBody(ForbearError):
    """The body did not arrive in time."""

    slug = "slow-body"
    title = "The body did not arrive in time"
    status = 408


class ContentTooLarge(ForbearError):
    """The body is larger than this route takes."""

    slug = "content-too-large"
    title = "The body is too large"
    status = 413


class UnsupportedMediaType(ForbearError):
    """The Content-Type is not what this route takes."""

    slug = "unsupported-media-type"
    title = "This Content-Type is not taken here"
    status = 415


class BadSignature(ForbearError):
    """The provider's signature is missing or does not fit."""

    slug = "bad-signature"
    title = "The signature does not fit"
    status = 403
