"""What the generators read of the OpenAPI document: one record for each operation that a program calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.api.contract import operations

LEFT_OUT = frozenset(
    {
        "postReceipt",
        "postAccountReceipt",
        "postCallTurn",
        "postInboundMessage",
        "getUnsubscribe",
        "unsubscribe",
    }
)
"""What providers and mail programs call, under signed URLs."""
PAGES = frozenset({"getDocs", "getOpenApi"})
"""What people look at."""
ONCE = frozenset(
    {
        "createKey",
        "rotateKey",
        "createWebhook",
        "rotateWebhookSecret",
        "testWebhook",
        "replayWebhook",
        "replyInSandbox",
    }
)
"""What must not be sent twice where nobody knows whether the first one arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a method."""

    name: str
    """In the document."""
    kind: str
    """`path` or `query`."""
    schema: Mapping[str, Any]
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a method is made of."""

    id: str
    method: str
    path: str
    summary: str
    tag: str
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    """The schema of its JSON."""
    body_required: bool
    body_kind: str
    """The content type that is sent."""
    takes_key: bool
    """It takes an Idempotency-Key."""
    gives: str | None
    """The schema's name; `text`, `stream`; None for nothing."""
    safe: bool
    """It may be sent again where nobody knows whether it arrived."""

    def argument(self, one: Parameter) -> str:
        """The name of an argument in snake case."""
        if one.kind == "path" and one.name == "id":
            noun = self.path.split("/{id}", maxsplit=1)[0].rpartition("/")[2]
            return f"{noun.removesuffix('s')}_id"
        return f"{one.name}_" if one.name in {"from", "format"} else one.name


def read(found: Mapping[str, Any]) -> list[Operation]:
    """The operations that programs call, in the document's order."""
    return [
        _operation(path, method, one)
        for path, method, one in operations(found)
        if one["operationId"] not in LEFT_OUT | PAGES
    ]


def _operation(path: str, method: str, one: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        Parameter(name=p["name"], kind=p["in"], schema=p["schema"], required=p.get("required", False))
        for p in one.get("parameters", ())
        if p["in"] in {"path", "query"}
    )
    request = one.get("requestBody", {})
    contents = request.get("content", {})
    kind = next((name for name in ("application/json", *contents) if name in contents), "")
    return Operation(
        id=one["operationId"],
        method=method,
        path=path,
        summary=one["summary"],
        tag=one["tags"][0],
        parameters=parameters,
        body=contents[kind]["schema"] if kind else None,
        body_required=request.get("required", False),
        body_kind="application/yaml" if "application/yaml" in contents else kind,
        takes_key=any(p["name"] == "Idempotency-Key" for p in one.get("parameters", ())),
        gives=_gives(one["operationId"], one["responses"]),
        safe=one["operationId"] not in ONCE,
    )


def _gives(name: str, responses: Mapping[str, Any]) -> str | None:
    content = next((one.get("content", {}) for status, one in responses.items() if status[0] == "2"), {})
    if "application/json" in content:
        return ref_of(content["application/json"]["schema"])
    if not content:
        return None
    return "stream" if name == "exportLog" else "text"


def ref_of(schema: Mapping[str, Any]) -> str:
    """The name of the schema that is referred to."""
    return str(schema["$ref"]).rpartition("/")[2]


def snake(name: str) -> str:
    """A name as Python writes it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def form_of(one: Operation) -> str:
    """What kind of answer an operation gives."""
    return "nothing" if one.gives is None else one.gives if one.gives in {"text", "stream"} else "json"


def shapes_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """A document of the schemas alone, without the one of each problem: those are exceptions."""
    schemas = found["components"]["schemas"]
    plain = {name: one for name, one in schemas.items() if "allOf" not in one}
    return {"openapi": found["openapi"], "info": found["info"], "paths": {}, "components": {"schemas": plain}}
