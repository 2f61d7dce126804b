"""`forbear reports`: the report for people, for machines and as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def test_a_report_of_nothing_says_so(forbear: Any, tmp_path: Path) -> None:
    """In each form."""
    assert "No contact." in forbear("reports", "outcomes").output
    assert [] == json.loads(forbear("reports", "outcomes", "--by", "tier", "--json").stdout)["rows"]
    path = tmp_path / "outcomes.csv"
    assert 0 == forbear("reports", "outcomes", "--by", "tier", "--format", "csv", "-o", str(path)).exit_code
    assert path.read_text().startswith("tier,contacts,mature,not_mature,reached_count,")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--by", "name"), 1, "/query/by"),
        (("--from", "2026-01-01", "--to", "2026-12-01"), 1, "/query/to"),
        (("--prices", "fax:1"), 1, "/query/prices"),
        (("--format", "xml"), 2, "csv or parquet"),
        (("--output", "x"), 2, "--format"),
        (("--from", "soon"), 2, "instant"),
    ],
)
def test_what_does_not_fit_is_named(forbear: Any, arguments: tuple[str, ...], code: int, word: str) -> None:
    """1 where the answer is no, 2 for wrong use."""
    answer = forbear("reports", "outcomes", *arguments)
    assert code == answer.exit_code
    assert word in answer.output
