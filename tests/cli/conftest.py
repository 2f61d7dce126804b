"""The command line on the tests' database."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import app as command_line

SECRET = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def forbear(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the tests' database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORBEAR_DATABASE_URL", database_url)
    monkeypatch.setenv("FORBEAR_SECRET_KEY", SECRET)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command_line.app, list(arguments))

    return run
