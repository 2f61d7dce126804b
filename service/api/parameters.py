"""What stands in paths, queries and headers: bounded, and named when it does not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from service.api.guard import SLASH
from service.api.schemas.words import DOOR, HEX, ID, NAME, SLUG, TOKEN, VISIBLE, WORD
from service.errors import FieldError, InvalidRequest

LARGEST_PAGE = 1000
DEFAULT_PAGE = 100
LARGEST_INT = 2**31 - 1


_is_id = re.compile(ID).search


def _upstream_id(text: str) -> str:
    id_ = text.replace(SLASH, "/")
    if not _is_id(id_):
        raise PydanticCustomError("string_pattern_mismatch", "expected another form", {"pattern": ID})
    return id_


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


_Id = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=ID)]

PathId = Annotated[str, Path(alias="id", min_length=1, max_length=128), AfterValidator(_upstream_id)]
"""An upstream id; an encoded slash is part of it."""
PathName = Annotated[str, Path(alias="name", min_length=1, max_length=64, pattern=NAME)]
PathSlug = Annotated[str, Path(alias="name", min_length=1, max_length=64, pattern=SLUG)]
PathCreditor = Annotated[str, Path(alias="creditor", min_length=1, max_length=64, pattern=NAME)]
PathToken = Annotated[str, Path(alias="token", min_length=1, max_length=256, pattern=TOKEN)]
PathProvider = Annotated[str, Path(alias="provider", min_length=1, max_length=64, pattern=DOOR)]
PathKind = Annotated[str, Path(alias="kind", min_length=1, max_length=32, pattern=WORD)]
PathStep = Annotated[str, Path(alias="step", min_length=1, max_length=32, pattern=WORD)]
PathSnapshot = Annotated[
    str,
    Path(alias="digest", min_length=64, max_length=64, pattern=HEX, description="SHA-256 in hex."),
]
PathVersion = Annotated[int, Path(alias="version", ge=1, le=LARGEST_INT)]
PathShippedVersion = Annotated[int, Path(alias="version", ge=0, le=LARGEST_INT)]
"""With 0, which is what ships."""
PathAny = Annotated[str, Path(alias="id", min_length=1, max_length=128, pattern=VISIBLE)]
"""An id of ours: what does not parse is simply not found."""

OptionalId = Annotated[_Id | None, BeforeValidator(_blank_is_none)]
OptionalCursor = Annotated[
    Annotated[str, StringConstraints(max_length=1200)] | None, BeforeValidator(_blank_is_none)
]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]


class Query(BaseModel):
    """A query: a parameter that is not known is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ListQuery(Query):
    """What every list takes."""

    cursor: OptionalCursor = None
    limit: Limit = DEFAULT_PAGE


_LONGEST_KEY = 255
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body replay the first answer; the same key and another body are 422.",
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST_KEY, "pattern": "^[!-~]+$"},
}
"""The header as the OpenAPI document shows it."""


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key header: 1 to 255 printable ASCII characters, quoted as a structured string or
    bare."""
    return checked_key(request.headers.getlist("idempotency-key"))


def checked_key(values: Sequence[str]) -> str | None:
    """The key in the values of that header, None where there are none. Raises InvalidRequest."""
    if not values:
        return None
    value = values[0]
    key = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if len(values) > 1 or not key or len(key) > _LONGEST_KEY or not key.isascii() or not key.isprintable():
        detail = (
            "expected 1 to 255 printable ASCII characters"
            if len(values) == 1
            else f"expected the header once; got it {len(values)} times"
        )
        field_error = FieldError(pointer="/header/idempotency-key", detail=detail, code="invalid")
        raise InvalidRequest("a header does not fit; nothing was stored", field_errors=[field_error])
    return key
