"""Reads the URLs of databases as settings give them."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

from service.errors import SetupError


def is_postgresql(url: str) -> bool:
    """Whether a URL names a PostgreSQL."""
    return urlsplit(url).scheme in {"postgresql", "postgres"}


_OPTION = re.compile(r"(?:^|\s)(?:-c\s*|--)search[_-]path\s*=\s*(\S*)")
SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,39}")
"""What a schema may be called that a URL names: one that needs no quotes, and leaves room in the names of
channels."""


def schema_named(url: str) -> str | None:
    """The schema that a URL names, in which everything of a cell lies: with `?search_path=cell1`, or as
    PostgreSQL's own library has it, `?options=-csearch_path%3Dcell1`. None where it names none. Raises
    SetupError where it is not the name of one schema."""
    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    found: list[str] = [*query.get("search_path", []), *_OPTION.findall(" ".join(query.get("options", [])))]
    if not found:
        return None
    if len(found) != 1 or SCHEMA.fullmatch(found[0]) is None or found[0].startswith("pg_"):
        raise SetupError(
            "search_path: expected the name of one schema, small letters, digits and _, at most 40, such as "
            "?search_path=cell1"
        )
    return found[0]


def cell_urls(text: str) -> tuple[str, ...]:
    """The URLs in FORBEAR_CELLS, home first: a JSON list, or separated by white space. Raises SetupError; no
    URL stands in it, since one may hold a password."""
    found = _listed(text) if text.lstrip().startswith("[") else text.split()
    if not found:
        raise SetupError("FORBEAR_CELLS: expected at least one URL")
    for place, url in enumerate(found, 1):
        if not is_postgresql(url):
            raise SetupError(f"FORBEAR_CELLS: URL {place}: expected postgresql://user:pass@host/db")
        try:
            schema_named(url)
        except SetupError as error:
            raise SetupError(f"FORBEAR_CELLS: URL {place}: {error.detail}") from None
    if len(set(found)) < len(found):
        raise SetupError(
            "FORBEAR_CELLS: expected a database or schema of its own for each cell; one is named twice"
        )
    return tuple(found)


def _listed(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SetupError("FORBEAR_CELLS: expected a JSON list of URLs, or URLs separated by white space")
    return found
