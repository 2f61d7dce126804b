"""Writes the methods, exceptions and types of the Python client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clients.reading import Operation, Parameter, form_of, read, ref_of, shapes_of, snake
from service.api.contract import PROBLEMS

WIDTH = 108
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
            f'    "{one.id}": Operation("{one.id}", "{one.method}", "{one.path}", safe={one.safe}, '
            f'gives="{form_of(one)}"),'
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
    body = f"{wait}self._{form_of(one)}(Call({', '.join(call)}))"
    if form_of(one) == "json":
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
            f"Sequence[t.{ref_of(part['items'])}]" if part.get("type") == "array" else f"t.{ref_of(part)}"
            for part in schema["anyOf"]
        )
    return f"t.{ref_of(schema)}"


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


def python_types(found: Mapping[str, Any], into: Path) -> None:
    """The types, by datamodel-code-generator."""
    source = into.with_suffix(".json")
    source.write_text(json.dumps(shapes_of(found)))
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
