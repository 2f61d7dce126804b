"""JSON answers: written by orjson, instants in UTC with a Z, amounts as decimal strings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

import orjson
from pydantic import BaseModel
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


S = TypeVar("S", bound=BaseModel)


class Answer(Response, Generic[S]):
    """A JSON answer of the shape `S`. What a route says that it returns is what the OpenAPI document says
    that it answers."""


def answer(
    shape: type[S],
    document: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer[S]:
    """A JSON answer with what the shape names of a document, and nothing else. Raises ValidationError, which
    is a fault of ours."""
    told = shape.model_validate(document).model_dump(by_alias=True, exclude_unset=True)
    return quick_answer(shape, told, status=status, headers=headers)


def quick_answer(
    shape: type[S],
    document: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer[S]:
    """The same where every microsecond counts: the document is answered as it is, and that it has the shape
    is held by the tests, which hold every answer of the suite against the OpenAPI document."""
    del shape
    return Answer(encode(document), status_code=status, headers=headers, media_type=JSON)


def page(shape: type[S], items: list[dict[str, Any]], next_cursor: str | None) -> Answer[S]:
    """One page of a list, as every list answers."""
    return answer(shape, {"items": items, "next_cursor": next_cursor})
