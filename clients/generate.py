"""Writes the generated parts of the clients from the OpenAPI document: `python -m clients.generate` (`make clients`).

The types come from maintained generators (datamodel-code-generator, openapi-typescript); the methods, which those leave out, from here:
one for each operation that a program calls, with the names of the document.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.api.app import bare_app
from service.api.contract import PROBLEMS, document, operations

HERE = Path(__file__).parent
PYTHON, TYPESCRIPT = HERE / "python" / "forbear_client", HERE / "typescript" / "src"
OPENAPI_TYPESCRIPT, TYPESCRIPT_COMPILER = "openapi-typescript@7.13.0", "typescript@5.9.3"

LEFT_OUT = frozenset({"postReceipt", "postCallTurn", "postInboundMessage", "getUnsubscribe", "unsubscribe"})
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
NOUNS = {
    "notices": "notice",
    "borrowers": "borrower",
    "suppressions": "suppression",
    "webhooks": "webhook",
    "keys": "key",
}
"""Whose id a path holds."""
WIDTH = 108


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
            return f"{NOUNS[self.tag]}_id"
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
        return _ref(content["application/json"]["schema"])
    if not content:
        return None
    return "stream" if name == "exportLog" else "text"


def _ref(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def snake(name: str) -> str:
    """A name as Python writes it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


# Python

_HEAD = '"""Generated from the OpenAPI document by `make clients`; not to be edited."""\n'


def python_operations(found: Mapping[str, Any]) -> str:
    """The module of methods, without and with `await`."""
    chosen = read(found)
    lines = [_HEAD, "from __future__ import annotations\n"]
    lines += [
        "from collections.abc import AsyncIterator, Iterator, Mapping, Sequence",
        "from typing import Literal, cast\n",
    ]
    lines += ["from . import types as t", "from .calls import Call, Operation\n"]
    lines += ["OPERATIONS: Mapping[str, Operation] = {"]
    for one in chosen:
        lines.append(
            f'    "{one.id}": Operation("{one.id}", "{one.method}", "{one.path}", safe={one.safe}, gives="{_form(one)}"),'
        )
    lines += ["}", '"""By operation id."""\n\n']
    for suffix, name, is_async in (("", "Operations", False), ("", "AsyncOperations", True)):
        del suffix
        lines += [
            f"class {name}:",
            f'    """Every operation, {"to be awaited" if is_async else "one after the other"}."""\n',
        ]
        for kind in ("json", "text", "stream", "nothing"):
            lines += [f"    {_sender(kind, is_async)}", "        raise NotImplementedError\n"]
        for one in chosen:
            lines += [_python_method(one, is_async=is_async), ""]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _form(one: Operation) -> str:
    return "nothing" if one.gives is None else one.gives if one.gives in {"text", "stream"} else "json"


def _sender(kind: str, is_async: bool) -> str:
    returned = {"json": "object", "text": "str", "nothing": "None"}
    if kind == "stream":
        return f"def _stream(self, call: Call) -> {'AsyncIterator' if is_async else 'Iterator'}[bytes]:"
    return f"{'async ' if is_async else ''}def _{kind}(self, call: Call) -> {returned[kind]}:"


def _python_method(one: Operation, *, is_async: bool) -> str:
    arguments = [
        "self",
        *(f"{one.argument(p)}: {_python_type(p.schema)}" for p in one.parameters if p.kind == "path"),
    ]
    if one.body is not None:
        arguments.append(f"body: {_python_body(one)}{'' if one.body_required else ' | None = None'}")
    named = [
        f"{one.argument(p)}: {_python_type(p.schema)}" + ("" if p.required else _default(p))
        for p in one.parameters
        if p.kind == "query"
    ]
    if one.takes_key:
        named.append("idempotency_key: str | None = None")
    if named:
        arguments += ["*", *named]
    stream = one.gives == "stream"
    returned = _python_return(one, is_async)
    head = f"{'async ' if is_async and not stream else ''}def {snake(one.id)}"
    call = [f'OPERATIONS["{one.id}"]']
    paths = ", ".join(f'"{p.name}": {one.argument(p)}' for p in one.parameters if p.kind == "path")
    queries = ", ".join(f'"{p.name}": {one.argument(p)}' for p in one.parameters if p.kind == "query")
    call += [f"path={{{paths}}}"] if paths else []
    call += [f"query={{{queries}}}"] if queries else []
    call += ["body=body"] if one.body is not None else []
    call += (
        [f'kind="{one.body_kind}"'] if one.body is not None and one.body_kind != "application/json" else []
    )
    call += ["idempotency_key=idempotency_key"] if one.takes_key else []
    wait = "await " if is_async and not stream else ""
    body = f"{wait}self._{_form(one)}(Call({', '.join(call)}))"
    if _form(one) == "json":
        body = f'cast("{returned}", {body})'
    last = body if one.gives is None else f"return {body}"
    text = f'        """{one.summary} ({one.method} {one.path})."""'
    one_line = f"    {head}({', '.join(arguments)}) -> {returned}:"
    if len(one_line) > WIDTH:
        one_line = f"    {head}(\n        " + ",\n        ".join(arguments) + f",\n    ) -> {returned}:"
    return f"{one_line}\n{text}\n        {last}"


def _default(one: Parameter) -> str:
    return " = None" if "None" in _python_type(one.schema) else " | None = None"


def _python_return(one: Operation, is_async: bool) -> str:
    match one.gives:
        case None:
            return "None"
        case "text":
            return "str"
        case "stream":
            return f"{'AsyncIterator' if is_async else 'Iterator'}[bytes]"
        case name:
            return f"t.{name}"


def _python_body(one: Operation) -> str:
    schema = one.body or {}
    if "application/yaml" in one.body_kind:
        return "str | Mapping[str, object]"
    if one.body_kind != "application/json":
        return "bytes"
    if "anyOf" in schema:
        return " | ".join(
            f"Sequence[t.{_ref(part['items'])}]" if part.get("type") == "array" else f"t.{_ref(part)}"
            for part in schema["anyOf"]
        )
    return f"t.{_ref(schema)}"


def _python_type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_python_type(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(one) for one in schema['enum'])}]"
    if "const" in schema:
        return f"Literal[{json.dumps(schema['const'])}]"
    match schema.get("type"):
        case "integer":
            return "int"
        case "boolean":
            return "bool"
        case "null":
            return "None"
        case _:
            return "str"


def python_problems() -> str:
    """The module of exceptions, one for each type of problem."""
    lines = [_HEAD, "from __future__ import annotations\n", "from .problem import ProblemError\n\n"]
    for error in PROBLEMS.values():
        sentence = (error.__doc__ or "").partition("\n")[0]
        lines += [f"class {error.__name__}(ProblemError):", f'    """{sentence}"""\n\n']
    lines += ["BY_SLUG: dict[str, type[ProblemError]] = {"]
    lines += [f'    "{error.slug}": {error.__name__},' for error in PROBLEMS.values()]
    return "\n".join([*lines, "}", '"""By the last part of a problem\'s type."""']) + "\n"


def _shapes(found: Mapping[str, Any]) -> dict[str, Any]:
    """A document of the schemas alone, without the one of each problem: those are exceptions."""
    schemas = found["components"]["schemas"]
    plain = {name: one for name, one in schemas.items() if "allOf" not in one}
    return {"openapi": found["openapi"], "info": found["info"], "paths": {}, "components": {"schemas": plain}}


def python_types(found: Mapping[str, Any], into: Path) -> None:
    """The types, by datamodel-code-generator."""
    source = into.with_suffix(".json")
    source.write_text(json.dumps(_shapes(found)))
    command = [
        sys.executable,
        "-m",
        "datamodel_code_generator",
        "--input",
        str(source),
        "--output",
        str(into),
    ]
    command += ["--input-file-type", "openapi", "--output-model-type", "typing.TypedDict"]
    command += ["--target-python-version", "3.11", "--enum-field-as-literal", "all", "--disable-timestamp"]
    command += ["--use-schema-description", "--use-field-description", "--formatters", "builtin"]
    command += ["--custom-file-header", _HEAD.strip()]
    subprocess.run(command, check=True, capture_output=True)
    source.unlink()


# TypeScript

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
            f'  {one.id}: {{ id: "{one.id}", method: "{one.method}", path: "{one.path}", safe: {str(one.safe).lower()}, gives: "{_form(one)}" }},'
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
            f'Schemas["{_ref(part["items"])}"][]'
            if part.get("type") == "array"
            else f'Schemas["{_ref(part)}"]'
            for part in schema["anyOf"]
        )
    return f'Schemas["{_ref(schema)}"]'


def _typescript_type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_typescript_type(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    return {"integer": "number", "boolean": "boolean", "null": "null"}.get(schema.get("type", ""), "string")


def typescript_types(found: Mapping[str, Any], into: Path, folder: Path) -> None:
    """The types, by openapi-typescript, which npm fetches into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "openapi.json"
    shapes = _shapes(found)
    # What is recursive in itself comes out as a type that the compiler refuses (TS2502); `unknown` says the same of any JSON value.
    shapes["components"]["schemas"]["JsonValue"] = {"description": "Any JSON value."}
    source.write_text(json.dumps(shapes))
    tool = folder / "node_modules" / ".bin" / "openapi-typescript"
    if not tool.exists():
        quiet = ["--no-audit", "--no-fund", "--loglevel", "error"]
        packages = [OPENAPI_TYPESCRIPT, TYPESCRIPT_COMPILER]
        subprocess.run(
            ["npm", "install", *quiet, "--prefix", str(folder), *packages], check=True, timeout=300
        )
    made = subprocess.run(
        [tool, source, "--alphabetize"], check=True, capture_output=True, text=True, timeout=120
    )
    into.write_text(_TS_HEAD + made.stdout)


def main() -> None:
    """Write everything; the TypeScript types where npm is there."""
    found = document(bare_app())
    (PYTHON / "operations.py").write_text(python_operations(found))
    (PYTHON / "problems.py").write_text(python_problems())
    python_types(found, PYTHON / "types.py")
    (TYPESCRIPT / "operations.ts").write_text(typescript_operations(found))
    if shutil.which("npm") is None:
        print("npm is not here: clients/typescript/src/schema.ts stays as it is")
        return
    typescript_types(found, TYPESCRIPT / "schema.ts", Path("var/npm/types"))


if __name__ == "__main__":
    main()
