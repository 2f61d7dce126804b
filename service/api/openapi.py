"""The OpenAPI document: FastAPI's, with the bodies that our own reader takes, the problems, and who may call what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.api.answers import JSON
from service.api.problems import MEDIA_TYPE
from service.api.roles import ACCESS, ADMIN, AUDITOR, OPS, PRODUCER
from service.api.schemas.answers import Problem
from service.api.schemas.webhooks import WebhookEvent
from service.model.webhook import MEANINGS

REFERENCE = "#/components/schemas/{model}"
_MODEL = "x-forbear-model"
_models: dict[str, type[BaseModel]] = {}
"""Model by name, for the routes that name one."""


def _tagged(model: type[BaseModel]) -> str:
    if _models.setdefault(model.__name__, model) is not model:
        raise LookupError(f"two models are named {model.__name__}")
    return model.__name__


PROBLEM: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}},
    }
}


def takes(
    model: type[BaseModel],
    *,
    example: Any = None,
    examples: Mapping[str, Any] | None = None,
    many: bool = False,
    required: bool = True,
) -> dict[str, Any]:
    """`openapi_extra` of a route whose body our own reader validates; `many` where a list of them is as good as one."""
    schema: dict[str, Any] = {"$ref": REFERENCE.format(model=model.__name__)}
    if many:
        schema = {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1, "maxItems": 1000}]}
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    if examples is not None:
        content["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": required, "content": {JSON: content}}, _MODEL: _tagged(model)}


def takes_text(*kinds: str, example: str, description: str) -> dict[str, Any]:
    """`openapi_extra` of a route that takes a document as text of one of `kinds`, or as JSON; `example` is YAML."""
    content: dict[str, Any] = {kind: {"schema": {"type": "string"}, "example": example} for kind in kinds}
    content[JSON] = {"schema": {"type": "object"}, "example": yaml.safe_load(example)}
    return {"requestBody": {"required": True, "description": description, "content": content}}


def gives(
    model: type[BaseModel], description: str, *, status: int = 200, example: Any = None
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with `model`, or with a problem."""
    content: dict[str, Any] = {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}
    if example is not None:
        content["example"] = example
    return {
        status: {"description": description, "content": {JSON: content}, _MODEL: _tagged(model)},
        **PROBLEM,
    }


def gives_text(kind: str, description: str, *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with text."""
    return {
        status: {"description": description, "content": {kind: {"schema": {"type": "string"}}}},
        **PROBLEM,
    }


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document; made once."""
    raw = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    names = {_tagged(Problem)}
    raw["webhooks"] = _webhooks()
    found: dict[str, Any] = _without_models(raw, names)
    components = found.setdefault("components", {})
    _, definitions = models_json_schema(
        [(_models[name], "validation") for name in sorted(names)], ref_template=REFERENCE
    )
    components["schemas"] = {**components.get("schemas", {}), **definitions["$defs"]}
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "An API key"}}
    for path, method, operation in operations(found):
        _secure(operation, method, path)
        _may_be_a_problem(operation)
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)  # FastAPI's own shapes, which we never answer with
    return found


def _webhooks() -> dict[str, Any]:
    """The requests that we make ourselves, one a type."""
    headers = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in (
            ("webhook-id", "The event's id: equal in every repeat."),
            ("webhook-timestamp", "When the request was signed (Unix time in seconds)."),
            (
                "webhook-signature",
                "One signature, or two while a secret is being replaced (Standard Webhooks, v1).",
            ),
        )
    ]
    content = {"schema": {"$ref": REFERENCE.format(model=WebhookEvent.__name__)}}
    return {
        type_: {
            "post": {
                "summary": f"{meaning[:1].upper()}{meaning[1:]}.",
                "tags": ["webhooks"],
                "operationId": f"on{''.join(word.title() for word in type_.replace('.', '_').split('_'))}",
                "parameters": headers,
                "requestBody": {"required": True, "content": {JSON: content}, _MODEL: _tagged(WebhookEvent)},
                "responses": {
                    "2XX": {"description": "Taken."},
                    "410": {"description": "No more: the endpoint is disabled."},
                    "default": {"description": "Sent again, for up to 72 hours."},
                },
                "security": [],
            }
        }
        for type_, meaning in MEANINGS.items()
    }


def _without_models(value: Any, names: set[str]) -> Any:
    """The document without our marks; the models that they name are added to `names`."""
    match value:
        case dict():
            if _MODEL in value:
                names.add(value[_MODEL])
            return {key: _without_models(one, names) for key, one in value.items() if key != _MODEL}
        case list():
            return [_without_models(one, names) for one in value]
        case _:
            return value


def operations(found: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything in a document."""
    for path, item in found["paths"].items():
        for method, operation in item.items():
            if method in {"get", "put", "post", "delete", "patch", "head", "options"}:
                yield path, method.upper(), operation


def _may_be_a_problem(operation: dict[str, Any]) -> None:
    """Every operation may answer with a problem, also one whose route does not say so."""
    if "default" not in operation["responses"]:
        operation["responses"].pop("422", None)
        operation["responses"] |= PROBLEM


def _secure(operation: dict[str, Any], method: str, path: str) -> None:
    access = ACCESS[(method, path)]
    if access is None:
        operation["security"] = []
        return
    operation["security"] = [{"key": []}]
    roles = ", ".join(role.value for role in (PRODUCER, OPS, AUDITOR, ADMIN) if role in access)
    operation["description"] = f"{operation.get('description', '').strip()}\n\nRoles: {roles}.".strip()
