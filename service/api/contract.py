"""The OpenAPI document: FastAPI's, with what our routes say of themselves, every way to fail, and every field
described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.api import errors as edge
from service.api.answers import JSON
from service.api.descriptions import describe, described_fields
from service.api.field_texts import PATH
from service.api.openapi import FAILS, FREE_DOCUMENT, HEADER, MODEL, QUERY, REFERENCE, models, tagged
from service.api.problems import BASE, MEDIA_TYPE
from service.api.roles import ACCESS, ADMIN, AUDITOR, OPS, PRODUCER
from service.api.schemas.answers import Problem
from service.api.schemas.webhooks import WebhookEvent
from service.errors import (
    AnotherCreditor,
    Conflict,
    ForbearError,
    Forbidden,
    IdempotencyMismatch,
    InternalError,
    InvalidRequest,
    NotFound,
    TooManyEvents,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from service.model.webhook import MEANINGS

PROBLEMS: Mapping[str, type[ForbearError]] = {
    error.__name__: error
    for error in (
        edge.MalformedBody,
        Unauthenticated,
        Forbidden,
        AnotherCreditor,
        edge.BadSignature,
        NotFound,
        edge.SlowBody,
        Conflict,
        TooManyEvents,
        edge.ContentTooLarge,
        edge.UnsupportedMediaType,
        InvalidRequest,
        IdempotencyMismatch,
        TooManyRequests,
        InternalError,
        Unavailable,
    )
}
"""Every problem that an operation may answer with, by the name of its error."""

TAGS: Mapping[str, str] = {
    "notices": "What an upstream system asks us to tell a borrower.",
    "borrowers": "The natural persons, what reached them, and how they are forgotten.",
    "events": "Dated facts about borrowers that happened elsewhere.",
    "decisions": "Verdicts without a notice.",
    "operations": "Whether the service lives, is ready, and what it measures.",
    "log": "The dispatch log, its checkpoints and proofs.",
    "policies": "What binds: documents, and the steps from a draft to one in force.",
    "templates": "The words of notices, and the categories that they may be sent under.",
    "creditors": "Who writes, as borrowers see them.",
    "holds": "Deliveries that wait for a person.",
    "suppressions": "Wishes and facts that belong to an address, and messages that nobody has.",
    "reports": "Counts over what was sent and what came after it.",
    "learning": "Learning policies with two keys, what was learned, and experiments.",
    "webhooks": "What happens here, told to systems of yours.",
    "keys": "API keys.",
    "sandbox": "What the sandbox adapters sent, and how a borrower would answer.",
    "unsubscribe": "The link in every e-mail.",
    "providers": "What providers and mail servers call.",
}

HEADERS: Mapping[str, tuple[str, str]] = {
    "X-Request-Id": ("The request's id, as the log has it; yours where you sent one.", "string"),
    "Location": ("Where what was made can be read, relative to the server.", "string"),
    "Idempotent-Replayed": ("`true` where the first answer is given again.", "string"),
    "Retry-After": ("Whole seconds to wait before the same request may be sent again.", "integer"),
    "WWW-Authenticate": ("What kind of key is wanted.", "string"),
    "Link": ("The checkpoint that covers the export.", "string"),
    "Content-Disposition": ("The name of the file.", "string"),
}

_ABOUT = (
    "Accepts notices to borrowers, decides when and whether each may go, sends them, and proves what was "
    "done. Instants are RFC 3339 with an"
    " offset and come back in UTC; money is a decimal string with an ISO 4217 currency; languages are BCP "
    "47, places ISO 3166, telephone"
    " numbers E.164. Unknown fields of requests are refused; answers may gain fields."
)


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document; made once."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary=app.summary,
        description=_ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        servers=[{"url": "/", "description": "The server that this document came from."}],
    )
    raw = deepcopy(made)  # parts of it are the routes' own, and those are every application's
    names = {tagged(Problem)}
    raw["webhooks"] = _webhooks()
    queries = {operation["operationId"]: operation.get(QUERY) for _, _, operation in operations(raw)}
    found: dict[str, Any] = _without_extensions(raw, names)
    components = found.setdefault("components", {})
    _, definitions = models_json_schema(
        [(models[name], "validation") for name in sorted(names)], ref_template=REFERENCE
    )
    components["schemas"] = {**components.get("schemas", {}), **definitions["$defs"], **_own_schemas()}
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "An API key"}}
    components["headers"] = {
        name: {"description": text, "schema": {"type": kind}} for name, (text, kind) in HEADERS.items()
    }
    for path, method, operation in operations(found):
        _secure(operation, method, path)
        _fail(operation, method, path)
        _describe_parameters(operation, queries[operation["operationId"]])
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)  # FastAPI's own shapes, which we never answer with
    describe(components["schemas"])
    _either_name_or_document(components["schemas"])
    return found


def _either_name_or_document(schemas: dict[str, Any]) -> None:
    """The engine reads the policies of a question itself, so that its own model takes anything there."""
    schemas["QuestionDocument"]["properties"]["policies"]["items"] = {
        "anyOf": [{"type": "string"}, {"$ref": REFERENCE.format(model=FREE_DOCUMENT)}]
    }


def _own_schemas() -> dict[str, Any]:
    """Schemas that are no model's: one for each problem, and documents with a schema of their own."""
    problems = {
        _problem_name(error): {
            "description": (error.__doc__ or "").partition("\n")[0],
            "allOf": [
                {"$ref": REFERENCE.format(model="Problem")},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": f"{BASE}{error.slug}", "description": "This kind of problem."},
                        "status": {"const": error.status, "description": "The HTTP status."},
                    },
                },
            ],
        }
        for error in PROBLEMS.values()
    }
    free = {
        "type": "object",
        "description": (
            "A document whose form is described by a schema of its own: of policies the one that "
            "`forbear policy schema` prints."
        ),
        "additionalProperties": {"$ref": REFERENCE.format(model="JsonValue")},
    }
    anything = {
        "description": "Any JSON value.",
        "anyOf": [
            {"type": "null"},
            {"type": "boolean"},
            {"type": "number"},
            {"type": "string"},
            {"type": "array", "items": {"$ref": REFERENCE.format(model="JsonValue")}},
            {"type": "object", "additionalProperties": {"$ref": REFERENCE.format(model="JsonValue")}},
        ],
    }
    return problems | {FREE_DOCUMENT: free, "JsonValue": anything}


def _problem_name(error: type[ForbearError]) -> str:
    return f"{error.__name__}Problem"


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
                "requestBody": {"required": True, "content": {JSON: content}, MODEL: tagged(WebhookEvent)},
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


def _without_extensions(value: Any, names: set[str]) -> Any:
    """The document without our models; the models that they name are added to `names`."""
    match value:
        case dict():
            if MODEL in value:
                names.add(value[MODEL])
            return {
                key: _without_extensions(one, names)
                for key, one in value.items()
                if key not in {MODEL, QUERY}
            }
        case list():
            return [_without_extensions(one, names) for one in value]
        case _:
            return value


def operations(found: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything in a document."""
    for path, item in found["paths"].items():
        for method, operation in item.items():
            if method in {"get", "put", "post", "delete", "patch", "head", "options"}:
                yield path, method.upper(), operation


def _fail(operation: dict[str, Any], method: str, path: str) -> None:
    """Add every way in which an operation may fail, and the headers that every answer has."""
    answers = operation["responses"]
    answers.pop("422", None)  # FastAPI's
    by_status: dict[int, list[type[ForbearError]]] = {}
    for name in dict.fromkeys([*_ways(operation, method, path), *operation.pop(FAILS, ())]):
        error = PROBLEMS[name]
        by_status.setdefault(error.status, []).append(error)
    for status, found in sorted(by_status.items()):
        answers[str(status)] = _failure(status, found)
    answers["default"] = {
        "description": "Any other problem (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}},
    }
    for one in answers.values():
        one.setdefault("headers", {})["X-Request-Id"] = {"$ref": HEADER.format(header="X-Request-Id")}


def _failure(status: int, found: list[type[ForbearError]]) -> dict[str, Any]:
    schemas = [{"$ref": REFERENCE.format(model=_problem_name(error))} for error in found]
    texts = [f"`{error.slug}`: {(error.__doc__ or '').partition(chr(10))[0]}" for error in found]
    answer: dict[str, Any] = {
        "description": " ".join(texts),
        "content": {MEDIA_TYPE: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}},
    }
    header = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(status)
    if header is not None:
        answer["headers"] = {header: {"$ref": HEADER.format(header=header)}}
    return answer


def _ways(operation: Mapping[str, Any], method: str, path: str) -> Iterator[str]:
    """Names of the errors that every operation of this kind may answer with."""
    if path == "/healthz":
        return
    yield from ("Unavailable", "InternalError")
    if ACCESS[(method, path)] is not None:
        yield from ("Unauthenticated", "Forbidden", "TooManyRequests")
    if "{" in path:
        yield "NotFound"
    body = operation.get("requestBody")
    if body is not None:
        yield from ("SlowBody", "ContentTooLarge")
        if JSON in body["content"]:
            yield from ("MalformedBody", "UnsupportedMediaType")
    if body is not None or operation.get("parameters"):
        yield "InvalidRequest"


def _describe_parameters(operation: dict[str, Any], query: str | None) -> None:
    """Describe the parameters of a path, and those that come from the model of a query."""
    model: type[BaseModel] | None = None if query is None else models[query]
    texts = {"path": PATH, "query": {} if model is None else described_fields(model)}
    for one in operation.get("parameters", ()):
        text = texts.get(one["in"], {}).get(one["name"])
        if text is not None:
            one.setdefault("description", text)


def _secure(operation: dict[str, Any], method: str, path: str) -> None:
    access = ACCESS[(method, path)]
    if access is None:
        operation["security"] = []
        return
    operation["security"] = [{"key": []}]
    roles = ", ".join(role.value for role in (PRODUCER, OPS, AUDITOR, ADMIN) if role in access)
    operation["description"] = f"{operation.get('description', '').strip()}\n\nRoles: {roles}.".strip()
