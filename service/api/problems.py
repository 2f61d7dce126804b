"""Problems (RFC 9457): one shape for everything that goes wrong, never with a secret, an address or a body in
it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import Response

from service.api.answers import encode
from service.errors import FieldError, ForbearError

MEDIA_TYPE = "application/problem+json"
BASE = "https://forbear.example/problems/"
MOST_FIELD_ERRORS = 100
_LONGEST_NAME = 64

_DETAILS: Mapping[str, str] = {
    "missing": "expected a value; it is missing",
    "extra_forbidden": "this field is not known",
    "string_type": "expected a string",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "bool_type": "expected true or false",
    "float_type": "expected a number",
    "list_type": "expected a list",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "datetime_type": "expected an instant with an offset (RFC 3339), such as 2026-12-01T00:00:00Z",
    "datetime_parsing": "expected an instant with an offset (RFC 3339), such as 2026-12-01T00:00:00Z",
    "datetime_from_date_parsing": (
        "expected an instant with an offset (RFC 3339), such as 2026-12-01T00:00:00Z"
    ),
    "timezone_aware": "expected an instant with an offset (RFC 3339), such as 2026-12-01T00:00:00Z",
    "date_type": "expected a date, such as 2026-12-01",
    "date_parsing": "expected a date, such as 2026-12-01",
    "date_from_datetime_parsing": "expected a date, such as 2026-12-01",
    "time_delta_type": "expected seconds, or a duration such as P1D or PT6H (ISO 8601)",
    "time_delta_parsing": "expected seconds, or a duration such as P1D or PT6H (ISO 8601)",
    "int_parsing": "expected a whole number",
    "bool_parsing": "expected true or false",
}


def problem_document(error: ForbearError, *, instance: str | None = None) -> dict[str, Any]:
    """The document of a problem."""
    document: dict[str, Any] = {
        "type": f"{BASE}{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if instance is not None:
        document["instance"] = instance
    if error.field_errors:
        document["errors"] = [
            {"pointer": field_error.pointer, "detail": field_error.detail, "code": field_error.code}
            for field_error in error.field_errors[:MOST_FIELD_ERRORS]
        ]
    return document


def problem(
    error: ForbearError, *, instance: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer of a problem; 429 and 503 say when to come back, 401 what is wanted."""
    found = dict(headers or {})
    if error.retry_after is not None or error.status in {429, 503}:
        found["Retry-After"] = str(max(1, math.ceil(error.retry_after or 1)))
    if error.status == 401:  # noqa: PLR2004
        found["WWW-Authenticate"] = 'Bearer realm="forbear"'
    if error.status in {408, 413}:
        found["Connection"] = "close"
    return Response(
        encode(problem_document(error, instance=instance)),
        status_code=error.status,
        headers=found,
        media_type=MEDIA_TYPE,
    )


def pointer_of(where: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901); a name that is not ours is shortened and stripped of what does not print."""
    return "".join(f"/{shown(str(part)).replace('~', '~0').replace('/', '~1')}" for part in where)


def shown(name: str) -> str:
    """A name that is not ours, as far as it prints."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:_LONGEST_NAME])


TEXT, OBJECT = "(text)", "(object)"
"""Tags of the two forms that some fields take; Pydantic puts them into its locations, and no body has such a
place."""


def field_errors_of(
    error: ValidationError, *, prefix: Sequence[str | int] = (), skip: int = 0
) -> list[FieldError]:
    """One field error for each thing that a model found wrong. `skip` leaves out the first parts of each
    location."""
    return field_errors_from(error.errors(include_url=False), prefix=prefix, skip=skip)


def field_errors_from(
    details: Sequence[ErrorDetails], *, prefix: Sequence[str | int] = (), skip: int = 0
) -> list[FieldError]:
    """The same from Pydantic's own list."""
    return [
        FieldError(
            pointer=pointer_of(
                (*prefix, *(part for part in one["loc"][skip:] if part not in {TEXT, OBJECT}))
            ),
            detail=_detail(one),
            code=one["type"].replace("_", "-"),
        )
        for one in details[:MOST_FIELD_ERRORS]
    ]


def _detail(one: ErrorDetails) -> str:
    kind, value = one["type"], one.get("input")
    if kind in {"missing", "extra_forbidden"}:
        return _DETAILS[kind]
    bounds = one.get("ctx", {})
    match kind:
        case "string_too_long" | "too_long":
            size = len(value) if isinstance(value, str | list | dict) else "more"
            return f"expected at most {bounds['max_length']} {_unit(kind, bounds['max_length'])}; got {size}"
        case "string_too_short" | "too_short":
            return (
                f"expected at least {bounds['min_length']} {_unit(kind, bounds['min_length'])}; got "
                f"{bounds.get('actual_length', got(value))}"
            )
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return (
                f"{one['msg'].replace('Input should be', 'expected a value')}; got "
                f"{'less' if kind.startswith('greater') else 'more'}"
            )
        case "literal_error":
            return f"expected {bounds['expected']}; got {got(value)}"
        case "string_pattern_mismatch":
            return (
                f"{PATTERNS.get(bounds['pattern'], 'expected another form')}; got {got(value)} that has "
                "not this form"
            )
        case _:
            expected = _DETAILS.get(kind)
            return one["msg"] if expected is None else f"{expected}; got {got(value)}"


def _unit(kind: str, number: int) -> str:
    return ("character" if kind.startswith("string") else "item") + "s" * (number != 1)


PATTERNS: dict[str, str] = {}
"""What a pattern means, in words; the schemas fill it."""


def got(value: object) -> str:
    """What came, without saying what was in it."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "an empty string" if not value else "a string"
        case datetime() | date():
            return "an instant or date without what is needed"
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return "something else"
