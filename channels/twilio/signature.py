"""Twilio's signature on what it posts to us, checked against our public URL and never against the request's own host."""

from __future__ import annotations

from collections.abc import Mapping

from twilio.request_validator import RequestValidator


def verify(*, url: str, form: Mapping[str, str], signature: str | None, auth_token: str) -> bool:
    """Whether Twilio signed this form for this URL (X-Twilio-Signature, HMAC-SHA1). Never raises."""
    if not signature or not auth_token:
        return False
    try:
        return bool(RequestValidator(auth_token).validate(url, dict(form), signature))  # type: ignore[no-untyped-call]
    except (TypeError, ValueError):
        return False
