"""Holds real answers against the OpenAPI document: status, content type, every field, and which problem it
is.

The `api` fixture holds every answer of every test against it, so that the document cannot say less, or
something else, than is answered."""

from __future__ import annotations

import re
from typing import Any

import httpx
import orjson
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator

from service.api.contract import document, operations

ANYWHERE = frozenset({"malformed-request", "method-not-allowed"})
"""Problems that are found before there is an operation."""


class Unlike(AssertionError):
    """An answer is not what the document says."""


class Contract:
    """The document, ready to be asked."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.document = found
        schemas = {name: closed(schema) for name, schema in found["components"]["schemas"].items()}
        self._components = {"schemas": schemas}
        self._operations = {(method, path): one for path, method, one in operations(found)}
        self._patterns = sorted(
            ((re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in found["paths"]),
            key=lambda one: one[1].count("{"),
        )
        self._validators: dict[str, Draft202012Validator] = {}

    def path_of(self, path: str) -> str | None:
        """The path as the document writes it."""
        return next((name for pattern, name in self._patterns if pattern.fullmatch(path)), None)

    def check(self, method: str, path: str, status: int, kind: str, body: bytes) -> None:
        """Raises Unlike where an answer is not one that the document names."""
        found = self._operations.get((method, self.path_of(path) or ""))
        if found is None:
            return
        where = f"{method} {path} answered {status}"
        problem = kind.startswith("application/problem+json")
        if problem and orjson.loads(body)["type"].rpartition("/")[2] in ANYWHERE:
            return
        named = found["responses"].get(str(status))
        if named is None:
            raise Unlike(f"{where}, which the document does not name: {body[:500]!r}")
        content = named.get("content", {})
        essence = kind.partition(";")[0].strip()
        if not content and not body:
            return
        schema = content.get(essence, content.get("*/*"))
        if schema is None:
            raise Unlike(f"{where} with {essence or 'nothing'}; the document names {', '.join(content)}")
        if essence in {"application/json", "application/problem+json"}:
            for error in self._validator(schema["schema"]).iter_errors(orjson.loads(body)):
                raise Unlike(f"{where}: {list(error.instance_path)}: {error.message[:2000]}")

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        key = orjson.dumps(schema).decode()
        if key not in self._validators:
            self._validators[key] = Draft202012Validator({**closed(schema), "components": self._components})
        return self._validators[key]


def closed(schema: Any, *, inside_all_of: bool = False) -> Any:
    """The schema with nothing allowed that it does not name: answers may gain fields, but not unseen."""
    if isinstance(schema, list):
        return [closed(one, inside_all_of=inside_all_of) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: {name: closed(one) for name, one in value.items()}
        if key == "properties"
        else closed(value, inside_all_of=key == "allOf")
        for key, value in schema.items()
    }
    if "properties" in found and "additionalProperties" not in found and not inside_all_of:
        found["additionalProperties"] = False
    return found


_made: list[Contract] = []


def contract_of(app: FastAPI) -> Contract:
    """The contract of an application; every application has the same routes, so that one is made for all."""
    if not _made:
        _made.append(Contract(document(app)))
    return _made[0]


async def hold(app: FastAPI, response: httpx.Response) -> None:
    """A hook of httpx: hold an answer against the document."""
    request = response.request
    body = b"" if request.method == "HEAD" else await response.aread()
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    contract_of(app).check(
        request.method, path, response.status_code, response.headers.get("content-type", ""), body
    )
