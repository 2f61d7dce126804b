"""Writes the methods and types of the TypeScript client."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clients.reading import Operation, form_of, read, ref_of, shapes_of

OPENAPI_TYPESCRIPT, TYPESCRIPT_COMPILER = "openapi-typescript@7.13.0", "typescript@5.9.3"
_TS_HEAD = "// Generated from the OpenAPI document by `make clients`; not to be edited.\n"


def typescript_operations(found: Mapping[str, Any]) -> str:
    """The module of methods."""
    chosen = read(found)
    lines = [
        _TS_HEAD,
        'import type { components } from "./schema.js";',
        'import type { Call, Operation } from "./calls.js";\n',
    ]
    lines += ['export type Schemas = components["schemas"];\n', "export const OPERATIONS = {"]
    for one in chosen:
        lines.append(
            f'  {one.id}: {{ id: "{one.id}", method: "{one.method}", path: "{one.path}", safe: '
            f'{str(one.safe).lower()}, gives: "{form_of(one)}" }},'
        )
    lines += ["} as const satisfies Record<string, Operation>;\n"]
    lines += ["/** Every operation. */", "export abstract class Operations {"]
    lines += ["  protected abstract send<T>(call: Call): Promise<T>;\n"]
    for one in chosen:
        lines += [*_typescript_method(one), ""]
    return "\n".join([*lines[:-1], "}"]) + "\n"


def _typescript_method(one: Operation) -> Iterator[str]:
    arguments = [
        f"{camel(one.argument(p))}: {_typescript_type(p.schema)}" for p in one.parameters if p.kind == "path"
    ]
    if one.body is not None:
        arguments.append(f"body{'' if one.body_required else '?'}: {_typescript_body(one)}")
    queries = [p for p in one.parameters if p.kind == "query"]
    if queries:
        fields = "; ".join(
            f"{p.name}{'' if p.required else '?'}: {_typescript_type(p.schema)}" for p in queries
        )
        arguments.append(f"query: {{ {fields} }}" + ("" if any(p.required for p in queries) else " = {}"))
    if one.takes_key:
        arguments.append("options: { idempotencyKey?: string } = {}")
    paths = ", ".join(
        p.name if camel(one.argument(p)) == p.name else f"{p.name}: {camel(one.argument(p))}"
        for p in one.parameters
        if p.kind == "path"
    )
    call = [f"operation: OPERATIONS.{one.id}"]
    call += [f"path: {{ {paths} }}"] if paths else []
    call += ["query"] if queries else []
    call += ["body"] if one.body is not None else []
    call += (
        [f'kind: "{one.body_kind}"'] if one.body is not None and one.body_kind != "application/json" else []
    )
    call += ["idempotencyKey: options.idempotencyKey"] if one.takes_key else []
    yield f"  /** {one.summary} ({one.method} {one.path}). */"
    yield f"  {one.id}({', '.join(arguments)}): Promise<{_typescript_return(one)}> {{"
    yield f"    return this.send({{ {', '.join(call)} }});"
    yield "  }"


def camel(name: str) -> str:
    """A snake-case name as TypeScript writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _typescript_return(one: Operation) -> str:
    match one.gives:
        case None:
            return "void"
        case "text":
            return "string"
        case "stream":
            return "ReadableStream<Uint8Array>"
        case name:
            return f'Schemas["{name}"]'


def _typescript_body(one: Operation) -> str:
    schema = one.body or {}
    if "application/yaml" in one.body_kind:
        return "string | Record<string, unknown>"
    if one.body_kind != "application/json":
        return "Uint8Array"
    if "anyOf" in schema:
        return " | ".join(
            f'Schemas["{ref_of(part["items"])}"][]'
            if part.get("type") == "array"
            else f'Schemas["{ref_of(part)}"]'
            for part in schema["anyOf"]
        )
    return f'Schemas["{ref_of(schema)}"]'


def _typescript_type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_typescript_type(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    return {"integer": "number", "boolean": "boolean", "null": "null"}.get(schema.get("type", ""), "string")


def _environment() -> dict[str, str]:
    """With the machine's own authorities: node trusts a list of its own alone, and npm asks for minutes."""
    found = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return {"NODE_EXTRA_CA_CERTS": found} | os.environ if found else dict(os.environ)


def typescript_types(found: Mapping[str, Any], into: Path, folder: Path) -> None:
    """The types, by openapi-typescript, which npm fetches into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "openapi.json"
    shapes = shapes_of(found)
    # What is recursive in itself comes out as a type that the compiler refuses (TS2502); `unknown` says the
    # same of any JSON value.
    shapes["components"]["schemas"]["JsonValue"] = {"description": "Any JSON value."}
    source.write_text(json.dumps(shapes))
    tool = folder / "node_modules" / ".bin" / "openapi-typescript"
    if not tool.exists():
        quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"]
        quiet += ["--fetch-timeout=15000", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=4000"]
        packages = [OPENAPI_TYPESCRIPT, TYPESCRIPT_COMPILER]
        subprocess.run(
            ["npm", "install", *quiet, "--prefix", str(folder), *packages],
            check=True,
            timeout=300,
            env=_environment(),
        )
    made = subprocess.run(
        [tool, source, "--alphabetize"], check=True, capture_output=True, text=True, timeout=120
    )
    into.write_text(_TS_HEAD + made.stdout)
