"""`forbear`: each command's answer, exit code and refusal in one line."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import app as command_line

SECRET = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def forbear(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the tests' database."""
    command_line._mount() if not command_line.app.registered_groups else None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORBEAR_DATABASE_URL", database_url)
    monkeypatch.setenv("FORBEAR_SECRET_KEY", SECRET)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command_line.app, list(arguments))

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("keys",),
        ("policy",),
        ("log",),
        ("keys", "create"),
        ("policy", "test"),
        ("log", "verify"),
        ("secrets", "rotate"),
        ("retention", "run"),
        ("serve",),
    ],
)
def test_every_command_explains_itself(forbear, arguments):
    """--help, exit code 0."""
    answer = forbear(*arguments, "--help")
    assert 0 == answer.exit_code
    assert "Usage" in answer.output


def test_a_key_is_made_listed_rotated_and_revoked(forbear):
    """Shown once; machine-readable on request."""
    made = json.loads(forbear("keys", "create", "core", "--role", "producer", "--creditor", "bank", "--rate", "60", "--json").stdout)
    assert {"producer", "core"} == {made["role"], made["name"]}
    listed = json.loads(forbear("keys", "list", "--json").stdout)
    assert [made["id"]] == [one["id"] for one in listed]
    assert made["key"] not in forbear("keys", "list").output
    rotated = json.loads(forbear("keys", "rotate", made["id"], "--overlap-hours", "1", "--json").stdout)
    assert rotated["id"] != made["id"]
    assert 0 == forbear("keys", "revoke", made["id"]).exit_code
    assert "revoked" in forbear("keys", "list").output


def test_a_key_that_is_not_there_is_one_line(forbear):
    """Exit code 1."""
    answer = forbear("keys", "revoke", "nothing")
    assert (1, 1) == (answer.exit_code, len(answer.stderr.strip().splitlines()))


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "create", "x", "--role", "king"),
        ("keys", "create", "x", "--role", "ops", "--expires", "soon"),
        ("log", "export", "--format", "pdf"),
    ],
)
def test_wrong_use_is_two(forbear, arguments):
    """Exit code 2."""
    assert 2 == forbear(*arguments).exit_code


def test_the_schema_is_current(forbear):
    """Migrating twice changes nothing."""
    assert "current" in forbear("migrate").output


def test_every_shipped_policy_passes_its_own_cases(forbear):
    """No difference, and 183 cases or more."""
    answer = forbear("policy", "test", "--json")
    found = json.loads(answer.stdout)
    assert (0, []) == (answer.exit_code, found["differences"])
    assert found["cases"] >= 183


def test_a_difference_is_printed_and_is_one(forbear, tmp_path):
    """Verdict and instant, what was expected and what came."""
    case = {
        "id": "night",
        "policies": ["house-strict"],
        "borrower": {"time_zone": "America/New_York"},
        "history": [],
        "proposed": {"channel": "sms", "to": "consumer", "sender_role": "original_creditor", "at": "2026-11-24T23:30:00-05:00"},
        "expect": {"verdict": "allow"},
    }
    path = tmp_path / "cases.yaml"
    path.write_text(json.dumps([case]))
    answer = forbear("policy", "test", "--cases", str(path))
    assert 1 == answer.exit_code
    assert "night" in answer.output


def test_a_broken_document_is_named_by_line_and_path(forbear, tmp_path):
    """Exit code 1, and every fault."""
    path = tmp_path / "broken.yaml"
    path.write_text("name: x\nrules:\n  - id: a\n    kind: nonsense\n")
    answer = forbear("policy", "check", str(path))
    assert 1 == answer.exit_code
    assert "not good" in answer.output
    assert "1: /title: expected a value; this field is required" in answer.output


def test_a_policy_explains_itself_and_differs_from_another(forbear):
    """Rules with their citations; a diff of documents."""
    assert "08:00" in forbear("policy", "explain", "house-strict").output
    assert json.loads(forbear("policy", "explain", "house-strict", "--json").stdout)
    assert 0 == forbear("policy", "diff", "house-strict", "house-strict").exit_code
    assert 1 == forbear("policy", "diff", "house-strict", "us-reg-f").exit_code
    assert 2 == forbear("policy", "diff", "house-strict", "no-such").exit_code


def test_an_empty_log_has_no_checkpoint(forbear):
    """One line, exit code 1."""
    answer = forbear("log", "checkpoint")
    assert (1, "Nothing is sealed yet.") == (answer.exit_code, answer.stderr.strip())


def test_a_missing_setting_is_one_line_that_names_it(forbear, monkeypatch):
    """And never a traceback."""
    monkeypatch.delenv("FORBEAR_SECRET_KEY")
    answer = forbear("keys", "list")
    assert 2 == answer.exit_code
    assert "FORBEAR_SECRET_KEY" in answer.stderr
