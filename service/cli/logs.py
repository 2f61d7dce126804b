"""What this process writes: structured lines on standard output. No address, name, amount, body or key is
ever in them.

A trace is the places where it broke and the error's kind. Its words are left out: a driver's or a library's
message may quote what a request or a row held."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from service import tracing
from service.errors import where
from service.settings import Settings


def configure_logs(settings: Settings) -> None:
    """One event a line, as text or as JSON; what libraries log goes the same way, from warnings on."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    render = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            with_trace,
            trace_without_words,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(LibraryFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def with_trace(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog: a line inside a recorded span names the trace and the span."""
    if (ids := tracing.ids()) is not None:
        line["trace_id"], line["span_id"] = ids
    return line


def trace_without_words(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog: `exc_info` becomes the error's kind and the places where it broke."""
    given = line.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exception() if given else None
    if error is not None:
        line["error"], line["trace"] = type(error).__name__, where(error)
    return line


class LibraryFormatter(logging.Formatter):
    """What a library logs, as one line; of an error that comes along the kind and the places."""

    def formatException(  # noqa: N802
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """The kind and the places."""
        return "" if ei[1] is None else f"{type(ei[1]).__name__} at {' < '.join(reversed(where(ei[1])))}"

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        text = super().format(record)
        return text.replace("\r", " ").replace("\n", " ")


def log_stray(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody waited for: asyncio's own handler would print the error with its words."""
    error = context.get("exception")
    kind = {} if error is None else {"error": type(error).__name__, "trace": where(error)}
    structlog.get_logger("loop").error("loop", action="loop.stray", **kind)
