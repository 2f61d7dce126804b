"""Reads the URLs of databases as settings give them."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from service.errors import SetupError


def is_postgresql(url: str) -> bool:
    """Whether a URL names a PostgreSQL."""
    return urlsplit(url).scheme in {"postgresql", "postgres"}


def cell_urls(text: str) -> tuple[str, ...]:
    """The URLs in FORBEAR_CELLS, home first: a JSON list, or separated by white space. Raises SetupError; no
    URL stands in it, since one may hold a password."""
    found = _listed(text) if text.lstrip().startswith("[") else text.split()
    if not found:
        raise SetupError("FORBEAR_CELLS: expected at least one URL")
    for place, url in enumerate(found, 1):
        if not is_postgresql(url):
            raise SetupError(f"FORBEAR_CELLS: URL {place}: expected postgresql://user:pass@host/db")
    if len(set(found)) < len(found):
        raise SetupError("FORBEAR_CELLS: expected a database of its own for each cell; one is named twice")
    return tuple(found)


def _listed(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SetupError("FORBEAR_CELLS: expected a JSON list of URLs, or URLs separated by white space")
    return found
