"""The geometry of pictures: bars, lines and a map of shades, as numbers that a template draws as SVG. They
run nothing and load nothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, NamedTuple

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 220, 48, 12, 28
"""Of a picture and its margins, in units of its view box."""
LABEL = 112
"""How wide the name of a week is where a picture is small; where columns are narrower some have none, the
newest always."""
SHADES = 5
WIDEST_BAR = 56
"""A week alone is no wall."""


class Series(NamedTuple):
    """Numbers in the order of the columns; None where nothing is known."""

    name: str
    values: tuple[float | None, ...]


def columns_picture(labels: Sequence[str], series: Sequence[Series]) -> dict[str, Any]:
    """Bars side by side: for each label one of each series."""
    most = _round_top(max((value or 0 for one in series for value in one.values), default=0) or 1)
    slot = (WIDTH - LEFT) / max(1, len(labels))
    every = ceil(LABEL / slot)
    bar = min(WIDEST_BAR, slot * 0.8 / max(1, len(series)))
    margin = (slot - bar * len(series)) / 2
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "base": HEIGHT - BOTTOM,
        "left": LEFT,
        "marks": [_mark(most * part, most) for part in (0, 0.5, 1)],
        "labels": [
            {"x": round(LEFT + slot * (place + 0.5), 1), "text": text}
            for place, text in enumerate(labels)
            if (len(labels) - 1 - place) % every == 0
        ],
        "bars": [
            {
                "x": round(LEFT + slot * place + margin + bar * number, 1),
                "y": _height(value or 0, most),
                "width": round(bar * 0.92, 1),
                "height": round(HEIGHT - BOTTOM - _height(value or 0, most), 1),
                "series": number,
                "title": f"{labels[place]}: {one.name} {_number(value)}",
            }
            for number, one in enumerate(series)
            for place, value in enumerate(one.values)
        ],
        "names": [{"text": one.name, "series": number} for number, one in enumerate(series)],
    }


_STEPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)
"""Tops whose halves are round too."""


def _round_top(most: float) -> float:
    """The least number that an axis can end with, and that is no less than `most`."""
    scale = float(10 ** floor(log10(most)))
    return next(step * scale for step in _STEPS if step * scale >= most * (1 - 1e-9))


def _mark(value: float, most: float) -> dict[str, Any]:
    return {"y": _height(value, most), "text": _number(value)}


def _height(value: float, most: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most), 1)


def _number(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


class Cell(NamedTuple):
    """One place of a map."""

    row: str
    column: str
    value: float | None
    """A share; None where nothing is mature."""
    note: str


def map_picture(rows: Sequence[str], names: Sequence[str], cells: Sequence[Cell]) -> dict[str, Any]:
    """Squares whose shade says how large a share is, beside that of the others; the number stands in each
    too."""
    most = max((one.value or 0 for one in cells), default=0) or 1
    wide, high, left, top = 92, 34, 110, 26
    return {
        "width": left + wide * len(names),
        "height": top + high * len(rows),
        "columns": [{"x": left + wide * place + wide / 2, "text": text} for place, text in enumerate(names)],
        "rows": [{"y": top + high * place + high / 2, "text": text} for place, text in enumerate(rows)],
        "cells": [
            {
                "x": left + wide * names.index(one.column),
                "y": top + high * rows.index(one.row),
                "width": wide - 3,
                "height": high - 3,
                "shade": 0 if one.value is None else 1 + min(SHADES - 1, int(one.value / most * SHADES)),
                "text": "–" if one.value is None else f"{one.value:.1%}",
                "title": f"{one.row}, {one.column}: {one.note}",
            }
            for one in cells
        ],
    }
