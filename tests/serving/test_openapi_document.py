"""The OpenAPI document: what is made of it at random makes nothing fall over, and its examples work as they
stand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api.contract import document, operations
from service.api.schemas.borrowers import BORROWER_EXAMPLE
from service.worker.sandbox import list_sandbox_messages
from tests.processes import PATIENCE, address_of, process, ready

ADMIN = "bootstrap-key-for-tests-0123456789"
SECRET = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
SIGNED = ("/v1/receipts/", "/v1/inbound/", "/v1/unsubscribe/", "/v1/log/cosignatures")
"""Their bodies are made and signed by somebody else: there is no example that could work."""
RESTS_ON_MORE = (
    "/v1/webhooks/{id}",
    "/v1/policies/{name}/versions/",
    "/v1/templates/{name}/versions/",
    "/v1/learning/policies/{name}/versions/",
    "/v1/learning/policies/{name}/stop",
    "/v1/holds/release",
)
"""Their examples name what must have happened before: an endpoint that was made, a version that another key
approved, a delivery that is held."""
SHOWN = {
    "/v1/creditors/{creditor}": {"creditor": "first-inclusive-bank"},
    "/v1/templates/{name}/preview": {"name": "overdue-reminder"},
}
"""What stands in the path of an example; where nothing is listed, the name that the example itself has."""


def run_schemathesis(url: str, folder: Path, *further: str) -> subprocess.CompletedProcess[str]:
    """Requests from every operation's schema, and from beside it, with an admin's key; the same ones each
    time."""
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        f"{url}/openapi.json",
        "--header",
        f"Authorization: Bearer {ADMIN}",
    ]
    command += ["--checks", checks, "--seed", "1", "--no-color", "--request-timeout", "60", *further]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)


def test_no_request_from_the_document_makes_the_service_fall_over(folder: Path, database_url: str) -> None:
    """Every route of the service as it runs, worker and sandbox included: never a 5xx, and each answer is one
    that the document names."""
    env = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": SECRET,
        "FORBEAR_BOOTSTRAP_KEY": ADMIN,
        "FORBEAR_PORT": "0",
        "FORBEAR_LOG_LEVEL": "error",  # nobody reads the pipe meanwhile: thousands of lines would fill it
    }
    with process(folder, "serve", env=env) as running:
        url = address_of(running)
        ready(url)
        found = run_schemathesis(url, folder, "--phases", "examples,fuzzing", "--max-examples", "6")
        assert 0 == found.returncode, found.stdout[-6000:]
        assert 200 == httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the test's own."""
    return tmp_path


def bodies(operation: dict[str, Any]) -> list[tuple[str, Any]]:
    """Content type and example of everything that an operation shows."""
    found = []
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        shown = [one["value"] for one in content.get("examples", {}).values()]
        found += [(kind, one) for one in ([content["example"]] if "example" in content else shown)]
    return found


async def test_every_example_works_as_it_stands(api: Any) -> None:
    """Whoever copies an example from the page gets an answer, not a problem; the sandbox is on, as where
    nothing is set."""
    api.app.state.forbear = replace(
        api.app.state.forbear,
        sandbox_messages=partial(list_sandbox_messages, api.runtime),
        sandbox_texts=True,
    )
    tried = 0
    for path, method, operation in operations(document(api.app)):
        if path.startswith(SIGNED + RESTS_ON_MORE):
            continue
        shown = bodies(operation)
        if operation.get("requestBody", {}).get("required"):
            assert shown, (method, path, "takes a body and shows none")
        for kind, example in shown:
            answer = await tried_out(api, method, path, kind, example)
            assert answer.is_success, (method, path, kind, answer.status_code, answer.text)
            tried += 1
    assert tried >= 20


async def tried_out(api: Any, method: str, path: str, kind: str, example: Any) -> httpx.Response:
    """The answer to one example."""
    if path.startswith("/v1/keys/"):
        made = await api.client.post("/v1/keys", json={"name": "rotated", "role": "ops"})
        where = path.format(id=made.json()["id"])
    elif path.startswith("/v1/suppressions/"):
        body = {"address": "+12025550199", "channel": "sms", "reason": "opt_out"}
        where = path.format(id=(await api.client.post("/v1/suppressions", json=body)).json()["id"])
    elif path.startswith("/v1/borrowers/"):
        where = path.format(id="B-4711")
        await api.client.put("/v1/borrowers/B-4711", json=BORROWER_EXAMPLE)
        await api.client.delete("/v1/borrowers/B-4711/legal-hold")
    else:
        where = path.format(**(SHOWN.get(path) or named(example)))
    if isinstance(example, str):
        return await api.client.request(method, where, content=example, headers={"Content-Type": kind})
    return await api.client.request(method, where, json=example)


def named(example: Any) -> dict[str, str]:
    """The name that a document gives itself, be it YAML or JSON."""
    if isinstance(example, dict):
        return {"name": str(example.get("name", ""))}
    if isinstance(example, str):
        return {
            "name": next(
                (line.split(":")[1].strip() for line in example.splitlines() if line.startswith("name:")), ""
            )
        }
    return {}
