"""What a refused message carries to the dead letter."""

from __future__ import annotations

import orjson

from service.consume.source import PROBLEM_HEADER, PROBLEM_TYPE_HEADER, Problem

LONGEST = 16_384
"""Bytes of the document; brokers bound headers. Errors beyond that are counted and left out."""


def refused_headers(problem: Problem) -> dict[str, str]:
    """The headers that say why."""
    errors = list(problem.get("errors", []))
    text = orjson.dumps(problem)
    while len(text) > LONGEST and errors:
        errors = errors[: len(errors) // 2]
        left_out = len(problem["errors"]) - len(errors)
        text = orjson.dumps({**problem, "errors": errors, "errors_left_out": left_out})
    return {PROBLEM_TYPE_HEADER: str(problem["type"]), PROBLEM_HEADER: text.decode()}
