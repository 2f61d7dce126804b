"""The templates that ship with the project."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from channels.content.template import Template, parse_template, ready_template


def template_texts() -> Mapping[str, str]:
    """The text of every shipped template, by name."""
    folder = importlib.resources.files("channels.content").joinpath("templates")
    return {
        path.name.removesuffix(".yaml"): path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir(), key=lambda one: one.name)
        if path.name.endswith(".yaml")
    }


@cache
def shipped_templates() -> Mapping[str, Template]:
    """Every shipped template, by name; read once in a process. Raises TemplateInvalid for a broken one."""
    return MappingProxyType({name: parse_template(text) for name, text in template_texts().items()})


@cache
def ready_templates() -> Mapping[str, Template]:
    """The same, checked by the tests of this release and not at every start; each text is compiled when it is
    first used."""
    return MappingProxyType({name: ready_template(text) for name, text in template_texts().items()})
