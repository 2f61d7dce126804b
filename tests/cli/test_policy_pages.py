"""The upkeep of policies and the pages that are made of them, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from service.cli.policy import app

DOCS = Path(__file__).resolve().parents[2] / "docs"


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a `forbear policy` command."""
    answer = CliRunner().invoke(app, list(arguments))
    return answer.exit_code, answer.output


def test_a_review_tells_what_is_near_old_unsure_and_replaced() -> None:
    """The rules that reach all topics in 2027 are told of from sixty days ahead on, and first."""
    code, told = run("review", "--today", "2026-12-02")
    lines = told.splitlines()
    assert (0, "Within 60 days of 2026-12-02:") == (code, lines[0])
    assert "2027-01-31, in 60 days: us-tcpa/" in lines[1]
    assert "  ie-cpc: Consumer Protection Code 2012, by S.I. 80/2025 and S.I. 81/2025 on 2026-03-24" in lines
    assert any(line.startswith("  low, ") for line in lines)
    early = run("review", "--today", "2026-12-01")[1]
    assert "Within 60 days of 2026-12-01: nothing changes." in early
    assert "us-tcpa/" in early.partition("Later:")[2]


def test_a_review_for_machines_has_every_rule() -> None:
    """Readings, days to come with those that are near, and what was replaced; of the policies that are
    named."""
    code, text = run("review", "us-tcpa", "ie-cpc", "--today", "2027-01-30", "--json")
    found = json.loads(text)
    assert (0, {"us-tcpa", "ie-cpc"}) == (code, {one["policy"] for one in found["readings"]})
    assert {1} == {one["in_days"] for one in found["reminders"]}
    assert found["reminders"] == found["turns"]
    assert ["ie-cpc"] == [one["policy"] for one in found["replaced"]]
    assert {"policy", "rule", "citation", "verified_on", "age_days", "confidence"} == set(
        found["readings"][0]
    )


def test_a_review_looks_from_today_unless_told_otherwise() -> None:
    """And refuses what is no day, and a policy that is none."""
    assert 0 == run("review", "house-strict")[0]
    assert 2 == run("review", "--today", "soon")[0]
    assert 2 == run("review", "no-such")[0]


def test_the_pages_are_printed_as_they_stand_in_the_docs() -> None:
    """`make reference` is nothing but these."""
    for command, name in (
        ("law", "law.md"),
        ("reference", "policy-reference.md"),
        ("schema", "policy-schema.json"),
    ):
        assert (0, (DOCS / name).read_text(encoding="utf-8")) == run(command)
