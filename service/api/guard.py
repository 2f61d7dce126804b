"""The outermost layer: bounds on what comes in, headers on what goes out, a line and a measure for each
request.

No line holds a path (ids and tokens stand in paths), a query, an address or a body: the route's pattern
stands for them.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import tracing
from service.api.errors import ContentTooLarge, SlowBody
from service.api.heads import KEY_SHOWN
from service.api.problems import problem
from service.api.state import ApiLimits
from service.clock import Clock
from service.errors import InternalError, where

log = structlog.get_logger("api")

SLASH = "\ue000"
"""Stands for an encoded slash inside one segment of a path; no id can hold this character."""
BATCHES = frozenset({"/v1/notices/batch", "/v1/events"})
MAILS = frozenset({"/v1/receipts/email", "/v1/inbound/email"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

SECURITY: Mapping[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}
"""Where the answer does not say otherwise."""


class Traffic:
    """What is measured about requests. Labels hold patterns of routes, never what a request holds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics."""
        self._requests = Counter(
            "forbear_http_requests_total",
            "Requests answered",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "forbear_http_request_seconds",
            "From the first byte of a request to the end of its answer",
            ["route"],
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Guard:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, *, limits: ApiLimits, traffic: Traffic, clock: Clock) -> None:
        """`app` is what it guards."""
        self._app = app
        self._clock = clock
        self._limits = limits
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connections pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent = _traceparent(scope) if tracing.is_on() else None
        with tracing.span(scope["method"], kind="server", parent=parent) as span:
            await self._serve(scope, receive, send, span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, span: tracing.Span | None) -> None:
        """Serve one request, and write down that it was."""
        started = self._clock.monotonic()
        scope = _inner_scope(scope)
        answer = _Answer(send, scope)
        body = _Body(receive, scope, self._limits)
        try:
            await self._app(scope, body.receive, answer.send)
        except ClientDisconnect:
            answer.status = answer.status or 499
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller gets a problem and the log a trace
            await _crashed(error, scope, receive, answer)
        if "forbear.key" in scope and (key_shown := scope.get(KEY_SHOWN)) is not None:
            key_shown()
        seconds = self._clock.monotonic() - started
        route = getattr(scope.get("route"), "path", "none")
        self._traffic.answered(answer.method, route, answer.status, seconds)
        _write_line(scope, answer, route, seconds)
        if span is not None:
            method = answer.method if answer.method in _METHODS else "other"
            span.rename(f"{method} {route}")
            span.put({tracing.METHOD: method, tracing.ROUTE: route, tracing.STATUS: answer.status})


def _traceparent(scope: Scope) -> str:
    """The caller's trace, which a request with a key goes on with. Who has none decides nothing: its trace
    begins here."""
    headers = Headers(scope=scope)
    return headers.get("traceparent", tracing.ROOT) if "authorization" in headers else tracing.ROOT


def _inner_scope(scope: Scope) -> Scope:
    """The scope as the routes see it: HEAD as GET, encoded slashes kept inside their segment, a request
    id."""
    inner = dict(scope)
    if scope["method"] == "HEAD":
        inner["method"] = "GET"
        inner["forbear.head"] = True
    raw = scope.get("raw_path") or b""
    if b"%2f" in raw or b"%2F" in raw:
        segments = raw.partition(b"?")[0].split(b"/")
        inner["path"] = "/".join(
            unquote_to_bytes(one).decode("utf-8", "replace").replace("/", SLASH) for one in segments
        )
    given = Headers(scope=scope).get("x-request-id")
    inner["forbear.request"] = given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    return inner


class _Body:
    """The body as it comes in: bounded in size and in time."""

    __slots__ = ("_deadline", "_done", "_left", "_limits", "_receive")

    def __init__(self, receive: Receive, scope: Scope, limits: ApiLimits) -> None:
        self._receive = receive
        self._limits = limits
        self._left = _most(scope["path"], limits)
        self._done = False
        self._deadline: float | None = None
        length = Headers(scope=scope).get("content-length", "")
        if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > self._left):  # noqa: PLR2004
            self._left = -1

    async def receive(self) -> Message:
        if self._done:
            return await self._receive()
        if self._left < 0:
            raise ContentTooLarge("the body is larger than this route takes")
        message = await self._next()
        self._left -= len(message.get("body", b""))
        self._done = not message.get("more_body", False)
        if self._left < 0:
            raise ContentTooLarge("the body is larger than this route takes")
        return message

    async def _next(self) -> Message:
        loop = asyncio.get_running_loop()
        if self._deadline is None:
            self._deadline = loop.time() + self._limits.body_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            raise SlowBody(f"expected the whole body within {self._limits.body_seconds:g} seconds") from None


def _most(path: str, limits: ApiLimits) -> int:
    """Octets that a route takes."""
    if path in MAILS:
        return limits.mail_bytes
    return limits.batch_bytes if path in BATCHES else limits.body_bytes


class _Answer:
    """The answer as it goes out: with the headers that every answer has; without a body for HEAD."""

    __slots__ = ("_head", "_request", "_send", "method", "status")

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._head = bool(scope.get("forbear.head"))
        self._request = scope["forbear.request"]
        self.method = "HEAD" if self._head else scope["method"]
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in SECURITY.items() if name not in present]
            headers.append((b"x-request-id", self._request.encode("ascii")))
            message = {**message, "headers": headers}
        elif self._head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


async def _crashed(error: Exception, scope: Scope, receive: Receive, answer: _Answer) -> None:
    """Log where it broke, without the words of the error: those may hold what the request held."""
    log.error(
        "crash",
        action="request.crashed",
        request=scope["forbear.request"],
        error=type(error).__name__,
        trace=where(error),
    )
    if answer.status:
        return  # the answer has begun: leaving it unfinished makes the server cut the connection
    problem_ = problem(
        InternalError("an internal error; the server's log has its trace under this request id"),
        instance=f"urn:request:{scope['forbear.request']}",
    )
    await problem_(scope, receive, answer.send)


SLOW_SECONDS = 2.0


def _write_line(scope: Scope, answer: _Answer, route: str, seconds: float) -> None:
    failed = answer.status >= 400 or seconds >= SLOW_SECONDS  # noqa: PLR2004
    write = log.info if failed else log.debug
    write(
        "request",
        action="request.answered",
        request=scope["forbear.request"],
        method=answer.method,
        route=route,
        status=answer.status,
        milliseconds=round(seconds * 1000, 1),
        key=scope.get("forbear.key"),
    )
