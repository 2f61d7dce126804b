"""What the tests of the house look at: the tree's files, the packages' modules, the names of all settings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from service.settings import PREFIX, settings_type

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = re.compile(
    r"(?:\.(?!ci|dockerignore|gitignore)[^/]*|var|node_modules|htmlcov|dist|build)(?:/|$)|.*__pycache__"
)
PACKAGES = ("policies", "documents", "channels", "service")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    """Every text file of the project by its path; no git is needed to find them."""
    found: dict[str, str] = {}
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if not LEFT_OUT.match(name) and path.is_file():
            try:
                found[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


@pytest.fixture(scope="session")
def modules(texts: dict[str, str]) -> dict[str, ast.Module]:
    """Every module of the packages, parsed, by its path."""
    return {
        name: ast.parse(text)
        for name, text in texts.items()
        if name.endswith(".py") and name.split("/", 1)[0] in PACKAGES
    }


@pytest.fixture(scope="session")
def settings_read() -> dict[str, object]:
    """Every setting by its variable, with its default."""
    return dict(_settings(settings_type(), PREFIX))


def _settings(model: type[BaseModel], prefix: str) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            found += _settings(type(field.default), f"{prefix}{name.upper()}__")
        else:
            found.append((f"{prefix}{name.upper()}", field.default))
    return found
