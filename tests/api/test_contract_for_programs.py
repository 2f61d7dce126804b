"""The OpenAPI document as programs read it: every operation named, every field described, every answer
typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter

from service.api.answers import Answer
from service.api.contract import PROBLEMS, TAGS, document, operations
from service.api.gate import GuardedRoute
from service.api.schemas.answers import Alive
from tests.contract import Contract, Unlike

OPERATION = re.compile(r"[a-z]+([A-Z][a-z]+)*")


def schemas_under(where: str, schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and everything in it, each with its place."""
    if not isinstance(schema, dict):
        return
    yield where, schema
    for name, one in schema.get("properties", {}).items():
        yield from schemas_under(f"{where}.{name}", one)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for position, one in enumerate(schema.get(key, ())):
            yield from schemas_under(f"{where}/{key}/{position}", one)
    for key in ("items", "additionalProperties"):
        yield from schemas_under(f"{where}/{key}", schema.get(key))


def every_schema(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a document: the named ones, and those that stand in bodies, answers and parameters."""
    for name, one in found["components"]["schemas"].items():
        yield from schemas_under(name, one)
    for path, method, operation in operations(found):
        where = f"{method} {path}"
        for parameter in operation.get("parameters", ()):
            yield from schemas_under(f"{where} {parameter['name']}", parameter["schema"])
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield from schemas_under(f"{where} takes {kind}", content["schema"])
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                yield from schemas_under(f"{where} {status} {kind}", content["schema"])


def undescribed(found: dict[str, Any]) -> list[str]:
    """Fields and parameters without a sentence."""
    fields = [
        f"{where}.{name}"
        for where, schema in every_schema(found)
        for name, one in schema.get("properties", {}).items()
        if not one.get("description")
    ]
    parameters = [
        f"{method} {path} {one['name']}"
        for path, method, operation in operations(found)
        for one in operation.get("parameters", ())
        if not one.get("description")
    ]
    return fields + parameters


def free(found: dict[str, Any]) -> list[str]:
    """Schemas that say nothing: an object of anything, or anything at all."""
    says = {"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"}
    return [
        where
        for where, schema in every_schema(found)
        if not says & set(schema)
        or (
            schema.get("type") == "object"
            and not schema.get("properties")
            and not schema.get("patternProperties")
            and not isinstance(schema.get("additionalProperties"), dict)
        )
    ]


async def test_every_operation_has_a_name_a_tag_and_a_summary(api: Any) -> None:
    """Clients name their functions after it: it never changes, and no two share it."""
    found = document(api.app)
    names = [operation["operationId"] for _, _, operation in operations(found)]
    assert sorted(set(names)) == sorted(names)
    assert [] == [name for name in names if not OPERATION.fullmatch(name)]
    assert {"createNotice", "getNotice", "createWebhook"} <= set(names)
    tags = {tag for _, _, operation in operations(found) for tag in operation["tags"]}
    assert tags == {one["name"] for one in found["tags"]} == set(TAGS)
    assert [] == [path for path, _, operation in operations(found) if not operation.get("summary")]
    assert ["/"] == [one["url"] for one in found["servers"]]


async def test_every_field_and_parameter_is_described(api: Any) -> None:
    """Nobody has to guess what a field means, or in which unit it is."""
    assert [] == undescribed(document(api.app))


async def test_no_answer_is_a_free_object(api: Any) -> None:
    """Nothing is typed as anything: a generated client knows every field."""
    assert [] == free(document(api.app))


def test_the_walk_sees_what_it_is_there_for() -> None:
    """A field without a sentence and an object of anything are found wherever they stand."""
    found = {
        "components": {"schemas": {"A": {"type": "object", "properties": {"b": {"type": "object"}}}}},
        "paths": {
            "/x": {
                "get": {
                    "parameters": [{"name": "q", "schema": {}}],
                    "responses": {
                        "200": {
                            "content": {
                                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}}
                            }
                        }
                    },
                }
            }
        },
    }
    assert ["A.b", "GET /x q"] == undescribed(found)
    assert ["A.b", "GET /x q", "GET /x 200 application/json/items"] == free(found)


async def test_every_operation_says_how_it_may_fail(api: Any) -> None:
    """A key that is missing or of another role, a body that does not fit, a limit: each with its own type of
    problem."""
    found = document(api.app)
    keyed = [operation for _, _, operation in operations(found) if operation["security"]]
    assert [] == [one["operationId"] for one in keyed if not {"401", "403", "429"} <= set(one["responses"])]
    bodies = [one for _, _, one in operations(found) if "requestBody" in one]
    assert [] == [one["operationId"] for one in bodies if not {"413", "422"} <= set(one["responses"])]
    types = {
        schema["allOf"][1]["properties"]["type"]["const"]
        for name, schema in found["components"]["schemas"].items()
        if name.endswith("Problem") and "allOf" in schema
    }
    assert {f"https://forbear.example/problems/{one.slug}" for one in PROBLEMS.values()} == types


async def test_headers_of_answers_are_named(api: Any) -> None:
    """What a client must read beside the body."""
    found = document(api.app)
    create = found["paths"]["/v1/notices"]["post"]["responses"]
    assert {"Location", "Idempotent-Replayed", "X-Request-Id"} == set(create["202"]["headers"])
    assert "Retry-After" in create["429"]["headers"]
    headers = {
        name
        for _, _, operation in operations(found)
        for answer in operation["responses"].values()
        for name in answer.get("headers", {})
    }
    assert headers == set(found["components"]["headers"])


async def test_an_answer_that_the_document_does_not_name_is_found(api: Any) -> None:
    """The hook that holds every answer of the suite can fail: another status, a field too many, another
    content type."""
    contract = Contract(document(api.app))
    contract.check("GET", "/healthz", 200, "application/json", b'{"status":"ok"}')
    for status, kind, body in (
        (418, "application/json", b"{}"),
        (200, "application/json", b'{"status":"ok","more":1}'),
        (200, "application/json", b'{"status":"well"}'),
        (200, "text/plain", b"ok"),
    ):
        with pytest.raises(Unlike):
            contract.check("GET", "/healthz", status, kind, body)


async def _unnamed(request: Any) -> Answer[Alive]:
    raise NotImplementedError


def test_a_route_without_a_name_or_a_shape_cannot_be_built() -> None:
    """Neither is left to a reviewer."""
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(LookupError, match="operation id"):
        router.add_api_route("/healthz", _unnamed, methods=["GET"])
    with pytest.raises(LookupError, match=r"Answer\[...\]"):
        router.add_api_route("/healthz", _unnamed, methods=["GET"], operation_id="getHealth")
