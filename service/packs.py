"""Reads the policy packs that ship with the project. Nothing is read at import."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from policies.policy import Policy, parse_policy


def pack_texts() -> Mapping[str, str]:
    """The text of every shipped pack, by its file's name without the suffix."""
    folder = importlib.resources.files("policies").joinpath("packs")
    return {
        path.name.removesuffix(".yaml"): path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir(), key=lambda one: one.name)
        if path.name.endswith(".yaml")
    }


@cache
def shipped() -> Mapping[str, Policy]:
    """Every shipped pack, by name; read once in a process. Raises PolicyInvalid for a broken one."""
    return MappingProxyType({name: parse_policy(text) for name, text in pack_texts().items()})


@cache
def shipped_rules() -> Mapping[str, Policy]:
    """Every shipped pack as it binds, without its worked cases: nine tenths of its text, which change nothing
    that it demands, and which a service need not read to start, nor keep. Read once in a process. Raises
    PolicyInvalid for a broken one."""
    texts = pack_texts()
    return MappingProxyType({name: parse_policy(_CASES.sub("", text)) for name, text in texts.items()})


_CASES = re.compile(r"^cases:.*?(?=^\w+:|\Z)", re.MULTILINE | re.DOTALL)
"""A block at the first column, up to the next one: no line of it begins with a letter."""
