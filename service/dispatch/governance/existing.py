"""A version of a policy, or of a template, that there must be."""

from __future__ import annotations

from typing import TypeVar

from service.errors import NotFound

T = TypeVar("T")


def existing(row: T | None) -> T:
    """A version that there is. Raises NotFound."""
    if row is None:
        raise NotFound(
            "there is no such version; what ships cannot be changed, a new version can be put beside it"
        )
    return row
