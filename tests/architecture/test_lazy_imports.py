"""What a command does not need is not imported: whoever asks for help must not wait for the law packs, nor a
worker hold the API."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, sys
sys.argv = ["forbear", *json.loads(sys.argv[1])]
try:
    from service.cli.app import run
    run()
except SystemExit as end:
    print()
    print(json.dumps([end.code, sorted({name.split(".")[0] for name in sys.modules})]))
"""

HEAVY = {
    "aiohttp", "alembic", "asyncpg", "babel", "channels", "cryptography", "fastapi", "holidays", "jinja2",
    "phonenumbers", "policies", "prometheus_client",
    "pydantic", "rich", "sqlalchemy", "starlette", "structlog", "twilio", "uvicorn",
}  # fmt: skip
"""What costs a tenth of a second or some MiB each."""


def imported(root: Path, *arguments: str) -> tuple[int, set[str]]:
    """Exit code, and the packages that a command imported."""
    ended = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(arguments)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    code, names = json.loads(ended.stdout.splitlines()[-1])
    return code or 0, set(names)


@pytest.mark.parametrize(
    ("code", "arguments", "allowed"),
    [
        (0, ("--help",), set()),
        (2, (), set()),
        (2, ("serv",), {"pydantic"}),
        (0, ("serve", "--help"), {"pydantic"}),
        (0, ("doctor", "--help"), {"pydantic"}),
    ],
)
def test_asking_for_help_imports_nothing_heavy(
    root: Path, code: int, arguments: tuple[str, ...], allowed: set[str]
) -> None:
    """Asked for, shown for want of a command, of one command, and of one that does not exist; typer itself
    reads words with Pydantic."""
    ended, names = imported(root, *arguments)
    assert (code, set()) == (ended, names & HEAVY - allowed)


WORKERS = """
import json, sys
from service.cli.starting import start_quickly
start_quickly()
import service.cli.working
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
NOT_A_WORKERS = {"aiohttp", "alembic", "fastapi", "rich", "sqlalchemy", "starlette", "twilio", "uvicorn"}


def test_a_worker_imports_no_api_and_no_provider_that_it_does_not_use(root: Path) -> None:
    """Nor what draws tracebacks, nor a client of HTTP before there is somebody to post to."""
    ended = subprocess.run(
        [sys.executable, "-c", WORKERS], cwd=root, capture_output=True, text=True, check=True
    )
    assert set() == set(json.loads(ended.stdout)) & NOT_A_WORKERS
