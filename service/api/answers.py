"""JSON answers: written by orjson, instants in UTC with a Z, amounts as decimal strings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from starlette.responses import Response

JSON = "application/json"
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def _plain(value: object) -> Any:
    match value:
        case Decimal():
            return str(value)
        case frozenset() | set():
            return sorted(value)
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return dict(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def encode(document: object) -> bytes:
    """The bytes of a JSON answer."""
    return orjson.dumps(document, default=_plain, option=_OPTIONS)


def answer(document: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(encode(document), status_code=status, headers=headers, media_type=JSON)


def page(items: list[Any], next_cursor: str | None) -> Response:
    """One page of a list, as every list answers."""
    return answer({"items": items, "next_cursor": next_cursor})
