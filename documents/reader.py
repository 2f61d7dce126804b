"""One reader for every YAML or JSON document: policies, templates, case files.

A document is data. Its size, depth and number of nodes are bounded while it is read, anchors and aliases are
refused, each key stands once, and plain words are read as YAML 1.2 reads them (its core schema; dates stay
text): `no` is Norwegian, `010` is ten, `1:30` is no number. So a hostile document costs one clear error and
no memory, and YAML and JSON read alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a document may be."""

    characters: int = 1_000_000
    nodes: int = 50_000
    levels: int = 40


USUAL = Bounds()


class Unreadable(ValueError):
    """A text that is no such document."""

    def __init__(self, line: int | None, expected: str, got: str) -> None:
        """`line` counts from 1; None where no line is to blame."""
        super().__init__(f"{'' if line is None else f'line {line}: '}{expected}; got {got}")
        self.line, self.expected, self.got = line, expected, got


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read."""

    value: Any
    """Mappings, lists, texts, whole numbers, numbers, truth values, None."""
    _node: yaml.Node

    def lines(self) -> Mapping[str, int]:
        """The line of every JSON pointer (RFC 6901)."""
        return dict(_lines(self._node, ""))


def read(text: str | bytes, bounds: Bounds = USUAL) -> Document:
    """The document in a text. Raises Unreadable."""
    node = _compose(_decoded(text, bounds), bounds)
    return Document(_construct(node), node)


def escaped(name: object) -> str:
    """A key as a JSON pointer says it."""
    return str(name).replace("~", "~0").replace("/", "~1")


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Plain words as YAML 1.2's core schema reads them; dates stay text, so that YAML and JSON read alike."""


_OF_1_1 = {f"tag:yaml.org,2002:{name}" for name in ("timestamp", "int", "bool", "float", "merge", "value")}
_Loader.yaml_implicit_resolvers = {
    key: [(tag, regexp) for tag, regexp in resolvers if tag not in _OF_1_1]
    for key, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)\.[0-9]*|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?[eE][-+]?[0-9]+)$"
    ),
    list("-+.0123456789"),
)


def _decoded(text: str | bytes, bounds: Bounds) -> str:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(None, "expected UTF-8", f"byte {error.start}") from None
    if len(text) > bounds.characters:
        raise Unreadable(None, f"expected at most {bounds.characters} characters", str(len(text)))
    return text


def _compose(text: str, bounds: Bounds) -> yaml.Node:
    """The node tree, bounded in size and depth while it is read, aliases refused."""
    try:
        _bounded(text, bounds)
        node = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", error))
        raise Unreadable(None if mark is None else mark.line + 1, "expected YAML or JSON", problem) from None
    if node is None:
        raise Unreadable(None, "expected a document", "an empty text")
    return node


def _bounded(text: str, bounds: Bounds) -> None:
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = 0 if event.start_mark is None else event.start_mark.line + 1
        if anchor := getattr(event, "anchor", None):
            raise Unreadable(line, "expected no anchors and aliases", str(anchor))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > bounds.levels or nodes >= bounds.nodes:
            raise Unreadable(
                line, f"expected at most {bounds.levels} levels and {bounds.nodes} nodes", "more"
            )


def _construct(node: yaml.Node) -> Any:
    loader = _Loader("")
    try:
        _refuse_duplicates(node)
        return loader.construct_document(node)
    except (
        yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
    ) as error:  # fmt: skip
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(node.start_mark.line + 1, "expected plain values", str(error)) from None
    finally:
        loader.dispose()


def _refuse_duplicates(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise Unreadable(key.start_mark.line + 1, "expected each key once", name)
            seen.add(name)
            _refuse_duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _refuse_duplicates(one)


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    """The line of every path."""
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, f"{path}/{escaped(key.value)}")
    elif isinstance(node, yaml.SequenceNode):
        for position, one in enumerate(node.value):
            yield from _lines(one, f"{path}/{position}")
