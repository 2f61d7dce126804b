"""The nouns of the command line: what each is for, and where its commands are, imported when one of them is
asked for.

`forbear --help` lists them without importing any: whoever asks what there is must not wait for the law
packs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

NOUNS = {
    "cells": "The databases of a deployment, and which borrowers are where.",
    "keys": "Make, list, revoke and rotate API keys.",
    "notices": "Send, preview, list, show, cancel, explain and judge again notices, over HTTP.",
    "holds": "List and release deliveries that wait for a person, over HTTP.",
    "creditors": "Show and store creditors' profiles, over HTTP.",
    "templates": "The life of a template, over HTTP: draft, preview, approve, activate.",
    "policies": "The life of a stored policy, over HTTP: draft, test, simulate, approve, activate, retire.",
    "policy": "Check, test, simulate, explain and compare policy documents on this machine.",
    "learn": "Learn what helps, hold orders against each other, show what was learned, check documents.",
    "log": "Verify, export and read the dispatch log.",
    "reports": "Count what was sent and what came after it.",
    "retention": "Let records go that no policy keeps any more, and hold those that must stay.",
    "secrets": "Make a secret key, and rotate the one in use.",
    "suppressions": "Suppressions: addresses that nothing is sent to, whoever has them.",
    "webhooks": "Make, list, change, try and repeat webhook endpoints.",
}
"""Each noun is a module of this folder with an `app`."""


def noun_app() -> typer.Typer:
    """What a noun's module collects its commands in. Help is plain text: drawing boxes costs twice what the
    rest of it does."""
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class _Commands(MutableMapping[str, Any]):
    """The commands of a noun, by name; imported at the first look."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.found: dict[str, Any] | None = None

    def _all(self) -> dict[str, Any]:
        if self.found is None:
            self.found = dict(get_group(import_module(f"service.cli.{self.noun}").app).commands)
        return self.found

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._all()[name] = command

    def __delitem__(self, name: str) -> None:
        del self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class _Told(TyperGroup):
    """A group whose page says of each command the whole first paragraph; typer cuts it to what fits the
    line."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Name and purpose of each command, in the order in which they stand in the module."""
        del ctx
        rows = [(name, _purpose(one.help)) for name, one in self.commands.items() if not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _purpose(help_text: str | None) -> str:
    return " ".join((help_text or "").split("\n\n", maxsplit=1)[0].split())


class WithNouns(_Told):
    """The root group: its own commands, and the nouns."""

    def __init__(self, **attributes: Any) -> None:
        """As typer builds it."""
        super().__init__(**attributes)
        for name, purpose in NOUNS.items():
            noun = _Told(name=name, help=purpose, no_args_is_help=True, rich_markup_mode=None)
            noun.commands = _Commands(name)
            self.commands[name] = noun
