"""Opaque cursors: where the next page begins, signed, so that only one that we gave out is taken back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson

from service.errors import FieldError, InvalidRequest
from service.vault import Vault

_PURPOSE = "cursor:"


def make_cursor(vault: Vault, of: str, key: Sequence[Any] | None) -> str | None:
    """The cursor after `key` in the list `of`; None at the end of the list."""
    if key is None:
        return None
    text = (
        base64.urlsafe_b64encode(orjson.dumps(list(key), option=orjson.OPT_UTC_Z, default=str))
        .decode()
        .rstrip("=")
    )
    return vault.sign(_PURPOSE + of, text).replace("~", ".")


def read_cursor(vault: Vault, of: str, cursor: str | None) -> list[Any] | None:
    """The key in a cursor of this list, or None without one. Raises InvalidRequest for anything else."""
    if cursor is None:
        return None
    head, dot, tag = cursor.rpartition(".")
    text = vault.read_signed(_PURPOSE + of, f"{head}~{tag}") if dot and cursor.isascii() else None
    if text is None:
        raise _refused()
    try:
        key: list[Any] = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise _refused() from None
    return key


def _refused() -> InvalidRequest:
    field_error = FieldError(
        pointer="/query/cursor", detail="expected the next_cursor of the page before", code="bad-cursor"
    )
    return InvalidRequest("a parameter does not fit", field_errors=[field_error])
