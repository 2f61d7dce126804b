"""Which variables of the environment are settings: a misspelt one would silently leave a default in its
place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from service.settings import PREFIX, settings_type


def strange_names(given: Iterable[str], senders: str = "") -> list[str]:
    """Names that begin like our settings and are none: a misspelt one would silently leave a default in its
    place."""
    known = {f"{PREFIX}{name}".upper() for name in _names(settings_type(senders))} | OTHERS
    return sorted(name for name in given if name.upper().startswith(PREFIX) and name.upper() not in known)


OTHERS = frozenset(
    {
        "FORBEAR_FAILPOINT",
        "FORBEAR_EVERY_TEST",
        "FORBEAR_CLOCK_ERROR",
        "FORBEAR_HYPOTHESIS",
        "FORBEAR_TEST_CELLS",
        "FORBEAR_URL",
        "FORBEAR_KEY",
    }
)
"""Variables of the fault campaign, of the tests, and of commands that speak to a service elsewhere; none is a
setting."""


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, one in model.model_fields.items():
        if isinstance(one.annotation, type) and issubclass(one.annotation, BaseModel):
            yield from (f"{name}__{inner}" for inner in _names(one.annotation))
        else:
            yield name
