"""Places in the logs of several cells, as links name them: the number of a cell, and an index in its log."""

from __future__ import annotations

from service.console.forms import Form, misfit
from service.dispatch.runtime import Runtime

_DIGITS = 18


def cell_of(runtime: Runtime, query: Form) -> Runtime:
    """The cell whose log is meant; home's where none is named. Raises InvalidRequest."""
    every, text = runtime.cells.all, query.word("cell")
    number = 0 if text is None else index_of(text, "cell")
    if number >= len(every):
        raise misfit("cell", f"expected a number from 0 to {len(every) - 1}")
    return every[number]


def is_index(text: str) -> bool:
    """Whether this can be the index of an entry."""
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def index_of(text: str, name: str) -> int:
    """The index of an entry in the field `name`. Raises InvalidRequest."""
    if not is_index(text):
        raise misfit(name, "expected the number of an entry")
    return int(text)
