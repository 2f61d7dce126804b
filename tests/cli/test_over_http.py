"""Commands that speak to a running service over HTTP with a key: the life of each noun, and how they fail in
one line."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from service.api.routers.policies import EXAMPLE
from service.cli import app as command_line
from service.cli import tables
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from tests.face import ADMIN
from tests.ports import free_port


class Over:
    """Runs commands against the `api` of a test, which a real server serves."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __call__(self, *arguments: str, key: str | None = ADMIN, given: str | None = None) -> Result:
        env = {"FORBEAR_URL": self.url} | ({} if key is None else {"FORBEAR_KEY": key})
        return await asyncio.to_thread(CliRunner().invoke, command_line.app, list(arguments), given, env)

    async def json(self, *arguments: str, key: str = ADMIN, given: str | None = None) -> Any:
        answer = await self(*arguments, "--json", key=key, given=given)
        assert 0 == answer.exit_code, (arguments, answer.output, answer.stderr)
        return json.loads(answer.stdout)


@pytest.fixture
async def over(api: Any) -> Any:
    """The tests' service behind a socket."""
    server = uvicorn.Server(uvicorn.Config(api.app, port=0, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with capture_logs():  # the command's standard output is the test's, and the service writes there too
        yield Over(f"http://127.0.0.1:{port}")
    server.should_exit = True
    await running


def key_of(headers: dict[str, str]) -> str:
    """The key in its headers."""
    return headers["Authorization"].removeprefix("Bearer ")


async def test_a_notice_is_previewed_sent_found_shown_and_cancelled(
    over: Any, notice: dict[str, Any]
) -> None:
    """From a file or standard input; a repeat under the same key is one notice."""
    text = json.dumps(notice)
    previewed = await over("notices", "preview", "-", given=text)
    assert 0 == previewed.exit_code
    assert previewed.stdout.startswith("sms: ")
    sent = await over("notices", "send", "-", "--idempotency-key", "k-1", given=text)
    again = await over("notices", "send", "-", "--idempotency-key", "k-1", given=text)
    assert sent.stdout == again.stdout
    id_ = sent.stdout.strip()
    assert [id_] == [one["id"] for one in await over.json("notices", "list", "--reference", "core-4711")]
    assert id_ in (await over("notices", "list")).stdout
    assert "No notice fits." in (await over("notices", "list", "--creditor", "nobody")).stdout
    assert "sms: deferred" in (await over("notices", "show", id_)).stdout
    cancelled = await over("notices", "cancel", "--reference", "core-4711")
    assert "sms: cancelled" in cancelled.stdout
    assert 2 == (await over("notices", "cancel")).exit_code


async def test_a_notice_is_explained_and_judged_again_from_afar(
    over: Any, api: Any, notice: dict[str, Any]
) -> None:
    """The story is in the log's own words; every decision is taken again from its entry alone, on this
    machine."""
    body = {**notice, "channels": ["email"], "fan_out": "all", "wait": None, "not_before": None}
    id_ = (await over("notices", "send", "-", given=json.dumps(body))).stdout.strip()
    nothing = await over("notices", "replay", id_)
    assert (1, "") == (nothing.exit_code, nothing.stdout)
    adapters = dict.fromkeys(("sms", "email", "voice"), "sandbox")
    await claim_and_decide(api.runtime, ZoneCache(), limit=10, adapters=adapters, lease_seconds=30)
    told = await over("notices", "explain", id_)
    assert "asked to send" in told.stdout
    assert "allowed by" in told.stdout
    again = await over("notices", "replay", id_)
    assert 0 == again.exit_code, again.output
    assert "The same again" in again.stdout
    [one] = await over.json("notices", "replay", id_)
    assert one["same"]


async def test_the_life_of_a_policy(over: Any, api: Any, tmp_path: Path) -> None:
    """Drafted, tested, approved by a second key, active, simulated, retired by two."""
    path = tmp_path / "evening-rest.yaml"
    path.write_text(EXAMPLE)
    second = key_of(await api.key("ops"))
    drafted = await over.json("policies", "draft", "evening-rest", str(path))
    version = str(drafted["version"])
    assert "1 cases, 0 differences" in (await over("policies", "test", "evening-rest", version)).stdout
    refused = await over("policies", "approve", "evening-rest", version)
    assert (1, 1) == (refused.exit_code, len(refused.stderr.strip().splitlines()))
    assert (
        "approved" == (await over.json("policies", "approve", "evening-rest", version, key=second))["state"]
    )
    active = await over("policies", "activate", "evening-rest", version)
    assert "it binds no delivery that waits now" in active.stderr
    simulated = await over(
        "policies",
        "simulate",
        "evening-rest",
        version,
        "--from",
        "2026-11-01T00:00:00Z",
        "--to",
        "2026-12-01T00:00:00Z",
    )
    assert "No decision of this time can be taken again." in simulated.stdout
    assert (
        EXAMPLE.strip()
        == (await over("policies", "show", "evening-rest", "--version", version)).stdout.strip()
    )
    assert 1 == (await over("policies", "show", "evening-rest", "--version", "77")).exit_code
    assert "yes" in (await over("policies", "show", "evening-rest")).stdout
    assert "evening-rest" in (await over("policies", "list")).stdout
    asked = await over("policies", "retire", "evening-rest", version, "--because", "a test")
    assert "with another key" in asked.stderr
    done = await over.json("policies", "retire", "evening-rest", version, "--because", "a test", key=second)
    assert "retired" == done["state"]
    rolled = await over("policies", "rollback", "evening-rest", version, "--because", "a test")
    assert rolled.exit_code in {0, 1}


async def test_the_life_of_a_template(over: Any, api: Any, tmp_path: Path) -> None:
    """Drafted, previewed, approved by a second key, active."""
    path = tmp_path / "thank-you.yaml"
    path.write_text(
        "name: thank-you\ntitle: A payment has come in\ncategories: [payment_confirmation]\nlanguages:\n  "
        "en:\n"
        '    sms: "{{ creditor_name }}: thank you, {{ borrower_name }}, your payment has come in. {{ '
        'contact }}. Reply STOP to end texts."\n'
    )
    second = key_of(await api.key("ops"))
    version = str((await over.json("templates", "draft", "thank-you", str(path)))["version"])
    shown = await over("templates", "preview", "thank-you", "--channel", "sms", "--version", version)
    assert "your payment has come in" in shown.stdout
    assert 0 == (await over("templates", "approve", "thank-you", version, key=second)).exit_code
    active = await over("templates", "activate", "thank-you", version, "--because", "plainer", key=second)
    assert "active" in active.stdout
    assert "plainer" in (await over("templates", "show", "thank-you")).stdout
    assert (
        path.read_text().strip()
        == (await over("templates", "show", "thank-you", "--version", version)).stdout.strip()
    )
    assert "thank-you" in [one["name"] for one in await over.json("templates", "list")]
    assert 1 == (await over("templates", "show", "thank-you", "--version", "77")).exit_code


async def test_creditors_and_holds(over: Any) -> None:
    """Stored, shown, listed; nothing waits."""
    assert "No creditor has a profile." in (await over("creditors", "list")).stdout
    name = "first-inclusive-bank"
    assert (
        0
        == (
            await over("creditors", "put", name, "--name", "First Inclusive Bank", "--phone", "+12025550100")
        ).exit_code
    )
    assert "First Inclusive Bank" in (await over("creditors", "show", name)).stdout
    assert [name] == [one["creditor"] for one in await over.json("creditors", "list")]
    wrong = await over("creditors", "put", name, "--name", "x")
    assert 1 == wrong.exit_code
    assert "at least one of phone, email and url" in wrong.stderr
    assert "Nothing waits for a person." in (await over("holds", "list")).stdout
    delivery = f"ntc_{'0' * 40}.sms"
    none = await over("holds", "release", delivery, "--how", "close", "--because", "a test")
    assert 1 == none.exit_code


async def test_suppressions_and_webhooks_from_afar(over: Any) -> None:
    """The same commands as with the settings, with a key in their place."""
    added = await over("suppressions", "add", "+12025550177", "--channel", "sms")
    assert "stands" in added.stdout
    assert (
        "it stood already" in (await over("suppressions", "add", "+12025550177", "--channel", "sms")).stdout
    )
    [one] = await over.json("suppressions", "list", "--channel", "sms")
    assert "is lifted" in (await over("suppressions", "lift", one["id"], "--because", "a test")).stdout
    assert "Nothing is suppressed." in (await over("suppressions", "list")).stdout
    made = await over.json("webhooks", "create", "https://core.example.com/x", "--type", "notice.done")
    assert made["secret"].startswith("whsec_")
    assert made["id"] in (await over("webhooks", "list")).stdout
    assert "disabled" in (await over("webhooks", "disable", made["id"])).stdout
    assert "enabled" in (await over("webhooks", "enable", made["id"])).stdout
    assert (await over("webhooks", "rotate", made["id"])).stdout.startswith("whsec_")
    assert 1 == (await over("webhooks", "test", made["id"])).exit_code
    assert (
        "0 events" in (await over("webhooks", "replay", made["id"], "--from", "2026-11-24T00:00:00Z")).stdout
    )
    assert 0 == (await over("webhooks", "attempts", made["id"])).exit_code
    assert "is deleted" in (await over("webhooks", "delete", made["id"])).stdout


async def test_a_refusal_is_told_with_every_field_and_exit_code_1(over: Any, notice: dict[str, Any]) -> None:
    """The service's own words, and where they belong."""
    answer = await over("notices", "send", "-", given=json.dumps({**notice, "channels": ["smoke"]}))
    assert 1 == answer.exit_code
    assert "  /channels/0: expected" in answer.stderr
    assert "(401)" in (await over("notices", "list", key="nobody")).stderr
    without = (await over("notices", "list", key=None)).stderr
    assert ("(401)" in without, "FORBEAR_KEY" in without) == (True, True)
    assert 2 == (await over("notices", "send", "-", given="no json")).exit_code


async def test_who_is_not_there_or_no_service_is_wrong_use(over: Any) -> None:
    """Exit code 2, one line, and no key goes anywhere else."""
    port = free_port()
    gone = await over("notices", "list", "--url", f"http://127.0.0.1:{port}")
    assert (2, 1) == (gone.exit_code, len(gone.stderr.strip().splitlines()))
    assert ADMIN not in gone.output
    assert 2 == (await over("notices", "list", "--url", "ftp://core.example.com")).exit_code


class Elsewhere(threading.Thread):
    """Answers whatever comes as it was told, and keeps it."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__(daemon=True)
        self.answers, self.asked = answers, list[bytes]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        for answer in self.answers:
            connection, _ = self.listener.accept()
            with connection:
                self.asked.append(connection.recv(65536))
                connection.sendall(answer)
        self.listener.close()


async def test_a_redirect_is_not_followed_and_a_busy_service_is_waited_for(over: Any) -> None:
    """A key goes to the service that was named; after 503 the same is asked again when it says so."""
    page = b'{"items":[],"next_cursor":null}'
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    good = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n"
        b"\r\n" % len(page)
    )
    there = Elsewhere(busy, good + page)
    there.start()
    assert "No notice fits." in (await over("notices", "list", "--url", there.url)).stdout
    moved = Elsewhere(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n"
        b"\r\n"
    )
    moved.start()
    answer = await over("notices", "list", "--url", moved.url)
    assert 1 == answer.exit_code
    assert "302" in answer.stderr
    assert 1 == len(moved.asked)


def test_a_list_is_a_table_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drawn by rich there, aligned elsewhere; what a borrower's system wrote is no markup."""
    rows: list[dict[str, Any]] = [{"a": "[red]x[/red]", "b": None}, {"a": "y", "b": ["p", "q"]}]
    columns = (("first", lambda one: one["a"]), ("second", lambda one: one["b"]))
    tables.show_list(rows, columns, as_json=False, nothing="")
    assert "first         second\n[red]x[/red]  -\ny             p, q\n" == capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    tables.show_list(iter(rows), columns, as_json=False, nothing="")
    drawn = capsys.readouterr().out
    assert "[red]x[/red]" in drawn
    assert "─" in drawn


@pytest.fixture
def completing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What a shell would ask."""

    def ask(*words: str) -> str:
        env = {
            "_FORBEAR_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(("forbear", *words)),
            "COMP_CWORD": str(len(words)),
        }
        return CliRunner().invoke(command_line.app, [], env=env, prog_name="forbear").stdout

    yield ask


def test_nouns_and_commands_are_completed(completing: Any) -> None:
    """In every shell that typer knows; `forbear --install-completion` sets it up."""
    assert "notices" in completing("not")
    assert "explain" in completing("notices", "ex")
