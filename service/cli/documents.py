"""What the commands about policies read: documents, case files, questions. What cannot be read is wrong use,
in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import typer

from documents.reader import Bounds, Unreadable, read
from policies.policy import Policy, PolicyInvalid, parse_policy
from service.packs import shipped

LARGEST_FILE = 50_000_000
OF_CASES = Bounds(characters=LARGEST_FILE, nodes=5_000_000)
"""A file of cases may be longer than a policy."""


def print_json(document: object) -> None:
    """JSON for machines, on standard output."""
    options = orjson.OPT_UTC_Z | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(document, option=options, default=str).decode())


def read_text(path: Path) -> str:
    """A file's text. Raises typer.BadParameter."""
    if path.stat().st_size > LARGEST_FILE:
        raise typer.BadParameter(f"{path}: larger than {LARGEST_FILE} bytes")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path}: expected UTF-8") from None


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises typer.BadParameter with every error."""
    try:
        return parse_policy(read_text(path))
    except PolicyInvalid as error:
        raise typer.BadParameter(f"{path}: {error}") from None


def known_policies(files: Iterable[Path] = ()) -> Mapping[str, Policy]:
    """What ships, and the documents in `files` in the place of what has their name."""
    return {**shipped(), **{policy.name: policy for policy in map(read_policy, files)}}


def named_policies(known: Mapping[str, Policy], names: Iterable[str]) -> list[Policy]:
    """The policies of these names, or all of them without names. Raises typer.BadParameter."""
    missing = [name for name in names if name not in known]
    if missing:
        raise typer.BadParameter(f"no policy is named {', '.join(missing)}")
    return [known[name] for name in names] or list(known.values())


def policy_or_file(known: Mapping[str, Policy], named: str) -> Policy:
    """A policy that ships, by name, or the one in a file. Raises typer.BadParameter."""
    policy = known.get(named)
    if policy is not None:
        return policy
    path = Path(named)
    if not path.is_file():
        raise typer.BadParameter(f"{named} is neither a policy that ships nor a file")
    return read_policy(path)


def read_yaml(path: Path) -> Any:
    """The plain values of a YAML or JSON file; dates stay text. Raises typer.BadParameter."""
    try:
        return read(read_text(path), OF_CASES).value
    except Unreadable as error:
        raise typer.BadParameter(f"{path}: {error}") from None
