"""What the fields of shapes mean, read from the sentences under them in the source, when the OpenAPI document
is made.

Pydantic can do so too, at the import of each class; that would cost every start of every process what only
the document needs."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from service.api.case_fields import CASE_FIELDS
from service.api.field_texts import BY_NAME, FIELDS


@cache
def _texts(module: str) -> Mapping[str, Mapping[str, str]]:
    """By class of a module and field, the sentence under the field."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    return {one.name: dict(_under(one)) for one in ast.walk(tree) if isinstance(one, ast.ClassDef)}


def _under(class_: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in zip(class_.body, class_.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield field.target.id, inspect.cleandoc(text.value.value).replace("\n", " ")


def described_fields(model: type[BaseModel]) -> dict[str, str]:
    """The sentence of each field of a model that has one, by the name that it has in JSON."""
    found: dict[str, str] = {name: BY_NAME[name] for name in model.model_fields if name in BY_NAME}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            found |= _texts(one.__module__).get(one.__name__, {})
            found |= {**FIELDS.get(one.__name__, {}), **CASE_FIELDS.get(one.__name__, {})}
    fields = model.model_fields
    return {
        (fields[name].alias or name if name in fields else name): text
        for name, text in found.items()
        if name in fields
    }


def describe(schemas: dict[str, Any]) -> None:
    """Give each property of the schemas its sentence."""
    models = defaultdict[str, list[type[BaseModel]]](list)
    for name, one in _models(BaseModel):
        models[name].append(one)
    for name, schema in schemas.items():
        wanted = set(schema.get("properties", {}))
        # Two modules may call a model alike, and which of them are loaded is not the document's concern.
        model = next((one for one in models[name] if wanted and wanted == _properties(one)), None)
        if model is None:
            continue
        texts = described_fields(model)
        for field, about in schema.get("properties", {}).items():
            if "description" not in about and field in texts:
                about["description"] = texts[field]


def _properties(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _models(base: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for one in base.__subclasses__():
        if one.__module__.startswith(("service.", "policies.")):
            yield one.__name__, one
        yield from _models(one)
