"""`forbear doctor` and `forbear --version`: what whoever is called at night asks first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app as command_line


def test_a_good_installation_is_said_to_be_one(forbear: Any) -> None:
    """Each thing by its name, exit code 0; for machines as JSON."""
    answer = forbear("doctor")
    assert 0 == answer.exit_code, answer.output
    for name in ("settings", "database", "secret key", "clock", "log", "disk", "policies"):
        assert f" {name}: " in answer.output
    assert "BAD" not in answer.output
    found = json.loads(forbear("doctor", "--json").output)
    assert {"settings", "database", "clock"} <= {one["name"] for one in found}
    assert False not in {one["good"] for one in found}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FORBEAR_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x", "BAD  database: "),
        ("FORBEAR_DATABASE_URL", "mysql://x", "BAD  settings: "),
        ("FORBEAR_SECRET_KEY", "c2hvcnQ=", "BAD  "),
        ("FORBEAR_PORT", "eighty", "BAD  settings: "),
    ],
)
def test_what_is_wrong_is_named_and_exits_with_one(
    forbear: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """In one line, which says which setting it is."""
    monkeypatch.setenv(name, value)
    answer = forbear("doctor")
    assert 1 == answer.exit_code, answer.output
    assert said in answer.output
    assert name in answer.output


def test_the_version_names_release_schema_and_zone_data() -> None:
    """What a report of an error needs."""
    answer = CliRunner().invoke(command_line.app, ["--version"])
    assert 0 == answer.exit_code
    assert "forbear 0." in answer.output
    assert "schema 00" in answer.output
