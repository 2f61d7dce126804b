"""What is the same with and without `await`: how a call becomes a request, what its answer means, whether and when it is sent again."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from .calls import Call
from .problem import ProblemError
from .problems import BY_SLUG

VERSION = "0.1.0"
AGAIN = frozenset({429, 503})
"""Nothing was done: the same request may be sent again whatever it asks."""
UNSURE = frozenset({500, 502, 504})
"""Something may have been done: only what is safe is sent again."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is sent, and how long it waits in between."""

    attempts: int = 5
    """With the first one."""
    first_seconds: float = 0.5
    """Doubled from one to the next, and shortened at random by up to a half."""
    longest_seconds: float = 30.0
    """Also of what `Retry-After` asks for."""

    def wait(self, attempt: int, retry_after: int | None = None) -> float:
        """Seconds before the next attempt, after the `attempt`-th (from 1)."""
        if retry_after is not None:
            return min(float(retry_after), self.longest_seconds)
        seconds = min(self.first_seconds * 2.0 ** (attempt - 1), self.longest_seconds)
        return seconds * (1 - random.random() / 2)


def request_of(client: httpx.Client | httpx.AsyncClient, call: Call) -> httpx.Request:
    """The request of a call. It is made once: every repeat carries the same keys."""
    path = call.operation.path
    for name, value in call.path.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = {name: str(value) for name, value in call.query.items() if value is not None}
    headers: dict[str, str] = {}
    if call.operation.id == "createNotice":
        headers["Idempotency-Key"] = call.idempotency_key or str(uuid.uuid4())
    content: str | bytes | None = None
    if call.body is not None:
        content, headers["Content-Type"] = _content(call)
    return client.build_request(call.operation.method, path, params=query, headers=headers, content=content)


def _content(call: Call) -> tuple[str | bytes, str]:
    body = call.body
    if isinstance(body, str | bytes):
        return body, call.kind
    if call.operation.id == "createNotices" and isinstance(body, Mapping):
        notices = [{"idempotency_key": str(uuid.uuid4()), **one} for one in body["notices"]]
        body = {**body, "notices": notices}
    if call.operation.id == "recordEvents":
        body = [_named(one) for one in body] if isinstance(body, list | tuple) else _named(body)
    return json.dumps(body, ensure_ascii=False), "application/json"


def _named(event: Any) -> dict[str, Any]:
    """An event with an id, so that a repeat is harmless."""
    return {"event_id": f"evt-{uuid.uuid4()}", **event}


def problem_of(response: httpx.Response) -> ProblemError:
    """The exception of an answer that is none of success."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"detail": f"no problem document came: {response.text[:200]}"}
    after = response.headers.get("Retry-After", "")
    seconds = int(after) if after.isascii() and after.isdigit() else None
    slug = str(document.get("type", "")).rpartition("/")[2]
    return BY_SLUG.get(slug, ProblemError)(response.status_code, document, seconds)


def never_left(error: httpx.TransportError) -> bool:
    """Nothing of the request was sent."""
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def may_repeat(call: Call, failure: ProblemError | httpx.TransportError) -> bool:
    """Whether the same request may be sent again after this failure."""
    if isinstance(failure, httpx.TransportError):
        return call.operation.safe or never_left(failure)
    return failure.status in AGAIN or (failure.status in UNSURE and call.operation.safe)


def wait_after(retries: Retries, attempt: int, failure: ProblemError | httpx.TransportError) -> float:
    """Seconds before the next attempt."""
    return retries.wait(attempt, failure.retry_after if isinstance(failure, ProblemError) else None)


def options(key: str | None, timeout: float) -> dict[str, Any]:
    """Arguments of httpx' clients."""
    headers = {
        "User-Agent": f"forbear-client/{VERSION}",
        "Accept": "application/json, text/plain;q=0.9, */*;q=0.8",
    }
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return {"headers": headers, "timeout": timeout, "follow_redirects": False}
