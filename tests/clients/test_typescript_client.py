"""The TypeScript client: compiled by the compiler that its package names, then every method against a running
service, in node."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clients import writing_typescript
from service.api.app import bare_app
from service.api.contract import document
from tests.clients.conftest import Service
from tests.clients.scenario import steps
from tests.clients.test_python_client import SECRETS, judge, signed
from tests.npm import packages

pytestmark = pytest.mark.node
HERE = Path(__file__).parent
CLIENT = Path(__file__).parents[2] / "clients" / "typescript"


@pytest.fixture(scope="module")
def tools() -> Path:
    """The compiler and the generator of types."""
    return packages(
        "typescript-tools", writing_typescript.OPENAPI_TYPESCRIPT, writing_typescript.TYPESCRIPT_COMPILER
    )


@pytest.fixture(scope="module")
def compiled(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client as JavaScript."""
    into = tmp_path_factory.mktemp("client")
    (into / "package.json").write_text('{"type": "module"}')
    compiler = tools / "node_modules" / ".bin" / "tsc"
    done = subprocess.run(
        [compiler, "-p", CLIENT, "--outDir", into], capture_output=True, text=True, check=False, timeout=120
    )
    assert 0 == done.returncode, done.stdout
    return into / "index.js"


def node(script: str, given: dict[str, Any]) -> str:
    """What a script writes."""
    done = subprocess.run(
        ["node", HERE / script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    return done.stdout


def test_every_method_works_against_a_running_service(
    compiled: Path, service: Service, notice: dict[str, Any]
) -> None:
    """The same scenario as the Python client's."""
    given = {"client": str(compiled), "url": service.url, "key": service.key, "steps": steps(notice)}
    saved = json.loads(node("walk.mjs", given))
    judge({**saved, "export": saved["export"].encode()})


def test_repeats_problems_lists_and_webhooks(compiled: Path) -> None:
    """One key through all repeats, nothing twice blindly, every fault told, forgeries refused."""
    now = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    body = '{"type":"notice.done","timestamp":"2026-11-24T17:00:00Z","data":{}}'
    headers = signed(body.encode(), now, SECRETS[0])
    webhook = {"body": body, "headers": headers, "secrets": SECRETS, "now": now.timestamp()}
    assert "ok" == node("behave.mjs", {"client": str(compiled), "webhook": webhook})


def test_the_generated_types_are_current(tools: Path, tmp_path: Path) -> None:
    """What stands in the tree is what `make clients` writes."""
    writing_typescript.typescript_types(document(bare_app()), tmp_path / "schema.ts", tools)
    assert (CLIENT / "src" / "schema.ts").read_text() == (tmp_path / "schema.ts").read_text(), (
        "run `make clients`"
    )
