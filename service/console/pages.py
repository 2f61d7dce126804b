"""Makes pages. They load one style sheet of ours, run nothing, and may be framed by nobody."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from service.console.sessions import Visitor

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # with none at all a browser says of our own forms, too, that they come from nowhere
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@cache
def _environment() -> Environment:
    loader = PackageLoader("service.console")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(instant=instant, age=age, said=said)
    return environment


def page(
    name: str, visitor: Visitor | None, *, status: int = 200, retry_after: int | None = None, **content: Any
) -> Response:
    """The page of a template; `visitor` is None before a session has begun."""
    text = _environment().get_template(name).render(visitor=visitor, retry_after=retry_after, **content)
    headers = _HEADERS | ({} if retry_after is None else {"Retry-After": str(retry_after)})
    return Response(text, status_code=status, media_type="text/html", headers=headers)


def instant(at: datetime | str | None) -> str:
    """An instant as people read it, to the second, in UTC."""
    if at is None:
        return "–"
    read = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{read:%Y-%m-%d %H:%M:%S} UTC"


def age(seconds: float | None) -> str:
    """A span of time in its two largest units."""
    if seconds is None:
        return "–"
    left = max(0, round(seconds))
    if left < _MINUTE:
        return f"{left} s"
    if left < _HOUR:
        return f"{left // _MINUTE} min {left % _MINUTE} s"
    if left < _DAY:
        return f"{left // _HOUR} h {left % _HOUR // _MINUTE} min"
    return f"{left // _DAY} d {left % _DAY // _HOUR} h"


def said(word: str) -> str:
    """A state or a kind as one says it."""
    return word.replace("_", " ")
