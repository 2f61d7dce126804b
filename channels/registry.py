"""Every provider that can be named in `FORBEAR_<CHANNEL>__ADAPTER`: a folder here with a module `provider`,
or an entry point of the group `forbear.channels` in any installed distribution, each with a `Provider`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

from channels.adapter import ChannelMisconfigured
from channels.provider import BACKUP, Provider

GROUP = "forbear.channels"
ATTRIBUTE = "PROVIDER"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@lru_cache(maxsize=1)
def registered() -> Mapping[str, Provider[Any]]:
    """By name. Raises ChannelMisconfigured, which names the distribution, for what cannot be imported or
    used."""
    found: dict[str, Provider[Any]] = {}
    for origin, provider in (*_shipped(), *_installed()):
        _check(origin, provider, found)
        found[provider.name] = provider
    return MappingProxyType(found)


def _shipped() -> Iterator[tuple[str, Any]]:
    folders = sorted(one.parent.name for one in Path(__file__).parent.glob("*/provider.py"))
    for folder in folders:
        yield f"channels/{folder}", getattr(import_module(f"channels.{folder}.provider"), ATTRIBUTE)


def _installed() -> Iterator[tuple[str, Any]]:
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        origin = f"the entry point {point.name} of {point.dist.name if point.dist else point.value}"
        try:
            yield origin, point.load()
        except Exception as error:
            raise ChannelMisconfigured(
                f"{origin} cannot be loaded: {type(error).__name__}: {error}"
            ) from error


def _check(origin: str, provider: Any, found: Mapping[str, Provider[Any]]) -> None:
    if not isinstance(provider, Provider):
        raise ChannelMisconfigured(f"{origin}: expected a Provider, got {type(provider).__name__}")
    if not _NAME.fullmatch(provider.name) or provider.name.endswith(BACKUP):
        raise ChannelMisconfigured(
            f"{origin}: expected a name of lower-case letters, digits and _, got {provider.name!r}"
        )
    if provider.name in found:
        raise ChannelMisconfigured(f"{origin}: another provider is named {provider.name}")
