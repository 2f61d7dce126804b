"""The Python client: every method against a running service, and what it does where an answer is late, lost
or none."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from forbear_client import (
    AsyncForbear,
    Forbear,
    ProblemError,
    Retries,
    Unreachable,
    WebhookRefused,
    problems,
    verify_webhook,
)
from forbear_client.operations import OPERATIONS, AsyncOperations, Operations
from standardwebhooks.webhooks import Webhook

from clients import reading, writing_python, writing_typescript
from service.api.app import bare_app
from service.api.contract import document
from tests.clients.conftest import Service
from tests.clients.scenario import steps

CLIENTS = Path(__file__).parents[2] / "clients"
QUICK = Retries(attempts=4, first_seconds=0.0)


def filled(value: Any, saved: dict[str, Any]) -> Any:
    """Arguments with what earlier steps answered."""
    match value:
        case str() if value.startswith("$"):
            name, *path = value[1:].split(".")
            found = saved[name]
            for part in path:
                found = found[int(part)] if part.isdigit() else found[part]
            return found
        case {"$mail": text}:
            return text.encode()
        case dict():
            return {key: filled(one, saved) for key, one in value.items()}
        case list():
            return [filled(one, saved) for one in value]
        case _:
            return value


def arguments(step: dict[str, Any], saved: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments of a step."""
    query = {
        f"{name}_" if name in {"from", "format"} else name: one for name, one in step.get("query", {}).items()
    }
    return filled(step["args"], saved), query


def walk(service: Service, notice: dict[str, Any]) -> dict[str, Any]:
    """The scenario without `await`; what was answered, by the names that steps save."""
    saved: dict[str, Any] = {}
    with Forbear(service.url, service.key) as first:
        clients = {"first": first}
        for step in steps(notice):
            if step.get("by") and "second" not in clients:
                clients["second"] = Forbear(service.url, saved["second"]["key"])
            method = getattr(clients[step.get("by", "first")], reading.snake(step["op"]))
            positional, named = arguments(step, saved)
            for patience in range(100):
                try:
                    answered = method(*positional, **named)
                    answered = b"".join(answered) if isinstance(answered, Iterator) else answered
                    assert "problem" not in step, (step, answered)
                except ProblemError as error:
                    if error.slug == step.get("until") and patience < 99:
                        time.sleep(0.1)
                        continue
                    assert error.slug in {step.get("problem"), *step.get("maybe", ())}, (step, error)
                    answered = None
                break
            saved[step.get("save", "")] = answered
        clients["second"].close()
    return saved


async def walk_async(service: Service, notice: dict[str, Any]) -> dict[str, Any]:
    """The same with `await`."""
    saved: dict[str, Any] = {}
    async with AsyncForbear(service.url, service.key) as first:
        clients = {"first": first}
        for step in steps(notice):
            if step.get("by") and "second" not in clients:
                clients["second"] = AsyncForbear(service.url, saved["second"]["key"])
            method = getattr(clients[step.get("by", "first")], reading.snake(step["op"]))
            positional, named = arguments(step, saved)
            for patience in range(100):
                try:
                    if step["op"] == "exportLog":
                        answered = b"".join([chunk async for chunk in method(*positional, **named)])
                    else:
                        answered = await method(*positional, **named)
                    assert "problem" not in step, (step, answered)
                except ProblemError as error:
                    if error.slug == step.get("until") and patience < 99:
                        await asyncio.sleep(0.1)
                        continue
                    assert error.slug in {step.get("problem"), *step.get("maybe", ())}, (step, error)
                    answered = None
                break
            saved[step.get("save", "")] = answered
        await clients["second"].aclose()
    return saved


def judge(saved: dict[str, Any]) -> None:
    """What the scenario must have brought."""
    assert saved["notice"]["status"] == "open"
    assert [True, False] == ["id" in one for one in saved["batch"]["results"]]
    assert saved["export"].count(b"\n") >= 10
    assert "notice.accepted" == saved["log"]["items"][0]["kind"]


def test_the_scenario_calls_every_operation(notice: dict[str, Any]) -> None:
    """A new operation is in the clients and in their tests, or this fails."""
    documented = {one.id for one in reading.read(document(bare_app()))}
    assert documented == set(OPERATIONS) == {one["op"] for one in steps(notice)}
    for face in (Operations, AsyncOperations):
        assert {reading.snake(one) for one in documented} <= set(vars(face))


@pytest.mark.slow
def test_every_method_works_against_a_running_service(service: Service, notice: dict[str, Any]) -> None:
    """One after the other, on a fresh store."""
    judge(walk(service, notice))


@pytest.mark.slow
async def test_every_method_works_when_awaited(service: Service, notice: dict[str, Any]) -> None:
    """The same."""
    judge(await walk_async(service, notice))


def test_the_generated_methods_are_current(tmp_path: Path) -> None:
    """What stands in the tree is what `make clients` writes."""
    found = document(bare_app())
    where = CLIENTS / "python" / "forbear_client"
    assert (where / "operations.py").read_text() == writing_python.python_operations(found), (
        "run `make clients`"
    )
    assert (where / "problems.py").read_text() == writing_python.python_problems(), "run `make clients`"
    written = (CLIENTS / "typescript" / "src" / "operations.ts").read_text()
    assert written == writing_typescript.typescript_operations(found), "run `make clients`"


@pytest.mark.slow
def test_the_generated_types_are_current(tmp_path: Path) -> None:
    """The same of the types, which take seconds."""
    writing_python.python_types(document(bare_app()), tmp_path / "types.py")
    written = (CLIENTS / "python" / "forbear_client" / "types.py").read_text()
    assert written == (tmp_path / "types.py").read_text(), "run `make clients`"


@pytest.mark.slow
def test_the_client_is_typed_and_needs_nothing_of_the_service() -> None:
    """A strict type checker finds no fault, and an interpreter that cannot see the service imports it."""
    folder = CLIENTS / "python"
    command = [sys.executable, "-m", "mypy", "forbear_client"]
    checked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert 0 == checked.returncode, checked.stdout
    seen = subprocess.run(
        [sys.executable, "-I", "-c", ALONE], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "createNotice\n" == seen.stdout, seen.stderr


ALONE = """
import sys
sys.path.insert(0, ".")
for name in ("service", "channels", "policies", "pydantic", "fastapi"):
    sys.modules[name] = None
import forbear_client
print(forbear_client.client.Operations.create_notice and "createNotice")
"""


class Flaky(httpx.BaseTransport):
    """Answers as it was told, one after the other, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        one = self.answers.pop(0)
        if isinstance(one, Exception):
            raise one
        return one


def refused(status: int, slug: str, **headers: str) -> httpx.Response:
    """A problem as the service gives it."""
    document = {
        "type": f"https://forbear.example/problems/{slug}",
        "title": "t",
        "status": status,
        "detail": "d",
    }
    return httpx.Response(
        status, json=document, headers={name.replace("_", "-"): one for name, one in headers.items()}
    )


def client_of(transport: Flaky, waited: list[float] | None = None) -> Forbear:
    """A client that talks to it."""
    waits = [] if waited is None else waited
    return Forbear("http://forbear.example", "k", transport=transport, retries=QUICK, sleep=waits.append)


def test_a_lost_answer_is_asked_for_again_under_the_same_key(notice: dict[str, Any]) -> None:
    """The first request may have arrived: the second carries the same Idempotency-Key, so that nothing is
    accepted twice."""
    there = Flaky(
        httpx.ReadTimeout("late"),
        refused(503, "unavailable", Retry_After="2"),
        httpx.Response(202, json={"id": "n"}),
    )
    waited: list[float] = []
    assert "n" == client_of(there, waited).create_notice(notice)["id"]  # type: ignore[arg-type]
    keys = {request.headers["idempotency-key"] for request in there.asked}
    assert 3 == len(there.asked)
    assert 1 == len(keys)
    assert [0.0, 2.0] == waited


def test_events_and_batches_carry_names_of_their_own_through_repeats(notice: dict[str, Any]) -> None:
    """And those that the caller gave stay."""
    there = Flaky(
        httpx.ReadError("lost"),
        httpx.Response(202, json={"results": []}),
        httpx.Response(202, json={"results": []}),
    )
    client = client_of(there)
    client.create_notices({"notices": [notice, {**notice, "idempotency_key": "mine"}]})  # type: ignore[list-item, typeddict-item]
    assert there.asked[0].content == there.asked[1].content
    assert b'"idempotency_key": "mine"' in there.asked[0].content
    client.record_events([{"event_id": "e-1", "borrower_id": "B"}, {"borrower_id": "B"}])  # type: ignore[list-item, typeddict-item]
    assert b'"event_id": "e-1"' in there.asked[2].content
    assert b'"event_id": "evt-' in there.asked[2].content


def test_what_must_not_be_done_twice_is_not_sent_again_blindly() -> None:
    """A key that was made and never seen would be nobody's; where the request certainly did not arrive it is
    sent again."""
    there = Flaky(httpx.ReadTimeout("late"))
    with pytest.raises(Unreachable) as caught:
        client_of(there).create_key({"name": "n", "role": "ops"})
    assert caught.value.may_have_arrived
    there = Flaky(
        httpx.ConnectError("refused"),
        refused(429, "too-many-requests"),
        httpx.Response(201, json={"id": "k"}),
    )
    assert "k" == client_of(there).create_key({"name": "n", "role": "ops"})["id"]


def test_patience_ends() -> None:
    """After the last attempt the caller learns what came of it."""
    there = Flaky(*(refused(503, "unavailable") for _ in range(4)))
    with pytest.raises(problems.Unavailable):
        client_of(there).get_health()
    with pytest.raises(Unreachable) as caught:
        client_of(Flaky(*(httpx.ConnectError("refused") for _ in range(4)))).get_health()
    assert not caught.value.may_have_arrived


def test_a_problem_is_an_exception_of_its_type_with_every_fault() -> None:
    """And what is no problem document says so."""
    body = {
        "type": "https://forbear.example/problems/invalid-request",
        "detail": "the body does not fit",
        "instance": "urn:request:1",
    }
    faults = [{"pointer": "/channels/0", "detail": "expected a channel", "code": "literal-error"}]
    there = Flaky(httpx.Response(422, json={**body, "errors": faults}), httpx.Response(418, text="a teapot"))
    client = client_of(there)
    with pytest.raises(problems.InvalidRequest) as caught:
        client.get_notice("x")
    assert ("/channels/0", 422, "urn:request:1") == (
        caught.value.errors[0].pointer,
        caught.value.status,
        caught.value.instance,
    )
    assert "/channels/0: expected a channel" in str(caught.value)
    with pytest.raises(ProblemError, match="a teapot"):
        client.get_notice("x")


def test_a_list_is_walked_page_by_page() -> None:
    """The cursor of one page asks for the next."""
    pages = [{"items": [1, 2], "next_cursor": "c"}, {"items": [3], "next_cursor": None}]
    there = Flaky(*(httpx.Response(200, json=one) for one in pages))
    client = client_of(there)
    assert [1, 2, 3] == list(client.each(client.list_notices, creditor="bank"))
    assert ["bank", "bank"] == [request.url.params["creditor"] for request in there.asked]
    assert "c" == there.asked[1].url.params["cursor"]


def test_ids_of_upstream_systems_stay_one_segment() -> None:
    """A slash in an id is no path."""
    there = Flaky(httpx.Response(200, json={}))
    client_of(there).get_borrower("a/b c")
    assert b"/v1/borrowers/a%2Fb%20c" == there.asked[0].url.raw_path


SECRETS = ["whsec_" + base64.b64encode(hashlib.sha256(one).digest()).decode() for one in (b"new", b"old")]


def signed(body: bytes, at: datetime, secret: str) -> dict[str, str]:
    """Headers as another implementation of Standard Webhooks writes them."""
    signature = Webhook(secret).sign("evt_1", at, body.decode())
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signature,
    }


def test_a_webhook_is_verified_and_every_forgery_refused() -> None:
    """The signatures are made by a library that is not ours."""
    now = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    body = b'{"type":"notice.done","timestamp":"2026-11-24T17:00:00Z","data":{}}'
    headers = signed(body, now, SECRETS[0])
    at = now.timestamp()
    assert "notice.done" == verify_webhook(body, headers, SECRETS[0], now=at)["type"]
    assert "notice.done" == verify_webhook(body, headers, list(reversed(SECRETS)), now=at)["type"]
    for forged, given, secret, when in (
        (body + b" ", headers, SECRETS[0], at),
        (body, headers, SECRETS[1], at),
        (body, headers, SECRETS[0], at + 301),
        (body, {**headers, "Webhook-Id": "evt_2"}, SECRETS[0], at),
        (body, {**headers, "Webhook-Timestamp": "soon"}, SECRETS[0], at),
        (body, {**headers, "Webhook-Signature": "v1,AAAA v2,BBBB"}, SECRETS[0], at),
        (body, {}, SECRETS[0], at),
    ):
        with pytest.raises(WebhookRefused):
            verify_webhook(forged, given, secret, now=when)
