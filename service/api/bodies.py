"""Reads a request's body: JSON in UTF-8, each member named once, validated by a model, every error with its
pointer."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from service.api.errors import MalformedBody, UnsupportedMediaType
from service.api.problems import field_errors_of, pointer_of, shown
from service.errors import FieldError, InvalidRequest

Model = TypeVar("Model", bound=BaseModel)

_INVALID = "the body does not fit; nothing was stored"


class _Twice(ValueError):
    """A member is named twice in one object."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        last = {name: place for place, (name, _) in enumerate(pairs)}
        raise _Twice(next(name for place, (name, _) in enumerate(pairs) if last[name] != place))
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).decode


async def json_bytes(request: Request) -> bytes:
    """The body of a request that says that it is JSON. Raises UnsupportedMediaType and what the guard
    raises."""
    kind = _kind(request)
    if kind != "application/json" and not _is_json(kind):
        raise UnsupportedMediaType("expected Content-Type: application/json")
    return await request.body()


def _kind(request: Request) -> str:
    """The Content-Type. Raises UnsupportedMediaType for a body that is packed."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("expected a body that is not packed, without Content-Encoding")
    return request.headers.get("content-type", "")


def _is_json(kind: str) -> bool:
    essence, _, parameters = kind.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    return essence.strip().lower() == "application/json" and charset in {"", "utf-8"}


def read_json(body: bytes) -> Any:
    """The document in a body. Raises MalformedBody where it is no JSON, is ambiguous, or nests too deep."""
    try:
        return _decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        detail = "expected UTF-8"
    except _Twice as error:
        detail = f"expected each member once; got {shown(str(error))} twice in one object"
    except RecursionError:
        detail = "the document nests too deep"
    except json.JSONDecodeError as error:
        detail = f"expected JSON; line {error.lineno}, column {error.colno} is not"
    except ValueError:
        detail = "expected JSON numbers; NaN, Infinity and numbers of thousands of digits are none"
    raise MalformedBody(detail)


def parse(model: type[Model], body: bytes) -> Model:
    """The body as `model`. Raises MalformedBody, and InvalidRequest with one field error for each thing that
    is wrong."""
    document = read_json(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refusal(error, document) from None


def parse_once(model: type[Model], body: bytes) -> Model:
    """The same, without reading a body name by name that is as it should be; for models of which every value
    is a text, a bounded number or one of those that it lists. Raises the same."""
    try:
        found = model.model_validate_json(body)
    except ValidationError as error:
        raise refusal(error, read_json(body)) from None
    refuse_twice(body)
    return found


def read_plain(body: bytes) -> Any:
    """The document in a body that names no member twice for certain; None of any other body, which has to be
    read name by name.

    Each member has a colon. A reader that keeps the last of two gives back fewer of them than there are;
    where they are as many, no member is there twice. Colons within texts come back as they are, unless they
    are escaped."""
    try:
        document = orjson.loads(body)
        once = orjson.dumps(document).count(b":") == body.count(b":") and _ESCAPED_COLON not in body
    except ValueError:
        return None
    return document if once else None


def refuse_twice(body: bytes) -> None:
    """Refuse a body that fits a model but names a member twice, of which a model sees the last alone. Raises
    MalformedBody."""
    if read_plain(body) is None:
        read_json(body)


_ESCAPED_COLON = b"\\u003"
"""And other signs' beginning: it is rare."""


def refusal(error: ValidationError, document: Any) -> InvalidRequest:
    """The refusal for what a model found in `document`."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        found = lone_surrogates(document) or [
            FieldError(pointer="", detail="expected plain JSON text", code="invalid-json")
        ]
        return InvalidRequest(_INVALID, field_errors=found)
    return InvalidRequest(_INVALID, field_errors=field_errors_of(error))


async def body_of(request: Request, model: type[Model]) -> Model:
    """The request's body as `model`."""
    return parse(model, await json_bytes(request))


def lone_surrogates(document: Any) -> list[FieldError]:
    """One field error for each text that holds half a surrogate pair: no UTF-8, and so no text, can carry
    it."""
    found: list[FieldError] = []
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while stack and len(found) < _MOST:
        where, value = stack.pop()
        match value:
            case dict():
                stack += [((*where, key), one) for key, one in value.items()]
                found += [_half((*where, "?")) for key in value if _is_half(key)]
            case list():
                stack += [((*where, position), one) for position, one in enumerate(value)]
            case str() if _is_half(value):
                found.append(_half(where))
            case _:
                pass
    return found


_MOST = 100


def _is_half(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _half(where: tuple[str | int, ...]) -> FieldError:
    return FieldError(
        pointer=pointer_of(where), detail="expected text; got half of a surrogate pair", code="lone-surrogate"
    )


async def read_text(request: Request, kinds: tuple[str, ...]) -> tuple[str, Any]:
    """A document: its text, or, where the request says that it is JSON, what it holds. Raises
    UnsupportedMediaType for another Content-Type than JSON and `kinds`, MalformedBody for what is no text."""
    kind = _kind(request)
    if _is_json(kind):
        document = read_json(await request.body())
        halves = lone_surrogates(document)
        if halves:
            raise InvalidRequest(_INVALID, field_errors=halves)
        return "", document
    if kind.partition(";")[0].strip().lower() not in kinds:
        raise UnsupportedMediaType(f"expected Content-Type: {' or '.join((kinds[0], 'application/json'))}")
    try:
        return (await request.body()).decode("utf-8"), None
    except UnicodeDecodeError:
        raise MalformedBody("expected UTF-8") from None
