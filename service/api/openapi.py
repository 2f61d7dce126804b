"""What a route says of itself for the OpenAPI document: the body that our own reader takes, what it answers,
how it may fail.

The document itself is made in service/api/contract.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

import yaml
from pydantic import BaseModel

from service.api.answers import JSON, Answer
from service.errors import ForbearError

REFERENCE = "#/components/schemas/{model}"
HEADER = "#/components/headers/{header}"
MODEL, QUERY, FAILS = "x-forbear-model", "x-forbear-query", "x-forbear-fails"
_SHAPED = "x-forbear-shaped"
models: dict[str, type[BaseModel]] = {}
"""Model by name, for the routes that name one."""
FREE_DOCUMENT = "FreeDocument"
"""The schema of documents that have a schema of their own."""


def tagged(model: type[BaseModel]) -> str:
    """The model's name, under which the document finds it. Raises LookupError where two models share it."""
    if models.setdefault(model.__name__, model) is not model:
        raise LookupError(f"two models are named {model.__name__}")
    return model.__name__


def takes(
    model: type[BaseModel],
    *,
    example: Any = None,
    examples: Mapping[str, Any] | None = None,
    many: bool = False,
    required: bool = True,
) -> dict[str, Any]:
    """`openapi_extra` of a route whose body our own reader validates; `many` where a list of them is as good
    as one."""
    schema: dict[str, Any] = {"$ref": REFERENCE.format(model=model.__name__)}
    if many:
        schema = {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1, "maxItems": 1000}]}
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    if examples is not None:
        content["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": required, "content": {JSON: content}}, MODEL: tagged(model)}


def takes_text(*kinds: str, example: str, description: str) -> dict[str, Any]:
    """`openapi_extra` of a route that takes a document as text of one of `kinds`, or as JSON; `example` is
    YAML."""
    content: dict[str, Any] = {kind: {"schema": {"type": "string"}, "example": example} for kind in kinds}
    free = {"$ref": REFERENCE.format(model=FREE_DOCUMENT)}
    content[JSON] = {"schema": free, "example": yaml.safe_load(example)}
    return {"requestBody": {"required": True, "description": description, "content": content}}


def fails(*errors: type[ForbearError]) -> dict[str, Any]:
    """`openapi_extra` of a route that may answer with these problems, beside those that its path, its body
    and its roles bring along."""
    return {FAILS: [error.__name__ for error in errors]}


def gives(
    description: str,
    *,
    status: int = 200,
    example: Any = None,
    headers: Iterable[str] = (),
    also: Iterable[str] = (),
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with the shape that its endpoint returns, or as one of the content
    types in `also`."""
    content: dict[str, Any] = {} if example is None else {"example": example}
    others = {kind: {"schema": {"type": "string"}} for kind in also}
    found: dict[str, Any] = {"description": description, _SHAPED: content, "content": others}
    if headers:
        found["headers"] = {name: {"$ref": HEADER.format(header=name)} for name in headers}
    return {status: found}


def gives_text(
    kind: str, description: str, *, status: int = 200, headers: Iterable[str] = ()
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with text."""
    found: dict[str, Any] = {"description": description, "content": {kind: {"schema": {"type": "string"}}}}
    if headers:
        found["headers"] = {name: {"$ref": HEADER.format(header=name)} for name in headers}
    return {status: found}


def shape_of(endpoint: Callable[..., Any]) -> type[BaseModel] | None:
    """The shape that an endpoint says that it answers with; None where it answers with something else than
    JSON."""
    returned = get_type_hints(endpoint).get("return")
    for one in (returned, *get_args(returned)):
        if get_origin(one) is Answer:
            found: type[BaseModel] = get_args(one)[0]
            return found
    return None


def query_of(endpoint: Callable[..., Any]) -> type[BaseModel] | None:
    """The model of an endpoint's query."""
    found = get_type_hints(endpoint).get("query")
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def shaped(
    responses: Mapping[int | str, dict[str, Any]], shape: type[BaseModel] | None
) -> dict[int | str, dict[str, Any]]:
    """The responses with the shape that the endpoint answers with. Raises LookupError where one is missing or
    left over."""
    found: dict[int | str, dict[str, Any]] = {}
    wanted = [status for status, one in responses.items() if _SHAPED in one]
    if bool(wanted) != (shape is not None):
        raise LookupError("an endpoint answers with JSON where its return annotation is Answer[...]")
    for status, one in responses.items():
        plain = {key: value for key, value in one.items() if key != _SHAPED}
        if shape is not None and _SHAPED in one:
            schema = {"$ref": REFERENCE.format(model=shape.__name__)}
            plain["content"] = {JSON: {"schema": schema, **one[_SHAPED]}, **one["content"]}
            plain[MODEL] = tagged(shape)
        found[status] = plain
    return found
