"""The reference page of the policy language, made of the models, their docstrings, and an example of each
kind that is a real rule."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from policies.facts import ADDRESS_KINDS, CHANNELS, CONTENT_CLASSES, EVENT_TYPES, OUTCOMES, RECIPIENTS
from policies.policy import Binds, Change, Match, PolicyDocument, Replaced
from policies.records import Retain
from policies.rules.base import Effective, RuleSpec
from policies.rules.counting import Counting
from policies.rules.kinds import KINDS
from policies.rules.matching import (
    AddressKind,
    Channel,
    ChannelName,
    ContentClass,
    EventName,
    Exemption,
    Matcher,
    Person,
    Span,
)
from policies.rules.window import Window

PARTS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("`match`", "match", Match),
    ("`binds`", "binds", Binds),
    ("`effective`", "effective", Effective),
    ("`records`: how long records are kept", "records", Retain),
    ("`replaced`: citations that are no longer in force", "replaced", Replaced),
    ("`changes`: the policy's change log", "changes", Change),
    ("`when`: which messages a rule looks at", "when", Matcher),
    ("`unless`: when it stands back", "unless", Exemption),
    ("`count`: which contacts count", "count", Counting),
    ("`window`", "window", Window),
    ("`band`, `days_past_due`", "span", Span),
)
WORDS = (
    ("Channels", CHANNELS),
    ("Persons", RECIPIENTS),
    ("Kinds of addresses", ADDRESS_KINDS),
    ("Content classes", CONTENT_CLASSES),
    ("Outcomes of a contact", OUTCOMES),
    ("Events", EVENT_TYPES),
)


def example_of(kind: str) -> str:
    """A rule of this kind, as it stands in a document's list of rules."""
    lines = (
        f"id: an-example\nkind: {kind}\ncitation: the paragraph that it rests on\n{KINDS[kind].EXAMPLE}"
    ).splitlines()
    return "\n".join((f"  - {line}" if place == 0 else f"    {line}") for place, line in enumerate(lines))


def reference() -> str:
    """The page, in Markdown."""
    return "\n".join(_page()).rstrip() + "\n"


INTRODUCTION = """\
# The policy language

Made by `make reference` from the models and docstrings of `policies/`; a test holds it current.
[policies.md](policies.md) tells how a policy is written, tried and put in force;
[policy-schema.json](policy-schema.json) is the same for editors and machines.

A policy is a YAML or JSON document: a head, a list of rules, and its own cases. Every rule is asked about
every message; the strictest answer wins. Fields that are not named here are refused, and so are anchors,
aliases and documents of more than a million characters.
"""


def _page() -> Iterator[str]:
    yield INTRODUCTION
    yield "## The head"
    yield ""
    yield from _table(PolicyDocument)
    yield "## What every rule has"
    yield ""
    yield from _table(RuleSpec)
    for title, _, model in PARTS:
        yield f"### {title}"
        yield ""
        yield from _about(model)
        yield from _table(model)
    yield "## The kinds of rules"
    yield ""
    for kind, model in KINDS.items():
        yield f"### `{kind}`"
        yield ""
        yield from _about(model)
        yield from _table(model, without=RuleSpec.model_fields.keys() | {"kind"})
        yield "```yaml"
        yield example_of(kind)
        yield "```"
        yield ""
    yield "## The words"
    yield ""
    for title, words in WORDS:
        yield f"{title}: {', '.join(f'`{one}`' for one in words)}."
        yield ""


def _about(model: type[BaseModel]) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", (model.__doc__ or "").strip()):
        yield " ".join(paragraph.split())
        yield ""


def _table(model: type[BaseModel], without: Any = ()) -> Iterator[str]:
    fields = [(name, field) for name, field in model.model_fields.items() if name not in without]
    if not fields:
        yield "It has no fields of its own."
        yield ""
        return
    yield "| field | what it takes | without it | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, field in fields:
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        yield f"| `{field.alias or name}` | {_takes(field)} | {_default(field)} | {meaning} |"
    yield ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    match field.default:
        case None | ():
            return ""
        case BaseModel() as value:
            return ", ".join(
                f"`{name}: {said}`" for name, said in value.model_dump(exclude_defaults=True).items()
            )
        case bool(value):
            return f"`{str(value).lower()}`"
        case tuple(values):
            return ", ".join(f"`{one}`" for one in values)
        case value:
            return f"`{value}`"


def _takes(field: FieldInfo) -> str:
    bounds = {
        name: getattr(one, name)
        for one in field.metadata
        for name in ("ge", "le", "max_length")
        if getattr(one, name, None) is not None
    }
    text = _type(field.annotation)
    if "ge" in bounds:
        text += f", {bounds['ge']} to {bounds['le']}" if "le" in bounds else f", {bounds['ge']} or more"
    return text


_PARTS = {model: name for _, name, model in PARTS}


def _type(kind: Any) -> str:
    """A type as a reader says it."""
    origin, inner = get_origin(kind), get_args(kind)
    named = next((words for one, words in _WORDS_OF if one is kind), None)
    if named is not None:
        return named
    match kind:
        case _ if origin is Literal:
            return ", ".join(f"`{one}`" for one in inner)
        case _ if origin in {Union, types.UnionType}:
            return " or ".join(dict.fromkeys(_type(one) for one in inner if one is not types.NoneType))
        case _ if origin is tuple:
            return f"list of {_type(inner[0])}"
        case _ if origin is dict:
            return "objects"
        case type() if issubclass(kind, BaseModel):
            return f"`{_PARTS[kind]}`" if kind in _PARTS else "rules"
        case _:
            return _NAMED.get(getattr(kind, "__name__", ""), "text") if origin is None else _type(inner[0])


_WORDS_OF: tuple[tuple[Any, str], ...] = (
    (EventName, "[events](#the-words)"),
    (Person, "[persons](#the-words)"),
    (AddressKind, "[kinds of addresses](#the-words)"),
    (ContentClass, "[content classes](#the-words)"),
    (ChannelName, "[channels](#the-words)"),
    (Channel, "[channels](#the-words)"),
)
_NAMED = {"int": "number", "bool": "`true`, `false`", "date": "date"}
