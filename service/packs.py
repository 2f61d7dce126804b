"""Reads the policy packs that ship with the project. Nothing is read at import."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
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


def shipped() -> Mapping[str, Policy]:
    """Every shipped pack, by name. Raises PolicyInvalid for a broken one."""
    return MappingProxyType({name: parse_policy(text) for name, text in pack_texts().items()})
