"""Twilio's signature on what it posts to us, checked against our public URL and never against the request's
own host."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlparse

from twilio.request_validator import RequestValidator, add_port, remove_port

from channels.twilio.form import Octets, text_form


def verify(*, url: str, form: Octets, signature: str | None, auth_token: str) -> bool:
    """Whether Twilio signed this form for this URL (X-Twilio-Signature, HMAC-SHA1). Never raises.

    Twilio's own package signs text; a form that is no UTF-8 is checked octet by octet. Either way nothing is
    believed that was not signed."""
    if not signature or not auth_token:
        return False
    try:
        text = {name.decode("utf-8"): value.decode("utf-8") for name, value in form.items()}
    except UnicodeDecodeError:
        return _octets_signed(url, form, signature, auth_token) or _text_signed(
            url, text_form(form), signature, auth_token
        )
    return _text_signed(url, text, signature, auth_token)


def _text_signed(url: str, form: dict[str, str], signature: str, auth_token: str) -> bool:
    try:
        return bool(RequestValidator(auth_token).validate(url, form, signature))  # type: ignore[no-untyped-call]
    except (TypeError, ValueError):
        return False


def _octets_signed(url: str, form: Octets, signature: str, auth_token: str) -> bool:
    """The same scheme over octets: the URL, with and without its port, and each name with its value in the
    order of the names."""
    try:
        parts = urlparse(url)
        urls = {str(add_port(parts)), str(remove_port(parts))}  # type: ignore[no-untyped-call]
    except ValueError:
        return False
    fields = b"".join(name + form[name] for name in sorted(form))
    return any(
        hmac.compare_digest(
            base64.b64encode(hmac.new(auth_token.encode(), one.encode() + fields, hashlib.sha1).digest()),
            signature.encode("utf-8", "replace"),
        )
        for one in urls
    )
