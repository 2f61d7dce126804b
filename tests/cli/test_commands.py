"""`forbear`: each command's answer, exit code and refusal in one line."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from service.errors import ForbearError, SetupError
from tests.channels.twilio_double import SID, TOKEN, Twilio, refusal, resource, twilio


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("keys",), ("policy",), ("log",), ("keys", "create"), ("policy", "test"), ("log", "verify"),
        ("secrets", "rotate"), ("retention", "run"),
        ("reconcile",), ("serve",),
    ],
)  # fmt: skip
def test_every_command_explains_itself(forbear, arguments):
    """--help, exit code 0."""
    answer = forbear(*arguments, "--help")
    assert 0 == answer.exit_code
    assert "Usage" in answer.output


def test_a_key_is_made_listed_rotated_and_revoked(forbear):
    """Shown once; machine-readable on request."""
    made = json.loads(
        forbear(
            "keys", "create", "core", "--role", "producer", "--creditor", "bank", "--rate", "60", "--json"
        ).stdout
    )
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
        "proposed": {
            "channel": "sms",
            "to": "consumer",
            "sender_role": "original_creditor",
            "at": "2026-11-24T23:30:00-05:00",
        },
        "expect": {"verdict": "allow"},
    }
    path = tmp_path / "cases.yaml"
    path.write_text(json.dumps([case]))
    answer = forbear("policy", "test", "--cases", str(path))
    assert 1 == answer.exit_code
    assert "night" in answer.output


def test_a_broken_document_is_named_by_line_and_path(forbear, tmp_path):
    """Exit code 1, and every error."""
    path = tmp_path / "broken.yaml"
    path.write_text("name: x\nrules:\n  - id: a\n    kind: nonsense\n")
    answer = forbear("policy", "check", str(path))
    assert 1 == answer.exit_code
    assert "not good" in answer.output
    assert "1: /title: expected a value; this field is required" in answer.output


POLICY = """\
name: evening-rest
title: "No message after supper"
citation: "house policy"
force: house
verified_on: 2026-11-01
confidence: high
rules:
  - id: hours
    kind: clock_window
    citation: "house policy: 09:00 to 19:00"
    hours: {daily: 09:00-19:00}
cases:
  - id: at-noon
    borrower: {zones_by_source: {address: [Europe/Rome]}}
    debt_ids: [d1]
    proposed: {at: "2026-11-03T12:00:00+01:00", channel: sms}
    expected: {verdict: allow}
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A document in a file."""
    path = tmp_path / "evening-rest.yaml"
    path.write_text(POLICY)
    return path


def test_a_policy_explains_itself_in_sentences(forbear, written):
    """Whom it binds, what each rule demands, on what it rests; the same for machines."""
    told = forbear("policy", "explain", "house-strict").output
    assert "Binds always. Every candidate time zone of the borrower must permit the instant." in told
    assert "At most 3 contacts within 7 consecutive days." in told
    assert "[house policy: 3 contacts in 7 consecutive days" in told
    assert "{" not in told
    found = json.loads(forbear("policy", "explain", "us-reg-f", "--json").stdout)[0]
    assert "Contact is permitted only in these hours" in found["rules"][0]["says"][0]
    own = forbear("policy", "explain", "--file", str(written)).output
    assert "Binds everywhere." in own
    assert "in US, and the sender is third party" in forbear("policy", "explain", "us-reg-f").output
    assert 2 == forbear("policy", "explain", "no-such").exit_code


def test_a_difference_of_policies_is_told_by_rule_and_field(forbear, written, tmp_path):
    """What it was and what it becomes; 1 where something changes."""
    other = tmp_path / "other.yaml"
    other.write_text(POLICY.replace("09:00-19:00", "09:00-18:00") + "# a comment changes nothing\n")
    answer = forbear("policy", "diff", str(written), str(other))
    assert 1 == answer.exit_code
    assert [
        "rule hours is changed:",
        '  hours.daily: ["09:00-19:00"] becomes ["09:00-18:00"]',
    ] == answer.stdout.splitlines()[:2]
    assert (
        "now: Contact is permitted only in these hours of the borrower's local time: daily: 09:00 to 18:00."
        in answer.stdout
    )
    machine = json.loads(forbear("policy", "diff", str(written), str(other), "--json").stdout)
    assert [("hours", "changed")] == [(one["rule"], one["change"]) for one in machine["rules"]]
    same = forbear("policy", "diff", "house-strict", "house-strict")
    assert (0, "Nothing changes.\n") == (same.exit_code, same.stdout)
    assert 1 == forbear("policy", "diff", "house-strict", "us-reg-f").exit_code
    assert 2 == forbear("policy", "diff", "house-strict", "no-such").exit_code


def test_rules_that_no_case_touches_are_named(forbear, written, tmp_path):
    """1 where one is left; by the policies' own cases, or by those of a file."""
    answer = forbear("policy", "test", "evening-rest", "--file", str(written), "--coverage")
    assert 1 == answer.exit_code
    assert "evening-rest: 1 of 1 rules are touched by no case: hours" in answer.stdout
    assert 0 == forbear("policy", "test", "evening-rest", "--file", str(written)).exit_code
    night = (
        POLICY.partition("cases:")[2]
        .replace("12:00:00", "21:00:00")
        .replace("allow", "defer")
        .replace("at-noon", "at-night")
    )
    cases = tmp_path / "cases.yaml"
    cases.write_text(night.replace("    borrower:", "    pack: evening-rest\n    borrower:"))
    found = forbear("policy", "test", "--cases", str(cases), "--file", str(written), "--coverage", "--json")
    assert 0 == found.exit_code
    assert [{"policy": "evening-rest", "rules": 1, "untouched": []}] == json.loads(found.stdout)["coverage"]


SPAN = ("--from", "2026-11-01T00:00:00Z", "--to", "2026-12-01")


def test_a_simulation_of_an_empty_past_says_so(forbear, written):
    """By name, by version, and of a document that is not stored; for machines as well."""
    nothing = "No decision of this time can be taken again."
    for of in (
        ("house-strict",),
        ("house-strict", "--version", "0"),
        ("evening-rest", "--file", str(written)),
    ):
        answer = forbear("policy", "simulate", *of, *SPAN)
        assert (0, nothing) == (answer.exit_code, answer.stdout.strip())
    found = json.loads(forbear("policy", "simulate", "house-strict", *SPAN, "--json").stdout)
    assert ("house-strict", 0, nothing) == (found["policy"], found["version"], found["sentence"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("no-such", *SPAN), 1), (("house-strict", "--version", "9", *SPAN), 1), (("house-strict",), 2),
        (("house-strict", "--from", "soon", "--to", "2026-12-01"), 2),
        (("house-strict", "--from", "2026-12-01", "--to", "2026-11-01"), 2),
        (("house-strict", "--version", "-1", *SPAN), 2), (("house-strict", "--file", "evening-rest.yaml",
        *SPAN), 2),
        (("evening-rest", "--version", "1", "--file", "evening-rest.yaml", *SPAN), 2),
        (("evening-rest", "--file", "missing.yaml", *SPAN), 2),
        (("house-strict", "--from", "0001-01-01T00:00:00+14:00", "--to", "9999-12-31"), 2),
    ],
)  # fmt: skip
def test_a_simulation_of_what_is_not_there_is_refused(forbear, written, arguments, code):
    """1 where there is no such policy, 2 for wrong use."""
    answer = forbear("policy", "simulate", *arguments)
    assert (code, True) == (
        answer.exit_code,
        isinstance(answer.exception, (SystemExit, ForbearError, type(None))),
    ), answer.output


def test_an_empty_log_has_no_checkpoint(forbear):
    """One line, exit code 1."""
    answer = forbear("log", "checkpoint")
    assert (1, "Nothing is sequenced yet.") == (answer.exit_code, answer.stderr.strip())


def test_a_missing_setting_is_one_line_that_names_it(forbear, monkeypatch):
    """And never a traceback."""
    monkeypatch.delenv("FORBEAR_SECRET_KEY")
    answer = forbear("keys", "list")
    assert 2 == answer.exit_code
    assert "FORBEAR_SECRET_KEY" in answer.stderr


def test_an_export_is_not_verified_against_nothing(forbear, monkeypatch, tmp_path):
    """Where there is no log to ask, the key and the checkpoint are asked for, and no database is started."""
    monkeypatch.delenv("FORBEAR_DATABASE_URL")
    (tmp_path / "log.jsonl").write_text("{}\n", encoding="utf-8")
    answer = forbear("log", "verify", "log.jsonl")
    assert 2 == answer.exit_code
    assert "there is no log here to ask" in " ".join(answer.output.split())
    assert not (tmp_path / "var").exists()


def test_after_a_restore_it_says_what_each_provider_can_list_and_writes_only_on_request(forbear):
    """The sandbox's record lies in the store itself, so nothing can be listed; an instant must be one, and
    have passed."""
    answer = forbear("reconcile", "--since", "2026-11-01T00:00:00Z")
    assert 0 == answer.exit_code
    assert 4 == answer.output.count("cannot list what it sent")
    assert "--hold-unlisted" in answer.output
    assert "Nothing was changed" in answer.output
    found = json.loads(
        forbear("reconcile", "--since", "2026-11-01", "--apply", "--hold-unlisted", "--json").stdout
    )
    assert (True, [0, 0, 0, 0]) == (found["applied"], [one["held"] for one in found["lines"]])
    for since in ("soon", "2999-01-01T00:00:00Z"):
        answer = forbear("reconcile", "--since", since)
        assert 2 == answer.exit_code
        assert "expected an instant" in answer.output
    assert 2 == forbear("reconcile").exit_code


def test_after_a_restore_it_says_how_many_messages_a_provider_has_that_the_store_does_not_know(
    forbear, monkeypatch
):
    """From a provider that can list; one that does not answer is one line, without a number in it."""
    with twilio_in_a_thread() as double:
        double.rows.append(resource("messages", sid="SM" + "1" * 32, status="delivered", To="+12025550143"))
        for name, value in {"ACCOUNT_SID": SID, "AUTH_TOKEN": TOKEN, "FROM_NUMBER": "+12025550100"}.items():
            monkeypatch.setenv(f"FORBEAR_TWILIO__{name}", value)
        monkeypatch.setenv("FORBEAR_TWILIO__BASE_URL", f"http://127.0.0.1:{double.port}")
        monkeypatch.setenv("FORBEAR_SMS__ADAPTER", "twilio")
        answer = forbear("reconcile", "--since", "2026-11-01")
        assert 0 == answer.exit_code
        assert "sms through twilio: 1 left since 2026-11-01T00:00:00Z; 0 are known" in answer.output
        assert "1 went to nobody here" in answer.output
        double.script.append(refusal(503, 20503, "no +12025550143"))
        answer = forbear("reconcile", "--since", "2026-11-01", "--apply")
        assert (1, 1) == (answer.exit_code, len(answer.stderr.strip().splitlines()))
        assert "+1202" not in answer.output


@contextmanager
def twilio_in_a_thread() -> Iterator[Twilio]:
    """The double on a loop of its own, beside commands that run theirs."""
    started, over, found = threading.Event(), threading.Event(), list[Twilio]()

    async def serve() -> None:
        async with twilio() as double:
            found.append(double)
            started.set()
            while not over.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait(10)
    try:
        yield found[0]
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("command", [("migrate",), ("keys", "list"), ("log", "verify"), ("worker",)])
def test_the_database_of_a_newer_release_is_left_alone(forbear, database_url, command):
    """Where its schema says that ours cannot work on it: one line, exit code 2, and nothing is changed."""

    async def version(sql: str) -> str | None:
        connection = await asyncpg.connect(database_url)
        try:
            found: str | None = await connection.fetchval(sql)
            return found
        finally:
            await connection.close()

    oldest = asyncio.run(version("SELECT oldest FROM alembic_version"))
    ours = asyncio.run(
        version(
            "UPDATE alembic_version SET version_num = '9999', oldest = '9999'"
            " RETURNING (SELECT version_num FROM alembic_version)"
        )
    )
    try:
        answer = forbear(*command)
        left = asyncio.run(version("SELECT version_num FROM alembic_version"))
    finally:
        asyncio.run(version(f"UPDATE alembic_version SET version_num = '{ours}', oldest = '{oldest}'"))
    told = answer.exception.detail if isinstance(answer.exception, SetupError) else answer.stderr
    assert told.startswith("the database does not fit: the schema is 9999, which this release does not know")
    assert isinstance(answer.exception, SetupError) or 2 == answer.exit_code
    assert "9999" == left
